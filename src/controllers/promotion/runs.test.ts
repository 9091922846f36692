import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../../test/fake-clock.ts'
import { createRuns } from './runs.ts'

test('what the run of a Promotion came to says nothing about the next one of that name', async () => {
  const clock = createFakeClock()
  const runs = createRuns(clock, 1)
  const gate = Promise.withResolvers<void>()
  runs.start('demo/p', 'first', '', async () => {
    await gate.promise
    return { state: 'waiting', since: 0, until: 1000, message: 'not yet' }
  })
  await clock.settle()
  // It is deleted and made anew while its run still ends.
  const forgotten = runs.forget('demo/p')
  assert.equal(forgotten?.uid, 'first')
  let hasEnded = false
  void forgotten.ended.then(() => (hasEnded = true))
  await clock.settle()
  assert.equal(hasEnded, false, 'its folder is still in use')
  gate.resolve()
  await forgotten.ended
  assert.equal(runs.find('demo/p'), undefined)
  assert.equal(runs.last('demo/p', 'first'), undefined)
  // The same while its result was not forgotten.
  runs.start('demo/p', 'first', '', () =>
    Promise.resolve({ state: 'waiting', since: 0, until: 1000, message: 'not yet' }),
  )
  await clock.settle()
  assert.equal(runs.last('demo/p', 'second'), undefined)
  assert.notEqual(runs.last('demo/p', 'first'), undefined)
})
