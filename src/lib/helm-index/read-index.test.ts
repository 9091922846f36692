import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { helmIndexReader, versionsOf } from './read-index.ts'

function read(text: string, pieceLength = text.length) {
  const pass = helmIndexReader.start()
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += Math.max(1, pieceLength)) {
    pass.push(bytes.subarray(at, at + Math.max(1, pieceLength)))
  }
  return pass.end()
}

const written = `apiVersion: v1
entries:
  app:
  - annotations:
      version: not this
    apiVersion: v2
    description: |
      version: nor this
      - version: nor this
    name: app
    urls:
    - app-2.0.0.tgz
    version: 2.0.0
  - apiVersion: v2
    dependencies:
    - name: other
      version: 9.9.9
    version: "1.0"
  'quoted: name':
  - version: '1.0.0+build.5'
    name: x
  empty: []
generated: "2026-01-01T00:00:00Z"
`

test('the version of each entry is found, and nothing that only looks like one', () => {
  for (const pieceLength of [1, 7, 10_000]) {
    const index = read(written, pieceLength)
    assert.deepEqual(versionsOf(index, 'app'), ['2.0.0', '1.0'])
    assert.deepEqual(versionsOf(index, 'quoted: name'), ['1.0.0+build.5'])
    assert.deepEqual(versionsOf(index, 'empty'), [])
    assert.deepEqual(versionsOf(index, 'constructor'), [])
  }
})

test('other forms of YAML are read by a real parser', () => {
  const flow = '{"apiVersion":"v1","entries":{"app":[{"version":"1.0.0"},{"version":"1.1.0"}]}}'
  assert.deepEqual(versionsOf(read(flow), 'app'), ['1.0.0', '1.1.0'])
  const anchored = 'entries:\n  app:\n  - &a\n    version: 1.0.0\n  other:\n  - *a\n'
  assert.deepEqual(versionsOf(read(anchored), 'other'), ['1.0.0'])
  assert.deepEqual(versionsOf(read('apiVersion: v1\r\nentries: {}\r\n'), 'app'), [])
})

test('what is no index is Invalid', () => {
  for (const text of ['', '<html></html>', 'a: 1\n', '[]', 'entries: 1\n', 'entries:\n  app: {'])
    assert.throws(() => read(text), { code: 'Invalid' }, text)
})

test('a large index of another form is TooLarge instead of being held in memory', () => {
  const pass = helmIndexReader.start()
  const line = Buffer.from(`${'x'.repeat(1000)}: {}\n`.repeat(1000))
  pass.push(Buffer.from('entries: {a: [{version: 1.0.0}]}\n'))
  assert.throws(
    () => {
      for (let round = 0; round < 10; round += 1) pass.push(line)
    },
    { code: 'TooLarge' },
  )
})

test('what a YAML writer makes of any charts is read back', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
    fc.string({ minLength: 1, maxLength: 8 }),
  )
  const version = fc.oneof(
    fc.stringMatching(/^[0-9]{1,2}(\.[0-9]{1,2}){0,2}(-[a-z0-9.]{1,5})?$/),
    fc
      .string({ minLength: 1, maxLength: 6 })
      .filter((text) => !/[\n\r\u0085\u2028\u2029]/.test(text)),
  )
  const entry = fc.record({
    annotations: fc.dictionary(fc.constantFrom('version', 'a'), fc.string(), { maxKeys: 2 }),
    description: fc.string({ maxLength: 60 }),
    urls: fc.array(fc.string(), { maxLength: 2 }),
    version,
  })
  const charts = fc.dictionary(
    name.filter((key) => key !== '__proto__' && !/[\n\r]/.test(key)),
    fc.array(entry, { maxLength: 3 }),
    { maxKeys: 4 },
  )
  fc.assert(
    fc.property(charts, fc.boolean(), (entries, indentSeq) => {
      const text = stringify({ apiVersion: 'v1', entries }, { indentSeq, version: '1.1' })
      const index = read(text)
      for (const [chart, list] of Object.entries(entries)) {
        assert.deepEqual(
          versionsOf(index, chart),
          list.map((each) => each.version),
          text,
        )
      }
    }),
    { numRuns: 300 },
  )
})
