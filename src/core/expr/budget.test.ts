import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate, evaluateBool, ExpressionError } from './index.ts'
import type { Env, ExpressionErrorKind } from './index.ts'
import { evaluateConfig, evaluateTemplate, parseTemplate } from './template.ts'

/** The kind of the error that this source ends in. */
function failure(source: string, env: Env = {}): ExpressionErrorKind | 'none' {
  try {
    evaluate(source, env, { now: 0 })
    return 'none'
  } catch (thrown) {
    assert.ok(thrown instanceof ExpressionError, String(thrown))
    assert.equal(thrown.code, 'Invalid')
    return thrown.kind
  }
}

/** Fails when the work takes so long that no budget can have stopped it. */
function quick(work: () => void): void {
  const start = performance.now()
  work()
  assert.ok(performance.now() - start < 20_000)
}

test('100,000 levels of nesting end in the budget, however they are written', () => {
  const depth = 100_000
  const forms: readonly [string, string, string][] = [
    ['(', '1', ')'],
    ['[', '', ']'],
    ['{a: ', '1', '}'],
    ['-', '1', ''],
    ['not ', 'ok', ''],
    ['upper(', 'x', ')'],
    ['filter(', 'xs', ', true)'],
    ['true ? 1 : ', '2', ''],
    ['if true { 1 } else ', '{ 2 }', ''],
    ['let x = 1; ', 'x', ''],
    ['', 'a', '.b'],
    ['', 'a', '?.b'],
    ['', 'a', '[0]'],
    ['', 'a', ' | upper()'],
    ['', '1', ' + 1'],
    ['', '1', ' ?? 1'],
    ['2 ** ', '2', ''],
    ['1 < ', '2', ''],
    ['a ?: ', 'b', ''],
    ['1; ', '2', ''],
  ]
  for (const [before, middle, after] of forms) {
    const source = before.repeat(depth) + middle + after.repeat(depth)
    quick(() => assert.equal(failure(source), 'budget', `${before}${middle}${after}`))
  }
})

test('nesting below the limit works', () => {
  assert.equal(evaluate(`${'('.repeat(300)}1${')'.repeat(300)}`, {}), 1n)
  assert.equal(evaluate(Array.from({ length: 400 }, () => '1').join(' + '), {}), 400n)
  assert.equal(evaluate(`${'-'.repeat(301)}1`, {}), -1n)
})

test('an expression of one megabyte ends in the budget', () => {
  quick(() => assert.equal(failure(`"${'a'.repeat(1_000_000)}"`), 'budget'))
  quick(() => assert.equal(failure(`[${'1,'.repeat(400_000)}]`), 'budget'))
  quick(() => assert.equal(failure(' '.repeat(2_000_000)), 'budget'))
})

test('a range of 10^12 elements ends in the budget before one is made', () => {
  quick(() => assert.equal(failure('1..1000000000000'), 'budget'))
  quick(() => assert.equal(failure('map(1..1000000000000, #)'), 'budget'))
  quick(() => assert.equal(failure('-9223372036854775807..9223372036854775807'), 'budget'))
})

test('a pattern that makes other engines hang answers at once', () => {
  const text = `${'a'.repeat(100_000)}!`
  quick(() => assert.equal(evaluate('text matches "(a+)+$"', { text }), false))
  quick(() => assert.equal(evaluate('text matches p', { text, p: '(a|aa)+$' }), false))
  assert.equal(failure('text matches p', { text, p: `(${'a'.repeat(20_000)})` }), 'budget')
  assert.notEqual(failure('text matches "((a{1,1000}){1,1000}){1,1000}"', { text }), 'none')
})

test('S4: a pattern of few characters that stands for a huge program ends in the budget', () => {
  const p = 'a{1000}'.repeat(900)
  const start = performance.now()
  assert.equal(failure('text matches p', { text: 'x', p }), 'budget')
  assert.equal(failure(`text matches "${p}"`, { text: 'x' }), 'budget')
  assert.ok(performance.now() - start < 2000)
  assert.equal(evaluate('text matches "^[ab]{900}$"', { text: 'ab'.repeat(450) }), true)
})

