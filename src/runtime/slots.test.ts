import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import { createSlots } from './slots.ts'

const open = (limit: number) => {
  const clock = createFakeClock()
  const slots = createSlots({ clock, limit: () => limit })
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const controllers = new Map<string, AbortController>()
  const go = (name: string, ...keys: string[]): Promise<string> => {
    const abort = new AbortController()
    controllers.set(name, abort)
    return slots.run(keys, abort.signal, () => {
      started.push(name)
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
    })
  }
  return { clock, slots, started, go, end: (name: string) => ends.get(name)?.(), controllers }
}

test('work for a full host waits its turn while other hosts go on', async () => {
  const { clock, started, go, end } = open(1)
  const all = [go('a1', 'a'), go('a2', 'a'), go('b1', 'b')]
  await clock.settle()
  assert.deepEqual(started, ['a1', 'b1'])
  end('a1')
  await clock.settle()
  assert.deepEqual(started, ['a1', 'b1', 'a2'])
  end('a2')
  end('b1')
  assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'b1'])
})

test('work that needs two keys takes both or none, and holds up nobody on the one that is free', async () => {
  const { clock, started, go, end } = open(1)
  void go('first', 'a')
  void go('both', 'b', 'a')
  void go('late', 'b')
  await clock.settle()
  assert.deepEqual(started, ['first', 'late'])
  end('first')
  await clock.settle()
  assert.deepEqual(started, ['first', 'late'])
  end('late')
  await clock.settle()
  assert.deepEqual(started, ['first', 'late', 'both'])
})

test('a full host that many wait for keeps nobody from the others', async () => {
  const { clock, started, go } = open(2)
  for (const name of ['slow1', 'slow2', 'slow3', 'slow4']) void go(name, name, 'slow')
  void go('quick', 'quick', 'other')
  await clock.settle()
  assert.deepEqual(started, ['slow1', 'slow2', 'quick'])
})

test('groups take turns, however much one of them asks for', async () => {
  const clock = createFakeClock()
  const slots = createSlots({ clock, limit: () => 1 })
  const order: string[] = []
  const go = (name: string, group: string): Promise<unknown> =>
    slots.run(['all'], new AbortController().signal, () => Promise.resolve(order.push(name)), {
      group,
    })
  const noisy = Array.from({ length: 5 }, (_, index) => go(`noisy${index}`, 'noisy'))
  await Promise.all([...noisy, go('calm', 'calm'), go('quiet', 'quiet')])
  assert.deepEqual(order, ['noisy0', 'noisy1', 'calm', 'quiet', 'noisy2', 'noisy3', 'noisy4'])
})

test('waiting work that is cut off gives up its place', async () => {
  const { clock, started, go, end, controllers, slots } = open(1)
  void go('holder', 'a')
  const gone = go('gone', 'a')
  void go('behind', 'a')
  await clock.settle()
  assert.deepEqual(
    slots.inspect().map(({ key, waitingSince }) => [key, waitingSince.length]),
    [['a', 2]],
  )
  controllers.get('gone')?.abort(new Error('cut off'))
  await assert.rejects(gone, /cut off/)
  end('holder')
  await clock.settle()
  assert.deepEqual(started, ['holder', 'behind'])
})

test('work that throws gives its slot back', async () => {
  const { slots } = open(1)
  const { signal } = new AbortController()
  await assert.rejects(slots.run(['a'], signal, () => Promise.reject(new Error('no'))))
  assert.equal(await slots.run(['a'], signal, () => Promise.resolve(7)), 7)
  assert.deepEqual(slots.inspect(), [])
})

test('work that waits aside gives its slots back, and goes on when it has them again', async () => {
  const { clock, slots, started, go, end } = open(1)
  const { signal } = new AbortController()
  const pause = Promise.withResolvers<string>()
  const paused = slots.run(['a', 'own'], signal, (aside) => aside(() => pause.promise), {
    isLent: (key) => key !== 'own',
  })
  void go('other', 'a')
  void go('of the same', 'own')
  await clock.settle()
  assert.deepEqual(started, ['other'])
  pause.resolve('rested')
  await clock.settle()
  assert.deepEqual(
    slots.inspect().map(({ key, active, waitingSince }) => [key, active, waitingSince.length]),
    [
      ['a', 1, 1],
      ['own', 1, 1],
    ],
  )
  end('other')
  assert.equal(await paused, 'rested')
  await clock.settle()
  assert.deepEqual(started, ['other', 'of the same'])
})

test('parts of one work that wait aside together take its slots once', async () => {
  const { clock, slots, started, go, end } = open(1)
  const { signal } = new AbortController()
  const pauses = [1, 2, 3].map(() => Promise.withResolvers<void>())
  const work = slots.run(['a'], signal, (aside) =>
    Promise.all(pauses.map(({ promise }) => aside(() => promise))),
  )
  void go('between', 'a')
  await clock.settle()
  pauses[0]?.resolve()
  pauses[1]?.reject(new Error('no'))
  await assert.rejects(work, /no/)
  // A part of what is over already takes nothing any more.
  pauses[2]?.resolve()
  await clock.settle()
  end('between')
  void go('after', 'a')
  await clock.settle()
  assert.deepEqual(started, ['between', 'after'])
  end('after')
  await clock.settle()
  assert.deepEqual(slots.inspect(), [])
})

test('work that is cut off while it waits aside holds nothing', async () => {
  const { clock, slots, go, end } = open(1)
  const cut = new AbortController()
  const pause = Promise.withResolvers<void>()
  const work = slots.run(['a'], cut.signal, (aside) => aside(() => pause.promise))
  void go('other', 'a')
  await clock.settle()
  pause.resolve()
  await clock.settle()
  cut.abort(new Error('cut off'))
  await assert.rejects(work, /cut off/)
  end('other')
  await clock.settle()
  assert.deepEqual(slots.inspect(), [])
})
