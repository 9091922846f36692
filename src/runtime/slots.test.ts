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
    slots.run(['all'], new AbortController().signal, () => Promise.resolve(order.push(name)), group)
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