test('S4: a match is paid for by the size of the program and of the text', () => {
  const text = 'aab'.repeat(70_000) + 'ab'.repeat(20_000)
  const start = performance.now()
  const patterns = ['a[ab]{500}$', 'a{1,500}$', `${'a?'.repeat(4900)}$c`]
  for (const p of patterns)
    assert.equal(failure('any(1..9000, text + "!" matches p)', { text, p }), 'budget', p)
  assert.equal(failure('any(1..9000, text matches "a[ab]{500}c?d$")', { text }), 'budget')
  assert.equal(failure('any(1..9000, "x" matches ("a{1000}a{1000}" + string(#)))'), 'budget')
  assert.ok(performance.now() - start < 40_000)
})

test('S4: a long number is judged in time that grows with its length', () => {
  const started = performance.now()
  for (const digits of ['0'.repeat(60_000), '1'.repeat(60_000)])
    for (const end of ['e', 'e+', '.1e'])
      assert.throws(() => evaluate(digits + end, {}), { message: /invalid float literal/ })
  assert.ok(performance.now() - started < 3000)
})

test('loops in loops end in the budget of steps', () => {
  const loops = 'all(1..900, all(1..900, all(1..900, all(1..900, # > 0))))'
  quick(() => assert.equal(failure(loops), 'budget'))
  quick(() => assert.equal(failure('map(1..1000, map(1..1000, map(1..1000, 1)))'), 'budget'))
  quick(() => assert.equal(failure('any(1..900000, len(string(1..1000)) < 0)'), 'budget'))
  quick(() => assert.equal(failure('uniq(map(1..900000, #))'), 'budget'))
})

test('looking at large data again and again is paid for by its size', () => {
  const text = `${'x'.repeat(100_000)}é`
  const object = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]),
  )
  for (const body of [
    'text contains "zzz"',
    'text matches "(x+x+)+y"',
    'text[5] == 0',
    'len(text[5:9]) == 1',
    'upper(text) == ""',
    '(text + "a") < (text + "!")',
    'len(object) == 1',
    'len(toJSON(object)) == 1',
    'any(text, # == 0)',
    'trim(text, "y") == ""',
  ]) {
    quick(() => assert.equal(failure(`any(1..900000, ${body})`, { text, object }), 'budget', body))
  }
})

test('texts and lists that grow end in the budget of memory', () => {
  quick(() => assert.equal(failure('reduce(1..100, #acc + #acc, "ab")'), 'budget'))
  quick(() => assert.equal(failure('reduce(1..100, concat(#acc, #acc), [1])'), 'budget'))
  quick(() => assert.equal(failure('reduce(1..40, [#acc, #acc], []) | toJSON()'), 'budget'))
  quick(() => assert.equal(failure('reduce(1..40, [#acc, #acc], []) | string()'), 'budget'))
  quick(() => assert.equal(failure('reduce(1..60, [#acc, #acc], []) | flatten()'), 'budget'))
  quick(() =>
    assert.equal(
      failure('reduce(1..60, {{a: #acc, b: #acc}}, 1) == reduce(1..60, {{a: #acc, b: #acc}}, 1)'),
      'budget',
    ),
  )
  quick(() =>
    assert.equal(failure('replace(repeat("a", 900000), "", repeat("b", 900000))'), 'budget'),
  )
  quick(() =>
    assert.equal(failure('join(map(1..1000, repeat("a", 900)), repeat("b", 90000))'), 'budget'),
  )
  assert.equal(failure('repeat("a", 1000001)'), 'budget')
})

