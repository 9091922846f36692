import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { vectorEnv, vectorNow } from '../../../test/conformance/expr.ts'
import type { Node } from './ast.ts'
import { builtinNames, predicateShape } from './builtin-names.ts'
import { compareBytes, toBytes } from './bytes.ts'
import { explainTemplate } from './explain.ts'
import { evaluate, ExpressionError } from './index.ts'
import type { Value } from './index.ts'
import { formatValue } from './go-text.ts'
import { less } from './operators.ts'
import { parse } from './parse/index.ts'
import { print } from './print.ts'
import { evaluateTemplate } from './template.ts'
import { childrenOf } from './walk.ts'

const long = process.env['GANTRY_LONG'] === '1'
/** Inputs of each fuzz round: 200,000 in all in the long run. */
const rounds = long ? 60_000 : 1_500

const budget = { steps: 50_000, memory: 20_000 }

const names = [
  'ok',
  'i',
  'str',
  'f64',
  'array',
  'floats',
  'foo',
  'list',
  'nil_',
  'add',
  'greet',
  'missing',
  '$env',
]
const literals = [
  '1',
  '0',
  '2.5',
  '"a"',
  "'é'",
  '`x`',
  'true',
  'false',
  'nil',
  '[]',
  '{}',
  'b"a"',
  '9223372036854775807',
]
const operators = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '**',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  '&&',
  '||',
  'in',
  'not in',
  'contains',
  'matches',
  'startsWith',
  'endsWith',
  '..',
  '??',
]
const plain = builtinNames.filter((name) => predicateShape(name) === undefined)
const predicated = builtinNames.filter((name) => predicateShape(name) !== undefined)

/** Source texts of the grammar, most of them valid. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression')
  const list = fc.array(inner, { maxLength: 3 }).map((items) => items.join(', '))
  return {
    expression: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom(...names, ...literals),
      fc.tuple(inner, fc.constantFrom(...operators), inner).map((parts) => parts.join(' ')),
      fc.tuple(fc.constantFrom('-', 'not ', '!', '+'), inner).map((parts) => parts.join('')),
      inner.map((text) => `(${text})`),
      fc
        .tuple(
          inner,
          fc.constantFrom(
            '.Bar',
            '?.Bar',
            '[0]',
            '?.[0]',
            '[1:]',
            '[:-1]',
            '.x.y',
            '?.x(1)',
            '["Bar"]',
          ),
        )
        .map((parts) => parts.join('')),
      fc.tuple(inner, inner, inner).map(([test, yes, no]) => `${test} ? ${yes} : ${no}`),
      fc
        .tuple(inner, inner, inner)
        .map(([test, yes, no]) => `(if ${test} { ${yes} } else { ${no} })`),
      fc.tuple(inner, inner).map(([value, body]) => `(let x = ${value}; ${body} == x)`),
      fc.tuple(inner, inner).map(([first, second]) => `(${first}; ${second})`),
      list.map((items) => `[${items}]`),
      fc.tuple(inner, inner).map(([a, b]) => `{a: ${a}, "b c": ${b}}`),
      fc.tuple(fc.constantFrom(...plain), list).map(([name, items]) => `${name}(${items})`),
      fc
        .tuple(
          fc.constantFrom(...predicated),
          inner,
          fc.oneof(inner, fc.constantFrom('#', '# > 1', '.Bar', '#index', '#acc', '{# == nil}')),
        )
        .map(([name, items, body]) => `${name}(${items}, ${body})`),
      fc.tuple(inner, fc.constantFrom(...plain)).map(([value, name]) => `${value} | ${name}()`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `${a} < ${b} <= ${c}`),
      fc.tuple(inner, inner).map(([a, b]) => `${a} ?: ${b}`),
    ),
  }
})

/** Anything at all: pieces of the language in no order, and strings of any kind. */
const soup = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        ...names,
        ...literals,
        ...operators,
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '#',
        '.',
        '?.',
        '::',
        '|',
        ',',
        ';',
        ':',
        '?',
        'let',
        'if',
        'else',
        '${{',
        '}}',
        '\\',
        '"',
        '`',
        '\n',
        '//',
        '/*',
        'constructor',
        '__proto__',
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
)

type Outcome = { readonly value: string } | { readonly error: string }

function outcome(work: () => Value): Outcome {
  try {
    return { value: formatValue(work()) }
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown
    return { error: thrown.message }
  }
}

const evaluated = (source: string): Outcome =>
  outcome(() => evaluate(source, vectorEnv, { now: vectorNow, budget }))

