import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createFakeClock, fakeEpoch } from '../../test/fake-clock.ts'
import { GantryError } from '../core/errors.ts'
import { systemClock } from '../lib/system-clock.ts'
import { createQueue, type QueueOptions } from './queue.ts'

const open = (options: Partial<QueueOptions> = {}) => {
  const clock = createFakeClock()
  const worked: string[] = []
  const queue = createQueue({
    clock,
    concurrency: 2,
    deadlineMs: 60_000,
    random: () => 0.999_999,
    work: (key) => {
      worked.push(`${key}@${clock.monotonic()}`)
      return Promise.resolve(undefined)
    },
    ...options,
  })
  return { clock, worked, queue }
}

/** Work that ends when told to. */
const gate = () => {
  const started: string[] = []
  const ends = new Map<string, (wait?: number) => void>()
  const signals = new Map<string, AbortSignal>()
  const work = (key: string, signal: AbortSignal): Promise<number | undefined> => {
    started.push(key)
    signals.set(key, signal)
    return new Promise((resolve) => ends.set(key, resolve))
  }
  return { work, started, signals, end: (key: string, wait?: number) => ends.get(key)?.(wait) }
}

test('a key that is added many times before its turn is worked on once', async () => {
  const { queue, worked, clock } = open({ concurrency: 1 })
  for (const key of ['a', 'b', 'b', 'b']) queue.add(key)
  await clock.settle()
  assert.deepEqual(worked, ['a@0', 'b@0'])
})

test('a key that is added while it is worked on runs once more, and never twice at the same time', async () => {
  const { work, started, end } = gate()
  const { queue, clock } = open({ work })
  queue.add('a')
  queue.add('a')
  queue.add('a')
  await clock.settle()
  assert.deepEqual(started, ['a'])
  end('a')
  await clock.settle()
  assert.deepEqual(started, ['a', 'a'])
  end('a')
  await queue.idle()
  assert.equal(queue.stats().done, 2)
})

test('no more keys are worked on at a time than there are workers', async () => {
  const { work, started, end } = gate()
  const { queue, clock } = open({ work })
  for (const key of ['a', 'b', 'c']) queue.add(key)
  assert.deepEqual(started, ['a', 'b'])
  end('b')
  await clock.settle()
  assert.deepEqual(started, ['a', 'b', 'c'])
})

test('of several delays the soonest holds, and adding now beats them all', async () => {
  const { queue, worked, clock } = open()
  queue.addAfter('a', 5000)
  queue.addAfter('a', 2000)
  queue.addAfter('a', 9000)
  queue.addAfter('b', 4000)
  queue.add('b')
  await clock.advance(60_000)
  assert.deepEqual(worked, ['b@0', 'a@2000'])
})

test('work that asks to be repeated is repeated exactly then', async () => {
  const { queue, clock } = open({
    work: () => Promise.resolve(clock.monotonic() < 3000 ? 1000 : undefined),
  })
  queue.add('a')
  await clock.advance(60_000)
  assert.equal(queue.stats().done, 4)
})

test('failures back off exponentially up to the limit, and success forgets them', async () => {
  const times: number[] = []
  let failing = true
  const { queue, clock } = open({
    backoff: { baseMs: 100, maxMs: 400 },
    work: () => {
      times.push(clock.monotonic())
      return failing ? Promise.reject(new Error('no')) : Promise.resolve(undefined)
    },
  })
  queue.add('a')
  await clock.advance(1200)
  assert.deepEqual(times, [0, 100, 300, 700, 1100])
  assert.equal(queue.inspect()[0]?.state, 'backoff')
  assert.equal(queue.inspect()[0]?.failures, 5)
  failing = false
  await clock.advance(10_000)
  assert.equal(times.length, 6)
  assert.deepEqual(queue.inspect(), [])
})

test('the jitter takes at most half of the delay away', async () => {
  const delays: number[] = []
  const { queue, clock } = open({
    random: () => 0,
    backoff: { baseMs: 1000, maxMs: 1000 },
    onError: (_key, _error, retryInMs) => delays.push(retryInMs),
    work: () => Promise.reject(new Error('no')),
  })
  queue.add('a')
  await clock.settle()
  assert.deepEqual(delays, [500])
})

test('a remote that asks to be left alone is left alone for that long', async () => {
  const delays: number[] = []
  const { queue, clock } = open({
    onError: (_key, _error, retryInMs) => delays.push(retryInMs),
    work: () => Promise.reject(new GantryError('RateLimited', 'slow', { retryAfterMs: 90_000 })),
  })
  queue.add('a')
  await clock.settle()
  assert.deepEqual(delays, [90_000])
})

