import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorCodes, type ErrorCode } from '../errors.ts'
import { usableResults } from './usable-results.ts'

const minute = 60_000
const now = 1_000 * minute

const look = fc.record(
  {
    seenAt: fc.integer({ min: 0, max: now }),
    errorCode: fc.constantFrom(...(Object.keys(errorCodes) as ErrorCode[])),
  },
  { requiredKeys: [] },
)

test('without the wish no result is used whose last look failed, or that this process has not seen', () => {
  fc.assert(
    fc.property(fc.array(look), (looks) => {
      const { stale, unusable } = usableResults(looks, undefined, now)
      assert.deepEqual(stale, [])
      const expected = looks.flatMap(({ seenAt, errorCode }, index) =>
        seenAt === undefined || errorCode !== undefined ? [index] : [],
      )
      assert.deepEqual(unusable, expected)
    }),
  )
})

test('with the wish, only what was seen by this process and is young enough is used', () => {
  fc.assert(
    fc.property(fc.array(look), fc.nat({ max: 2 * now }), (looks, maxMs) => {
      const { stale, unusable } = usableResults(looks, maxMs, now)
      for (const { index, seenAt, until } of stale) {
        assert.equal(looks[index]?.seenAt, seenAt)
        assert.ok(now - seenAt < maxMs && now < until)
        assert.equal(unusable.includes(index), false)
      }
      for (const [index, { seenAt }] of looks.entries())
        if (seenAt === undefined) assert.equal(unusable.includes(index), true)
    }),
  )
})

test('an outage is waited out with the last result; refused access and what is gone are not', () => {
  const at = (errorCode: ErrorCode) => usableResults([{ seenAt: now, errorCode }], minute, now)
  for (const code of ['Unreachable', 'Unavailable', 'Timeout', 'RateLimited'] as const)
    assert.deepEqual(at(code).stale, [{ index: 0, seenAt: now, until: now + minute }])
  for (const code of ['Unauthorized', 'Forbidden', 'NotFound', 'Invalid', 'Internal'] as const)
    assert.deepEqual(at(code), { stale: [], unusable: [0] })
})
