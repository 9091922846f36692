import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { toTimestamp } from '../clock.ts'
import { discoveryTime, instantOf, isNewer, newestFirst, sortNewestFirst } from './instant.ts'
import { at, noon, sampleFreight } from '../../../test/policy/samples.ts'

describe('instantOf', () => {
  it('reads every timestamp that we write', () => {
    const last = Date.parse('9999-12-31T23:59:59Z')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: last }), (epochMs) => {
        assert.equal(instantOf(toTimestamp(epochMs)), Math.floor(epochMs / 1000) * 1000)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads each day of a leap year and of a year that is none', () => {
    for (const year of [1900, 1970, 2000, 2024, 2026, 2100])
      for (let day = 0; day < 366; day += 1) {
        const epochMs = Date.UTC(year, 0, 1) + day * 86_400_000
        assert.equal(instantOf(toTimestamp(epochMs)), epochMs)
      }
  })

  it('reads other forms of RFC 3339', () => {
    assert.equal(instantOf('2026-03-01T12:00:00.250Z'), noon + 250)
    assert.equal(instantOf('2026-03-01T13:00:00+01:00'), noon)
    assert.equal(instantOf('2026-03-01T12:00:00+0'), undefined)
  })

  it('anything else is no timestamp', () => {
    assert.equal(instantOf(undefined), undefined)
    for (const text of [
      '',
      'yesterday',
      '2026-01-01T12:00:00Z0',
      '2026-01-01T12:00:00X',
      '2026-13-01T12:00:00Z',
      '2026-00-01T12:00:00Z',
      '2026-01-00T12:00:00Z',
      '2026-01-32T12:00:00Z',
      '2026-x1-01T12:00:00Z',
      'x026-01-01T12:00:00Z',
      '2026-01-01T12:00:x0Z',
      '2026-01-01Tab:00:00Z',
      '2026-01-01T12:0/:00Z',
      '2026-01-01T12:00:0:Z',
      '9-26-01-01T12:00:00Z',
    ])
      assert.equal(instantOf(text), undefined, text)
  })
})

describe('the order of Freight', () => {
  it('is by discovery, else by creation, else as if at the very beginning', () => {
    const freight = sampleFreight('a', { discovered: 5000 })
    assert.equal(discoveryTime(freight), noon + 5000)
    const { discoveredAt: _, ...undiscovered } = freight
    const created = { ...undiscovered, metadata: { name: 'a', creationTimestamp: at(7000) } }
    assert.equal(discoveryTime(created), noon + 7000)
    assert.equal(discoveryTime({ ...undiscovered, metadata: { name: 'a' } }), 0)
  })

  it('is total: at the same time the greater name counts as newer', () => {
    const a = sampleFreight('a')
    const b = sampleFreight('b')
    const c = sampleFreight('c', { discovered: -2 * 3_600_000 })
    assert.deepEqual([a, c, b].sort(newestFirst), [b, a, c])
    const list = [a, c, b]
    assert.deepEqual(sortNewestFirst(list), [b, a, c])
    assert.deepEqual(sortNewestFirst([b, c, a]), [b, a, c])
    assert.deepEqual(list, [a, c, b])
    assert.equal(newestFirst(a, a), 0)
    assert.equal(newestFirst(b, a), -1)
    assert.equal(newestFirst(a, b), 1)
    assert.equal(isNewer(b, a), true)
    assert.equal(isNewer(a, a), false)
    assert.equal(isNewer(c, a), false)
  })
})