test('work past its deadline is cut off, gives its slot to another key, and keeps its own key', async () => {
  const { work, started, signals, end } = gate()
  const { queue, clock } = open({ work, concurrency: 1, deadlineMs: 1000 })
  queue.add('slow')
  queue.add('other')
  queue.add('slow')
  await clock.advance(1000)
  assert.deepEqual(started, ['slow', 'other'])
  const reason: unknown = signals.get('slow')?.reason
  assert.ok(reason instanceof GantryError && reason.code === 'Timeout')
  assert.equal(queue.inspect().find(({ key }) => key === 'slow')?.overdue, true)
  end('other')
  await clock.settle()
  assert.deepEqual(started, ['slow', 'other'])
  end('slow')
  await clock.settle()
  assert.deepEqual(started, ['slow', 'other', 'slow'])
})

test('draining lets running work end, starts nothing, and cuts off what takes too long', async () => {
  const { work, started, signals, end } = gate()
  const { queue, clock } = open({ work, concurrency: 2 })
  for (const key of ['quick', 'slow', 'never']) queue.add(key)
  queue.addAfter('later', 100)
  let drained = false
  const draining = queue.drain(5000).then(() => (drained = true))
  end('quick')
  await clock.advance(4999)
  assert.equal(signals.get('slow')?.aborted, false)
  await clock.advance(1)
  assert.equal(signals.get('slow')?.aborted, true)
  assert.equal(drained, false)
  end('slow')
  await draining
  assert.deepEqual(started, ['quick', 'slow'])
  assert.equal(clock.pending, 0)
})

test('what is not at rest says its state, since when, and when it is looked at again', async () => {
  const { work } = gate()
  const { queue, clock } = open({ work, concurrency: 1 })
  await clock.advance(1000)
  queue.add('running')
  queue.add('ready')
  queue.addAfter('delayed', 5000)
  assert.deepEqual(
    queue.inspect().map(({ key, state, since, nextLook }) => ({ key, state, since, nextLook })),
    [
      { key: 'ready', state: 'ready', since: fakeEpoch + 1000, nextLook: undefined },
      { key: 'running', state: 'running', since: fakeEpoch + 1000, nextLook: undefined },
      { key: 'delayed', state: 'delayed', since: fakeEpoch + 1000, nextLook: fakeEpoch + 6000 },
    ],
  )
})

test('hurrying makes every delayed key due at once', async () => {
  const { queue, worked, clock } = open()
  queue.addAfter('a', 3_600_000)
  queue.addAfter('b', 7_200_000)
  queue.hurry()
  await clock.settle()
  assert.deepEqual(worked, ['a@0', 'b@0'])
})

test('a long row of keys that only compute leaves turns of the event loop to others', async () => {
  const queue = createQueue({
    clock: systemClock,
    concurrency: 4,
    deadlineMs: 60_000,
    work: () => {
      const end = performance.now() + 1
      while (performance.now() < end);
      return Promise.resolve(undefined)
    },
  })
  for (let key = 0; key < 100; key++) queue.add(String(key))
  let turns = 0
  const count = setInterval(() => turns++, 1)
  await queue.idle()
  clearInterval(count)
  assert.ok(turns >= 3, String(turns))
  assert.equal(queue.stats().done, 100)
})

test('a forgotten key does not come back', async () => {
  const { queue, worked, clock } = open()
  queue.addAfter('a', 1000)
  queue.forget('a')
  await clock.advance(10_000)
  assert.deepEqual(worked, [])
  assert.equal(clock.pending, 0)
})

test('whatever is added in whatever order, each key is worked on after its last addition, alone', async () => {
  const operation = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    delayMs: fc.constantFrom(0, 0, 5, 50, 500),
    restMs: fc.constantFrom(0, 1, 7, 60),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const active = new Set<string>()
      const seen = new Map<string, number>()
      const { queue, clock } = open({
        work: async (key) => {
          assert.ok(!active.has(key))
          assert.ok(active.size < 2)
          active.add(key)
          seen.set(key, clock.monotonic())
          await new Promise<void>((resolve) => clock.after(3, resolve))
          active.delete(key)
          return undefined
        },
      })
      const added = new Map<string, number>()
      for (const { key, delayMs, restMs } of operations) {
        queue.addAfter(key, delayMs)
        added.set(key, clock.monotonic())
        await clock.advance(restMs)
      }
      await clock.advance(10_000)
      for (const [key, at] of added) assert.ok((seen.get(key) ?? -1) >= at)
      assert.deepEqual(queue.inspect(), [])
    }),
    { numRuns: 30 },
  )
})
