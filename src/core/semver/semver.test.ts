import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../errors.ts'
import {
  compareVersions,
  filterAndSort,
  matches,
  parseConstraint,
  parseLoose,
  parseStrict,
  parseTag,
  type Version,
} from './index.ts'

const runs = process.env['GANTRY_LONG'] === '1' ? 200_000 : 2_000

function version(text: string): Version {
  const parsed = parseLoose(text)
  assert.ok(parsed, `${text} is a version`)
  return parsed
}

function originals(versions: readonly Version[]): string[] {
  return versions.map(({ original }) => original)
}

const part = fc.oneof(fc.nat(3), fc.bigInt(0n, 2n ** 64n - 1n))
const prerelease = fc.constantFrom('', '-0', '-1', '-10', '-a', '-a.1', '-a.b', '-A', '--', '-rc.1')
const metadata = fc.constantFrom('', '', '+b', '+b.1')
const versionText = fc
  .tuple(fc.constantFrom('', 'v'), part, part, part, prerelease, metadata)
  .map(([v, a, b, c, pre, meta]) => `${v}${a}.${b}.${c}${pre}${meta}`)
const bound = fc.oneof(
  versionText,
  fc.constantFrom('1', '0', '1.2', '1.x', '*', '0.0', '1.*-0', '2.0-rc', 'x.1.1'),
)
const operator = fc.constantFrom('', '=', '!=', '>', '<', '>=', '=>', '<=', '=<', '~', '~>', '^')
const group = fc
  .array(
    fc.tuple(operator, bound).map(([op, text]) => op + text),
    { minLength: 1, maxLength: 3 },
  )
  .chain((terms) => fc.constantFrom(', ', ' ', ',').map((separator) => terms.join(separator)))

test('the order of versions is total', () => {
  fc.assert(
    fc.property(versionText, versionText, versionText, (x, y, z) => {
      const [a, b, c] = [version(x), version(y), version(z)]
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) || 0)
      assert.equal(compareVersions(a, b) === 0, x === y)
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        assert.ok(compareVersions(a, c) <= 0)
      }
    }),
    { numRuns: runs },
  )
})

test('the order of OR groups does not change the answer', () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), versionText, (groups, text) => {
      const forward = parseConstraint(groups.join(' || '))
      const backward = parseConstraint(groups.toReversed().join('||'))
      assert.equal(matches(forward, version(text)), matches(backward, version(text)))
    }),
    { numRuns: runs },
  )
})

test('printing a version and parsing it again gives the same version, strictly too', () => {
  fc.assert(
    fc.property(versionText, (text) => {
      const printed = version(text).toString()
      assert.equal(parseStrict(printed)?.toString(), printed)
      assert.equal(version(text).compare(version(printed)), 0)
    }),
    { numRuns: runs },
  )
})

test('no text makes the parsers throw anything but Invalid', () => {
  const alphabet = fc.constantFrom(...'0129.xX*v-+~^<>=!|, \t\u00a0aZ_'.split(''))
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: alphabet }))
  fc.assert(
    fc.property(text, (input) => {
      parseLoose(input)
      parseStrict(input)
      try {
        parseConstraint(input)
      } catch (error) {
        assert.ok(error instanceof GantryError)
        assert.equal(error.code, 'Invalid')
      }
    }),
    { numRuns: runs },
  )
})

test('hostile constraints are answered at once', () => {
  const hostile = [
    '1'.repeat(60_000),
    `${'1'.repeat(1_000)}++1 - 2 `.repeat(60),
    '1 - '.repeat(16_000),
    ' '.repeat(60_000),
    `1${' '.repeat(60_000)}1`,
    '1.1-'.padEnd(60_000, 'a.'),
    '>=1 || '.repeat(9_000),
    'x'.repeat(1_000_000),
  ]
  for (const text of hostile) {
    const before = performance.now()
    try {
      parseConstraint(text)
    } catch (error) {
      assert.ok(error instanceof GantryError)
    }
    assert.ok(performance.now() - before < 10_000, text.slice(0, 20))
  }
})

test('an increment keeps a leading v and drops prerelease and metadata', () => {
  const from = version('v1.2.3-beta+b')
  assert.equal(from.incPatch().original, 'v1.2.3')
  assert.equal(from.incMinor().original, 'v1.3.0')
  assert.equal(from.incMajor().toString(), '2.0.0')
  assert.equal(version('1.2.3').incPatch().toString(), '1.2.4')
  assert.equal(version('9007199254740991.0.0').incMajor().toString(), '9007199254740992.0.0')
  assert.throws(() => version('18446744073709551615').incMajor(), { code: 'Invalid' })
})

test('tags are filtered by the constraint and sorted best first, ties by the text', () => {
  const tags = ['1.0', '1.0.0+a', 'latest', '1.0.0', '2.0.0-rc.1', 'v1.0.0', '1.0.0+b', '3.0.0']
  const everything = originals(filterAndSort(tags, undefined, { strict: false }))
  assert.deepEqual(everything, [
    '3.0.0',
    '2.0.0-rc.1',
    'v1.0.0',
    '1.0.0+b',
    '1.0.0+a',
    '1.0.0',
    '1.0',
  ])
  const strict = originals(filterAndSort(tags, parseConstraint('^1'), { strict: true }))
  assert.deepEqual(strict, ['v1.0.0', '1.0.0+b', '1.0.0+a', '1.0.0'])
})

test('a strict tag may carry one leading v and nothing else', () => {
  assert.equal(parseTag('v1.2.3', true)?.original, 'v1.2.3')
  for (const tag of ['vv1.2.3', '1.2', 'v1', '01.2.3', 'V1.2.3']) {
    assert.equal(parseTag(tag, true), undefined, tag)
  }
  assert.equal(parseTag('v1', false)?.toString(), '1.0.0')
})