/** A tree without the places of its nodes. */
function shape(node: Node): unknown {
  const { at: _, ...rest } = node
  return JSON.parse(
    JSON.stringify({ ...rest, children: childrenOf(node).map(shape) }, (key, value: unknown) => {
      if (key === 'at') return undefined
      if (typeof value === 'bigint') return `int ${value}`
      return typeof value === 'number' ? `float ${value}` : value
    }),
  )
}

function assertRoundTrip(source: string): void {
  let tree: Node
  try {
    tree = parse(source)
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return
    throw thrown
  }
  const printed = print(tree)
  assert.deepEqual(shape(parse(printed)), shape(tree), `${source}\nprinted as\n${printed}`)
}

test('printing a parsed expression and parsing it again gives the same tree', () => {
  fc.assert(fc.property(expression, assertRoundTrip), { numRuns: rounds })
  fc.assert(fc.property(soup, assertRoundTrip), { numRuns: rounds })
})

test('a `??` within a chain of comparisons keeps its parentheses', () => {
  assertRoundTrip('(a ?? b) < c <= d')
  assertRoundTrip('a < (b ?? c) <= d')
  assertRoundTrip('a < b <= (c ?? d ?? e)')
})

test('the expressions of the vectors survive printing', () => {
  const file = new URL('../../../test/conformance/expr.jsonl', import.meta.url)
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const vector: { expr: string } = JSON.parse(line)
    assertRoundTrip(vector.expr)
  }
})

test('evaluation is deterministic', () => {
  fc.assert(
    fc.property(expression, (source) => assert.deepEqual(evaluated(source), evaluated(source))),
    { numRuns: rounds },
  )
})

test('no expression throws anything but our own error', () => {
  fc.assert(
    fc.property(soup, (source) => void evaluated(source)),
    { numRuns: rounds },
  )
  fc.assert(
    fc.property(expression, (source) => void evaluated(source)),
    { numRuns: rounds },
  )
})

test('no template throws anything but our own error, nor does its explanation', () => {
  const template = fc
    .array(
      fc.oneof(
        soup,
        expression.map((source) => `\${{ ${source} }}`),
        soup.map((text) => `\${% ${text} %}`),
      ),
      { maxLength: 3 },
    )
    .map((parts) => parts.join(''))
  const options = { now: vectorNow, budget }
  fc.assert(
    fc.property(template, (text) => {
      outcome(() => JSON.stringify(evaluateTemplate(text, vectorEnv, options).value) ?? '')
      explainTemplate(text, vectorEnv, options)
    }),
    { numRuns: rounds },
  )
})

test('strings are ordered by their bytes: a total order', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 })
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      const order = Math.sign(compareBytes(a, b))
      assert.equal(order, Math.sign(Buffer.compare(toBytes(a), toBytes(b))))
      assert.equal(order, -Math.sign(compareBytes(b, a)) + 0)
      if (order <= 0 && compareBytes(b, c) <= 0) assert.ok(compareBytes(a, c) <= 0)
    }),
    { numRuns: rounds },
  )
})

test('numbers of both kinds are in one total order', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true }),
    fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  )
  fc.assert(
    fc.property(number, number, number, (a, b, c) => {
      assert.equal([less(a, b), less(b, a), Number(a) === Number(b)].filter(Boolean).length, 1)
      if (less(a, b) && less(b, c)) assert.ok(less(a, c))
    }),
    { numRuns: rounds },
  )
})

test('S34: no expression reaches an object of the host', () => {
  const env = { m: { a: 1 }, l: [1], s: 'x' }
  const names = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const bare = ['globalThis', 'process', 'require', 'this', 'Function', 'eval', 'module', 'Object']
  const corpus = [
    ...bare,
    'fromPairs([["__proto__", {"polluted": 1}]]).polluted',
    ...names.flatMap((name) => [
      name,
      `$env.${name}`,
      `$env["${name}"]`,
      `m.${name}`,
      `m["${name}"]`,
      `m?.${name}?.${name}`,
      `get(m, "${name}")`,
      `{}.${name}`,
      `l.${name}`,
      `s.${name}`,
      `now().${name}`,
      `duration("1s").${name}`,
      `map([m], #.${name})[0]`,
      `fromJSON("{}").${name}`,
      `m.${name}("return 1")`,
    ]),
  ]
  for (const source of corpus) {
    const got = outcome(() => evaluate(source, env, { now: 0 }))
    assert.ok('error' in got || got.value === '<nil>', `${source}: ${JSON.stringify(got)}`)
  }
  assert.deepEqual(Object.keys(Object.prototype), [])
})
