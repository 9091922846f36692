import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { sampleFreight, sampleStage } from '../../../test/policy/samples.ts'
import { toTimestamp } from '../clock.ts'
import { availabilityOf } from './availability.ts'
import { addCurrentStage, addVerifiedStage, removeCurrentStage } from './freight-status.ts'
import { instantOf } from './instant.ts'

const hour = 3_600_000
const stage = sampleStage('prod', { requests: [{ stages: ['test'], soak: '3h' }] })

function judge(since: string, now: number) {
  const status = {
    verifiedIn: { test: { verifiedAt: since } },
    currentlyIn: { test: { since } },
  }
  const freight = { ...sampleFreight('f'), status }
  return availabilityOf(stage, freight, { now, stages: () => undefined })
}

/** Runs it where clocks on walls change twice a year. */
function inBerlin(run: () => void): void {
  const zone = process.env['TZ']
  process.env['TZ'] = 'Europe/Berlin'
  try {
    run()
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
}

describe('S40: where clocks on walls change', () => {
  // An hour that does not exist, and one that is there twice.
  for (const entered of [
    '2026-03-29T00:30:00Z',
    '2026-10-24T23:30:00Z',
    '2026-10-24T23:30:00.000Z',
  ])
    it(`a soak that began at ${entered} lasts as long as any other`, () =>
      inBerlin(() => {
        const start = Date.parse(entered)
        const offsets = [start, start + 3 * hour].map((at) => new Date(at).getTimezoneOffset())
        assert.notEqual(offsets[0], offsets[1], 'the clock on the wall changes in between')
        const early = judge(entered, start + 3 * hour - 1)
        assert.equal(!early.available && early.availableAt, start + 3 * hour)
        assert.equal(judge(entered, start + 3 * hour).available, true)
        const inTest = addVerifiedStage(addCurrentStage({}, 'test', start), 'test', start)
        const left = removeCurrentStage(inTest, 'test', start + 2 * hour)
        assert.equal(left.verifiedIn?.['test']?.longestSoak, '2h0m0s')
      }))
})

describe('S40: a second that other clocks insert', () => {
  it('is no moment of ours: nothing has soaked since then', () => {
    for (const leap of [
      '2016-12-31T23:59:60Z',
      '2027-06-28T23:59:60Z',
      '2016-12-31T23:59:60+00:00',
    ]) {
      const later = judge(leap, Date.parse('2030-01-01T00:00:00Z'))
      assert.equal(later.available, false, leap)
      assert.equal(later.upstreams[0]?.state, 'interrupted')
    }
  })

  it('makes a soak across it no shorter', () => {
    const start = Date.parse('2016-12-31T22:30:00Z')
    assert.equal(judge(toTimestamp(start), start + 3 * hour - 1).available, false)
    assert.equal(judge(toTimestamp(start), start + 3 * hour).available, true)
  })

  it('is read on no day, nor is any other time of day that there is not', () => {
    const two = fc.integer({ min: 0, max: 99 }).map((each) => String(each).padStart(2, '0'))
    fc.assert(
      fc.property(two, two, two, two, (day, hours, minutes, seconds) => {
        const text = `2026-03-${day}T${hours}:${minutes}:${seconds}Z`
        const expected = Date.parse(text)
        assert.equal(instantOf(text), Number.isNaN(expected) ? undefined : expected, text)
      }),
      { numRuns: 2000 },
    )
  })
})
