import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { hasCode } from '../../core/errors.ts'
import { helmIndexReader, versionsOf } from './read-index.ts'

function read(text: string) {
  const pass = helmIndexReader.start()
  pass.push(Buffer.from(text))
  return pass.end()
}

const charts = { app: ['2.0.0', '1.10.0', '1.9.0'], other: ['0.1.0'] }
const entries = Object.fromEntries(
  Object.entries(charts).map(([name, versions]) => [
    name,
    versions.map((version) => ({ name, urls: [`${name}-${version}.tgz`], version })),
  ]),
)
const whole = stringify({ apiVersion: 'v1', entries, generated: '2026-01-01T00:00:00Z' })

test('an index that is cut off in the middle of a line or of an entry is Invalid, wherever it is cut', () => {
  const all = JSON.stringify(read(whole))
  const known = whole.indexOf('generated')
  for (let at = 0; at < known; at += 1) {
    const text = whole.slice(0, at)
    // After a whole entry it looks like an index that somebody wrote by hand.
    if (/ version: [\d.]+\n$/.test(text)) continue
    assert.throws(() => read(text), { code: 'Invalid' }, JSON.stringify(text.slice(-40)))
  }
  for (let at = known; at <= whole.length; at += 1)
    assert.equal(JSON.stringify(read(whole.slice(0, at))), all)
})

test('the same in a form that only a real parser reads', () => {
  const anchored = 'apiVersion: v1\nentries:\n  app:\n  - &a\n    name: app\n    version: 1.0.0\n'
  assert.deepEqual(versionsOf(read(anchored), 'app'), ['1.0.0'])
  for (const cut of [anchored.slice(0, -1), anchored.slice(0, -2), anchored.slice(0, -17)])
    assert.throws(() => read(cut), { code: 'Invalid' }, cut)
})

test('an entry without a version in the middle is passed over', () => {
  const text = 'entries:\n  app:\n  - name: app\n  - version: 1.0.0\n'
  assert.deepEqual(versionsOf(read(text), 'app'), ['1.0.0'])
})

test('aliases that unfold to more than they should are Invalid', () => {
  const level = (n: number): string =>
    `l${n}: &l${n} [${Array.from({ length: 10 }, () => `*l${n - 1}`).join(',')}]`
  const levels = Array.from({ length: 9 }, (_, n) => level(n + 1))
  const bomb = `l0: &l0 [{version: 1.0.0}]\n${levels.join('\n')}\nentries: {app: *l9}\n`
  assert.throws(() => read(bomb), { code: 'Invalid' })
})

test('a chart or a version that is there twice is read as YAML reads it', () => {
  const twice = 'entries:\n  app:\n  - version: 1.0.0\n  app:\n  - version: 2.0.0\n'
  assert.deepEqual(versionsOf(read(twice), 'app'), ['2.0.0'])
  const both = 'entries:\n  app:\n  - version: 1.0.0\n    version: 2.0.0\n'
  assert.deepEqual(versionsOf(read(both), 'app'), ['2.0.0'])
})

test('names like those of what every object has are names', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const index = read(`entries:\n  ${name}:\n  - version: 1.0.0\n`)
    assert.deepEqual(versionsOf(index, name), ['1.0.0'], name)
    assert.deepEqual(versionsOf(read('entries: {}\n'), name), [], name)
  }
})

test('more versions than can be kept are TooLarge', () => {
  const pass = helmIndexReader.start()
  pass.push(Buffer.from('entries:\n  app:\n'))
  const piece = Buffer.from(`  - version: ${'1'.repeat(4000)}\n`.repeat(100))
  assert.throws(
    () => {
      for (let round = 0; round < 100; round += 1) pass.push(piece)
      return pass.end()
    },
    { code: 'TooLarge' },
  )
})

test('a tab within a text keeps no large index from being read', () => {
  const text = '    description: |-\n      Makefile:\n      \tmake all\n     \tmake\n'
  const entry = `  - name: app\n${text}    version: 1.0.0\n`
  const index = read(`entries:\n  app:\n${entry.repeat(60_000)}`)
  assert.equal(versionsOf(index, 'app').length, 60_000)
  const bad = `  - name: app\n  \tversion: 1.0.0\n`
  assert.throws(() => read(`entries:\n  app:\n${bad}`), { code: 'Invalid' })
})

test('lines that are long and odd are read at once', () => {
  const filler = [' '.repeat(50_000), ' #'.repeat(25_000)]
  const lines = filler.flatMap((text) => [
    `  - version: 1.0.0${text}\u2028x`,
    `  - version: '1.0.0'${text}\u2028x`,
    `  app${text}x`,
    `  app${text}: ${text}\u2028x`,
    `  "app"${text}x`,
  ])
  for (const line of lines) {
    const started = performance.now()
    try {
      read(`entries:\n  other:\n${line}\n`)
    } catch (thrown) {
      assert.ok(hasCode(thrown, 'Invalid', 'TooLarge'), String(thrown))
    }
    assert.ok(performance.now() - started < 5000, line.slice(0, 30))
  }
})

/** Reads so many times the same piece in a process that has 48 MiB for all its objects. Resolves with what it prints. */
function readInLittleMemory(head: string, piece: string, times: number, tail: string): string {
  const script = `
    import { helmIndexReader } from ${JSON.stringify(join(import.meta.dirname, 'read-index.ts'))}
    const pass = helmIndexReader.start()
    const piece = Buffer.from(${JSON.stringify(piece)})
    try {
      pass.push(Buffer.from(${JSON.stringify(head)}))
      for (let n = 0; n < ${times}; n += 1) pass.push(piece)
      pass.push(Buffer.from(${JSON.stringify(tail)}))
      console.log(JSON.stringify(pass.end()).length)
    } catch (thrown) {
      console.log(thrown.code)
    }`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=48', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  return stdout.trim() === '' ? stderr : stdout.trim()
}

test('an index of 64 MB is read in less memory than it has bytes', () => {
  const entry = `  - description: ${'x'.repeat(900)}\n    urls:\n    - app.tgz\n    version: 1.0.0\n`
  const length = readInLittleMemory('entries:\n  app:\n', entry, 65_000, 'generated: now\n')
  assert.equal(Number(length), '{"app":""}'.length + 65_000 * '1.0.0\\n'.length - '\\n'.length)
})

test('a line of 256 MB, as a bomb has it, is not held in memory', () => {
  const line = 'x'.repeat(64 * 1024)
  const found = readInLittleMemory('entries:\n  app:\n  - description: ', line, 4096, '\n')
  assert.equal(found, 'Invalid')
  const named = readInLittleMemory('', line, 4096, ': {}\n')
  assert.equal(named, 'TooLarge')
})

test('every error of a broken index has a code', () => {
  for (let at = 0; at < whole.length; at += 1) {
    const broken = `${whole.slice(0, at)}\u0000${whole.slice(at + 1)}`
    try {
      read(broken)
    } catch (thrown) {
      assert.ok(hasCode(thrown, 'Invalid', 'TooLarge'), String(thrown))
    }
  }
})

test('S4: lines of nothing but blanks in the middle are read at once', () => {
  const wide = `a${' '.repeat(60_000)}b`
  const start = performance.now()
  const text = `entries:\n  ${wide}:\n  - version: ${wide}\n`
  assert.deepEqual(read(text), { [wide]: wide })
  assert.ok(performance.now() - start < 5000)
})
