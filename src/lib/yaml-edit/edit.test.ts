import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parse, parseDocument } from 'yaml'
import { hasCode } from '../../core/errors.ts'
import type { ScalarUpdate } from '../../core/yaml.ts'
import { setScalars } from './edit.ts'
import { OutOfRange } from './out-of-range.ts'
import { parseKey } from './key.ts'

const set = (source: string, ...updates: [string, ScalarUpdate['value']][]): string =>
  setScalars(
    source,
    updates.map(([key, value]) => ({ key, value })),
    'f.yaml',
  )

const invalid = (error: unknown): boolean => hasCode(error, 'Invalid')

const values = `# Values of the app
image: # what runs
  repository: example/app   # where from
  tag: v1.0.0 # keep this comment
  digest: ""
  'quoted key': 'it''s'
env:
- name: A
  value: "1"
- {name: B, value: 2}
empty:
noted: # nothing yet
list: [a, b]
block: |
  one
  two
# after the block
folded: >-
  words
  more

anchored: &a 1
alias: *a
tagged: !!str 5
merged:
  <<: *a
`

test('an update changes the characters of its value and nothing else', () => {
  for (const [key, value, before, after] of [
    ['image.tag', 'v1.1.0', 'tag: v1.0.0 #', 'tag: v1.1.0 #'],
    ['image.repository', 'x', 'repository: example/app   #', 'repository: x   #'],
    ['image.digest', 'sha256:ab', 'digest: ""', 'digest: "sha256:ab"'],
    ['image.quoted key', "that's", "'it''s'", "'that''s'"],
    ['env.0.value', 'two', '"1"', '"two"'],
    ['env.1.value', 3, 'value: 2}', 'value: 3}'],
    ['env.1.name', 'a, b', 'name: B', 'name: "a, b"'],
    ['empty', 'full', 'empty:\n', 'empty: full\n'],
    ['noted', 'full', 'noted: # nothing', 'noted: full # nothing'],
    ['list.1', true, '[a, b]', '[a, true]'],
    ['block', 'x', 'block: |\n  one\n  two\n#', 'block: x\n#'],
    ['folded', 'x\ny', '>-\n  words\n  more\n', '"x\\ny"\n'],
    ['anchored', 2, '&a 1', '&a 2'],
    ['tagged', '6', '!!str 5', '!!str "6"'],
    ['tagged', 7, '!!str 5', '7'],
    ['empty', null, 'empty:\n', 'empty: null\n'],
  ] as const) {
    assert.equal(
      set(values, [key, value]),
      values.replace(before, () => after),
      key,
    )
  }
})

test('a string that could be read as something else gets quotes', () => {
  const plain = ['v1.2.3', '1.2.3', 'a b', 'example/app@sha256:1', '-x', 'a:b', 'null-ish', 'infra']
  const quoted = [
    '1.10 1e3 0x1F 010 1_000 .inf nan true Yes off n ~ null 2024-01-01 12:30:45 = << T +1 0b1'.split(
      ' ',
    ),
    '|x >x *x &x !x %x @x `x x: ? [1] {} "x" --- -'.split(' '),
    ['', ' a', 'a ', 'a: b', 'a #b', '# x', '- x', "'x'", '\t', 'a\nb'],
    ['\u0085', '\u2028', '\ufeff', '\x00', '\x7f'],
  ].flat()
  for (const text of plain) assert.equal(set('a: b\n', ['a', text]), `a: ${text}\n`)
  for (const text of quoted) {
    const result = set('a: b\n', ['a', text])
    assert.match(result, /^a: ".*"\n$/u, text)
    assert.equal(parse(result).a, text)
    assert.equal(parse(result, { version: '1.1' }).a, text)
  }
})

test('numbers are written as they are', () => {
  for (const [value, text] of [
    [1_500_000, '1500000'],
    [1.5, '1.5'],
    [-3, '-3'],
    [0, '0'],
    [1e21, '1e+21'],
  ] as const) {
    assert.equal(set('a: 0\n', ['a', value]), `a: ${text}\n`)
  }
})

test('line ends, a missing last one and other documents stay as they are', () => {
  assert.equal(set('a: 1\r\nb: 2\r\n', ['a', 5]), 'a: 5\r\nb: 2\r\n')
  assert.equal(set('b: |\r\n  x\r\nc: 1', ['b', 'z'], ['c', 2]), 'b: z\r\nc: 2')
  assert.equal(set('a: 1', ['a', 5]), 'a: 5')
  assert.equal(set('\ufeffa: 1\n', ['a', 5]), '\ufeffa: 5\n')
  assert.equal(set('é: "ü" # ö\n', ['é', 'ä']), 'é: "ä" # ö\n')
  const many = '# head\n---\na: 1\n---\na: 2\n...\n---\n{{ broken\n'
  assert.equal(set(many, ['a', 9]), many.replace('a: 1', 'a: 9'))
  assert.equal(set('a: 1\nb: 2\n', ['a', 3], ['b', 4], ['a', 5]), 'a: 5\nb: 4\n')
  assert.equal(set('{a: 1, b: 2}\n', ['a', 3], ['b', 4]), '{a: 3, b: 4}\n')
})

