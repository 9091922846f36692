import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../core/errors.ts'
import { setScalars } from './edit.ts'
import { readYaml } from './read.ts'

const read = (text: string): unknown => readYaml(text, '"values.yaml"')
const edit = (text: string): unknown => setScalars(text, [{ key: 'a', value: 1 }], 'values.yaml')
const isTooLarge = (thrown: unknown): boolean => hasCode(thrown, 'TooLarge')

test('small texts that the parser needs minutes for are refused before they are parsed', () => {
  const oneLine = '? '.repeat(700)
  const manyLines = Array.from({ length: 4 }, (_, at) => ' '.repeat(at * 300) + '? '.repeat(90))
  for (const text of [oneLine, manyLines.join('\n'), '{? '.repeat(90)]) {
    assert.throws(() => read(text), isTooLarge)
    assert.throws(() => edit(text), isTooLarge)
  }
})

test('what is nested deeper than anyone nests is refused, however it is written', () => {
  const lines = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => `${' '.repeat(at)}a:`)
  const dashes = Array.from({ length: 5 }, (_, at) => ' '.repeat(at * 200) + '- '.repeat(80))
  const texts = [lines(300).join('\n'), dashes.join('\n'), '['.repeat(200), '- '.repeat(300)]
  for (const text of texts) {
    assert.throws(() => read(text), isTooLarge)
    assert.throws(() => edit(text), isTooLarge)
  }
  assert.ok(read(lines(200).join('\n')))
})

test('many explicit keys and deep indents beside each other are nothing unusual', () => {
  const keys = Array.from({ length: 200 }, (_, at) => `? k${at}\n: ${at}\n`).join('')
  assert.equal(Object.keys(Object(read(keys))).length, 200)
  const steps = Array.from({ length: 400 }, (_, at) => `- a:\n    - b: ${at}\n`).join('')
  assert.equal(Object.keys(Object(read(steps))).length, 400)
  const block = Array.from({ length: 400 }, (_, at) => ' '.repeat(at + 4) + 'x').join('\n')
  assert.ok(read(`a: |\n${block}\n`))
})

test('aliases may stand for as much as anyone writes, and for no more', () => {
  const list = Array.from({ length: 300 }, (_, at) => at).join(', ')
  const uses = (count: number): string => Array.from({ length: count }, () => '*a').join(', ')
  assert.ok(read(`a: &a [${list}]\nb: [${uses(100)}]\n`))
  const isInvalid = (thrown: unknown): boolean => hasCode(thrown, 'Invalid')
  assert.throws(() => read(`a: &a [${list}]\nb: [${uses(900)}]\n`), isInvalid)
  assert.throws(() => read('a: &a [1, *a]\n'), isInvalid)
})

test('S4: more aliases than can be looked up in time are refused', () => {
  const started = performance.now()
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, at) => `k${at}: &a${at} x\nj${at}: *a${at}\n`).join('')
  assert.throws(() => read(lines(20_000)), { code: 'Invalid' })
  assert.ok(read(lines(2000)))
  assert.ok(performance.now() - started < 10_000)
})

test('S4: where a text has problems is told in time that grows with it, however many they are', () => {
  const started = performance.now()
  const bad = `a: ${'! '.repeat(30_000)}\n`
  const isPlaced = (error: unknown): boolean =>
    hasCode(error, 'Invalid') && String(error).endsWith('at line 1, column 6')
  assert.throws(() => readYaml(bad, 'f.yaml'), isPlaced)
  assert.throws(() => setScalars(bad, [{ key: 'a', value: 1 }], 'f.yaml'), isPlaced)
  const odd = `a: [${'!x y, '.repeat(30_000)}]\nb: 1\n`
  readYaml(odd, 'f.yaml')
  assert.match(setScalars(odd, [{ key: 'b', value: 2 }], 'f.yaml'), /\nb: 2\n$/)
  assert.ok(performance.now() - started < 12_000)
})