test('values nested too deeply are refused, not walked into the end of the stack', () => {
  const deep = 'reduce(1..100000, [#acc], [])'
  quick(() => assert.equal(failure(`toJSON(${deep})`), 'budget'))
  quick(() => assert.equal(failure(`string(${deep})`), 'budget'))
  quick(() => assert.equal(failure(`flatten(${deep})`), 'budget'))
  quick(() => assert.equal(failure(`${deep} == ${deep}`), 'budget'))
  quick(() => assert.equal(failure(`max(${deep})`), 'run'))
  quick(() => assert.notEqual(failure(`fromJSON("${'['.repeat(100_000)}")`), 'none'))
})

test('budgets can be smaller, and a program that keeps within them runs', () => {
  const options = { budget: { steps: 1_000, memory: 100 } }
  assert.throws(() => evaluate('map(1..99, map(1..99, 1))', {}, options), { code: 'Invalid' })
  assert.deepEqual(evaluate('map(1..3, # + 1)', {}, options), [2n, 3n, 4n])
})

test('the same input ends in the same error, however often it is run', () => {
  const messages = [1, 2].map(() => {
    try {
      evaluate('map(1..1000, map(1..1000, map(1..1000, 1)))', {})
      return 'no error'
    } catch (thrown) {
      return String(thrown)
    }
  })
  assert.equal(messages[0], messages[1])
})

test('bad input of every kind is an error of its kind', () => {
  assert.equal(failure('1 +'), 'compile')
  assert.equal(failure('9223372036854775808'), 'compile')
  assert.equal(failure('1 % 0'), 'compile')
  assert.equal(failure('1 % n', { n: 0n }), 'run')
  assert.equal(failure('nope(1)'), 'run')
  assert.equal(failure('"a" + 1'), 'compile')
  assert.equal(failure('s + 1', { s: 'a' }), 'run')
  assert.throws(() => evaluateTemplate('a ${{ 1', {}), { code: 'Invalid', kind: 'compile' })
  assert.throws(() => evaluateConfig([], {}), { code: 'Invalid' })
  assert.throws(() => evaluateTemplate(`\${{ ${'('.repeat(100_000)} }}`, {}), { kind: 'budget' })
})

test('filters take bools and what prints as one, nothing else', () => {
  assert.equal(evaluateBool('1 == 1', {}), true)
  assert.equal(evaluateBool('"T"', {}), true)
  assert.equal(evaluateBool('0', {}), false)
  assert.equal(evaluateBool('"false"', {}), false)
  for (const source of ['"yes"', 'nil', '2', '[]']) {
    assert.throws(() => evaluateBool(source, {}), { code: 'Invalid', kind: 'run' })
  }
})

test('a text full of line ends is written as YAML at once', () => {
  const text = `${'\n'.repeat(100_000)}x`
  const start = performance.now()
  evaluateTemplate('${{ asYAML(text) }}', { text })
  assert.ok(performance.now() - start < 5000)
})

test('S4: the expressions of one config share a budget, however many they are', () => {
  const heavy = '${{ any(1..700, any(1..700, # < 0)) }}'
  const start = performance.now()
  assert.throws(
    () => evaluateConfig({ list: Array.from({ length: 1000 }, () => heavy) }, {}),
    (thrown) => thrown instanceof ExpressionError && thrown.kind === 'budget',
  )
  assert.ok(performance.now() - start < 20_000)
  const list = Array.from({ length: 5000 }, () => '${{ filter(1..50, # > 48) }}')
  assert.equal(JSON.stringify(evaluateConfig({ list }, {}).value).length, 5000 * 8 + 10)
})

test('S4: a long template is cut into its parts at once, however many they are', () => {
  const start = performance.now()
  assert.equal(parseTemplate('${{ 1 }}x'.repeat(100_000)).length, 200_000)
  assert.equal(parseTemplate('${% 1 %}x'.repeat(100_000)).length, 200_000)
  assert.ok(performance.now() - start < 5000)
  assert.deepEqual(parseTemplate('a${{ x ${% }}b${% y }} %}${{ z }}'), [
    { text: 'a' },
    { expression: ' x ${% ', at: 4 },
    { text: 'b' },
    { expression: ' y }} ', at: 17 },
    { expression: ' z ', at: 28 },
  ])
})
