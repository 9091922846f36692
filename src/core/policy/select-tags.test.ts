import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseConstraint } from '../semver/index.ts'
import { compareTags, newestBuildFirst, orderTags } from './select-tags.ts'

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

/** A second reading of versions, as plain as can be: `X.Y.Z`, perhaps with a `v` and a prerelease. */
function readVersion(tag: string): { parts: number[]; pre: string[] } | undefined {
  const found = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9a-z.]+))?$/u.exec(tag)
  if (found === null) return undefined
  const pre = found[4] === undefined ? [] : found[4].split('.')
  return { parts: found.slice(1, 4).map(Number), pre }
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]]
    if (left === undefined) return -1
    if (right === undefined) return 1
    if (left === right) continue
    const [isLeft, isRight] = [/^\d+$/u.test(left), /^\d+$/u.test(right)]
    if (isLeft && isRight) return Number(left) - Number(right)
    if (isLeft !== isRight) return isLeft ? -1 : 1
    return left < right ? -1 : 1
  }
  return 0
}

function naiveOrder(tags: readonly string[], isIn: (major: number, minor: number) => boolean) {
  const found = tags.flatMap((tag) => {
    const version = readVersion(tag)
    return version === undefined ? [] : [{ tag, ...version }]
  })
  return found
    .filter(({ parts: [major = 0, minor = 0] }) => isIn(major, minor))
    .toSorted((a, b) => {
      const at = a.parts.findIndex((part, index) => part !== b.parts[index])
      if (at >= 0) return (b.parts[at] ?? 0) - (a.parts[at] ?? 0)
      return comparePre(b.pre, a.pre) || Buffer.compare(Buffer.from(b.tag), Buffer.from(a.tag))
    })
    .map(({ tag }) => tag)
}

test('SemVer agrees with a second, plain implementation', () => {
  const digit = fc.constantFrom('0', '1', '2', '9', '10', '01')
  const pre = fc.constantFrom(
    '',
    '',
    '',
    '-0',
    '-1',
    '-10',
    '-a',
    '-a.1',
    '-a.b',
    '-rc.1',
    '-rc.2.x',
  )
  const tag = fc
    .tuple(fc.constantFrom('', 'v', 'vv', 'x'), digit, digit, digit, pre)
    .map(([start, ...[major, minor, patch, end]]) => `${start}${major}.${minor}.${patch}${end}`)
  const other = fc.constantFrom('latest', '1', '1.2', '1.2.3.4', '', '1.0.0-', 'v', '1.0.0 ')
  const tags = fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: tag }, other), { maxLength: 25 })
  // Each lets prereleases through: `-0` is below all of them.
  const constraints = [
    [undefined, () => true],
    ['>=1.0.0-0', (major: number) => major >= 1],
    ['>=1.0.0-0, <2.0.0-0', (major: number) => major === 1],
  ] as const
  fc.assert(
    fc.property(tags, fc.constantFrom(...constraints), (given, [text, isIn]) => {
      const constraint = text === undefined ? {} : { constraint: parseConstraint(text) }
      const found = orderTags(given, { strategy: 'SemVer', strict: true, ...constraint })
      assert.deepEqual(found, naiveOrder(given, isIn))
    }),
  )
})

test('Lexical agrees with the order of bytes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (given) => {
      const naive = given
        .map((tag) => Buffer.from(tag))
        .toSorted(Buffer.compare)
        .toReversed()
      assert.deepEqual(
        orderTags(given, { strategy: 'Lexical' }),
        naive.map((bytes) => bytes.toString()),
      )
    }),
  )
})