test('a key that leads nowhere, to a list or through an alias is an error', () => {
  for (const key of [
    'none',
    'image.none',
    'image.tag.x',
    'env.x',
    'env.-1',
    'env.:0',
    'image',
    'list',
  ]) {
    assert.throws(() => set(values, [key, 1]), invalid, key)
  }
  for (const key of ['alias', 'alias.x', 'merged.x']) {
    assert.throws(() => set(values, [key, 1]), invalid, key)
  }
  assert.throws(() => set(values, ['env.7', 1]), OutOfRange)
  assert.throws(() => set('a: 1\na: 2\n', ['a', 3]), invalid)
  assert.throws(() => set('', ['a', 3]), invalid)
})

test('dots and colons in keys can be escaped', () => {
  const texts = (key: string): string[] => parseKey(key).map(({ text }) => text)
  assert.deepEqual(texts('a.b'), ['a', 'b'])
  assert.deepEqual(texts('a\\.b.c'), ['a.b', 'c'])
  assert.deepEqual(texts(':0.a\\:b'), ['0', 'a:b'])
  assert.deepEqual(texts('\\:0'), [':0'])
  assert.deepEqual(texts('a\\nb\\'), ['a\\nb\\'])
  assert.equal(set('example.com/x: 1\n', ['example\\.com/x', 2]), 'example.com/x: 2\n')
  assert.equal(set('0: a\n1: b\n', ['0', 'c']), '0: c\n1: b\n')
})

test('templates and broken files are refused', () => {
  for (const source of [
    'a: {{ .Values.x }}\n',
    '{{- if .x }}\na: 1\n{{- end }}\n',
    'a: b: c\n',
    'a: "open\n',
    '\ta: 1\n',
  ]) {
    assert.throws(() => set(source, ['a', 1]), invalid, source)
  }
  assert.equal(set('a: "{{ .x }}" # {{ y }}\nb: 1\n', ['b', 2]), 'a: "{{ .x }}" # {{ y }}\nb: 2\n')
})

test('S4: deep and huge files are refused in bounded time', () => {
  const started = performance.now()
  const bombs = ['['.repeat(5000), `a: ${'{b: '.repeat(4000)}`, 'x'.repeat(2_000_000)]
  for (const source of bombs) assert.throws(() => set(source, ['a', 1]))
  const aliases = `a: &a [x]\nb: &b [*a,*a]\nc: 1\n`
  assert.ok(set(aliases, ['c', 2]).endsWith('c: 2\n'))
  assert.ok(performance.now() - started < 5000)
})

test('S4: the tag of a value is found in time that does not depend on what stands before', () => {
  const before = `a: "${'!'.repeat(200_000)}"\n`
  const started = performance.now()
  assert.equal(set(`${before}b: !!int  5\n`, ['b', 'x']), `${before}b: x\n`)
  assert.equal(set(`${before}b: !!int\n  5\n`, ['b', 6]), `${before}b: 6\n`)
  assert.ok(performance.now() - started < 3000)
})

test('whatever the value and the style it replaces, it is read back, and the rest with it', () => {
  const style = fc.constantFrom('old', '"old"', "'old'", '|\n    old\n    older', '>-\n    old', '')
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('a: b', '- x', '# c', 'yes', '1.10', "it's", '{a}', 'x, y', ''),
  )
  fc.assert(
    fc.property(style, value, fc.boolean(), (old, next, isFlow) => {
      const isBlock = /^[|>]/u.test(old)
      const source =
        isFlow && !isBlock
          ? `first: 1\nmap: {key: ${old}, other: x}\nlast: end # c\n`
          : `first: 1\nmap:\n  key: ${old}\n  other: x\nlast: end # c\n`
      const result = set(source, ['map.key', next])
      assert.deepEqual(parse(result), { first: 1, map: { key: next, other: 'x' }, last: 'end' })
      assert.ok(result.endsWith('last: end # c\n'))
      const unchanged = parseDocument(source).toJS()
      assert.deepEqual({ ...parse(result), map: unchanged.map }, unchanged)
    }),
    { numRuns: process.env['GANTRY_LONG'] === '1' ? 5000 : 120 },
  )
})
