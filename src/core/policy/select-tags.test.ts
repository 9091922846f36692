import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseConstraint } from '../semver/index.ts'
import { compareBytes, compareTags, newestBuildFirst, orderTags } from './select-tags.ts'

test('SemVer keeps what satisfies the constraint, best first', () => {
  const tags = ['1.0.0', '2.0.0', '1.10.0', '1.9.0', 'latest', '1.11.0-rc.1', '1.2']
  const constraint = parseConstraint('^1.0.0')
  assert.deepEqual(orderTags(tags, { strategy: 'SemVer', constraint, strict: true }), [
    '1.10.0',
    '1.9.0',
    '1.0.0',
  ])
  assert.deepEqual(orderTags(tags, { strategy: 'SemVer', strict: false }).slice(0, 3), [
    '2.0.0',
    '1.11.0-rc.1',
    '1.10.0',
  ])
})

test('Lexical sorts by bytes, descending', () => {
  assert.deepEqual(orderTags(['b', 'B', 'a10', 'a9'], { strategy: 'Lexical' }), [
    'b',
    'a9',
    'a10',
    'B',
  ])
})

test('tags compare by their strategy, and not at all when one is no version', () => {
  const semver = { strategy: 'SemVer', strict: true } as const
  assert.ok((compareTags('1.10.0', '1.9.0', semver) ?? 0) > 0)
  assert.equal(compareTags('1.0.0+a', '1.0.0+b', semver), 0)
  assert.equal(compareTags('latest', '1.0.0', semver), undefined)
  assert.ok((compareTags('1.10.0', '1.9.0', { strategy: 'Lexical' }) ?? 0) < 0)
})

test('builds sort newest first, the same moment by tag, the undated last', () => {
  const builds = [
    { tag: 'undated' },
    { tag: 'a', createdAtMs: 5 },
    { tag: 'b', createdAtMs: 5 },
    { tag: 'new', createdAtMs: 9 },
  ]
  const tags = builds.toSorted(newestBuildFirst).map(({ tag }) => tag)
  assert.deepEqual(tags, ['new', 'b', 'a', 'undated'])
})

test('texts compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
  assert.ok(compareBytes('\u{ffff}', '\u{10000}') < 0)
})

test('neither side of a comparison may be no version', () => {
  const semver = { strategy: 'SemVer', strict: true } as const
  assert.equal(compareTags('1.0.0', 'latest', semver), undefined)
})

test('the older of two builds comes after the newer, whichever is asked about first', () => {
  const [old, young] = [
    { tag: 'z', createdAtMs: 5 },
    { tag: 'a', createdAtMs: 9 },
  ]
  assert.equal(newestBuildFirst(old, young), 1)
  assert.equal(newestBuildFirst(young, old), -1)
  assert.equal(newestBuildFirst({ tag: 'a' }, old), 1)
})

test('a text comes after what it begins with, and a surrogate after all that is written without', () => {
  assert.equal(compareBytes('a', 'ab'), -1)
  assert.equal(compareBytes('ab', 'a'), 1)
  assert.equal(compareBytes('', 'a'), -1)
  for (const beyond of ['\u{10000}', '\u{10ffff}'])
    for (const within of ['\u{e000}', '\u{ffff}', '\u{d7ff}']) {
      assert.equal(compareBytes(beyond, within), 1)
      assert.equal(compareBytes(within, beyond), -1)
    }
})
