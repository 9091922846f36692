import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createFakeClock } from '../../test/fake-clock.ts'
import { createTimers } from './timers.ts'

test('every name fires once, at its soonest time, in order, on one native timer', async () => {
  const action = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    at: fc.integer({ min: 1, max: 10_000_000 }),
    clear: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const clock = createFakeClock()
      const fired: [string, number][] = []
      const timers = createTimers(clock, (name) => fired.push([name, clock.monotonic()]))
      const expected = new Map<string, number>()
      for (const { name, at, clear } of actions) {
        if (clear) timers.clear(name)
        if (clear) expected.delete(name)
        timers.set(name, at)
        expected.set(name, Math.min(at, expected.get(name) ?? at))
        assert.ok(clock.pending <= 1)
      }
      await clock.advance(20_000_000)
      assert.deepEqual(
        fired.map(([, at]) => at),
        [...expected.values()].sort((a, b) => a - b),
      )
      assert.deepEqual(new Map(fired), expected)
      assert.equal(clock.pending, 0)
    }),
    { numRuns: 50 },
  )
})

test('times that are set and cleared over and over do not pile up', async () => {
  const clock = createFakeClock()
  let fired = 0
  const timers = createTimers(clock, () => fired++)
  for (let round = 0; round < 10_000; round++) {
    timers.clear('a')
    timers.set('a', 5000 + (round % 100))
    timers.set('b', 6000)
  }
  await clock.advance(6000)
  assert.equal(fired, 2)
  assert.equal(timers.size, 0)
})
