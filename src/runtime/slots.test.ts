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

test('work that needs two keys takes both or none, and is not overtaken on either', async () => {
  const { clock, started, go, end } = open(1)
  void go('first', 'a')
  void go('both', 'a', 'b')
  void go('late', 'b')
  await clock.settle()
  assert.deepEqual(started, ['first'])
  end('first')
  await clock.settle()
  assert.deepEqual(started, ['first', 'both'])
  end('both')
  await clock.settle()
  assert.deepEqual(started, ['first', 'both', 'late'])
})

test('waiting work that is cut off gives up its place, and who waited behind it goes on', async () => {
  const { clock, started, go, controllers, slots } = open(1)
  void go('holder', 'a')
  const gone = go('gone', 'a', 'b')
  void go('behind', 'b')
  await clock.settle()
  assert.deepEqual(
    slots.inspect().map(({ key, waitingSince }) => [key, waitingSince.length]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  controllers.get('gone')?.abort(new Error('cut off'))
  await assert.rejects(gone, /cut off/)
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
