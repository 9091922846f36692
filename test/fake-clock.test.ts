import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '../src/core/clock.ts'
import { createFakeClock, fakeEpoch } from './fake-clock.ts'

test('timers fire in order of their due time, each at its exact moment', async () => {
  const clock = createFakeClock()
  const seen: [string, number][] = []
  const note = (name: string) => () => seen.push([name, clock.now() - fakeEpoch])
  clock.after(300, note('c'))
  clock.after(100, note('a'))
  clock.after(200, note('b1'))
  clock.after(200, note('b2'))
  const cancel = clock.after(150, note('never'))
  cancel()
  cancel()
  assert.equal(clock.pending, 4)
  await clock.advance(250)
  assert.deepEqual(seen, [
    ['a', 100],
    ['b1', 200],
    ['b2', 200],
  ])
  assert.equal(clock.nextAt, fakeEpoch + 300)
  await clock.advance(50)
  assert.equal(seen.length, 4)
  assert.equal(clock.pending, 0)
})

test('promises that a timer woke run before time moves on', async () => {
  const clock = createFakeClock()
  const wokenAt: number[] = []
  const loop = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await sleep(clock, 1000)
      wokenAt.push(clock.now() - fakeEpoch)
    }
  }
  const done = loop()
  await clock.advance(10_000)
  await done
  assert.deepEqual(wokenAt, [1000, 2000, 3000, 4000, 5000])
})

test('a wall clock jump moves neither timers nor monotonic time', async () => {
  const clock = createFakeClock()
  let fired = false
  clock.after(100, () => (fired = true))
  clock.jump(86_400_000)
  await clock.settle()
  assert.equal(fired, false)
  assert.equal(clock.monotonic(), 0)
  assert.equal(clock.now(), fakeEpoch + 86_400_000)
  await clock.advance(100)
  assert.equal(fired, true)
})

test('thousands of timers fire in order', async () => {
  const clock = createFakeClock()
  const fired: number[] = []
  for (let index = 0; index < 3000; index++) {
    const delay = (index * 7919) % 3000
    clock.after(delay, () => fired.push(delay))
  }
  await clock.advance(3000)
  assert.deepEqual(
    fired,
    Array.from({ length: 3000 }, (_, index) => index),
  )
})
