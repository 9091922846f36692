import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../../test/fake-clock.ts'
import { createTurns, type Turn } from './turns.ts'

function open(maxDiscoveries: number, maxPerHost: number) {
  const clock = createFakeClock()
  const turns = createTurns({ clock, maxDiscoveries, maxPerHost })
  const running = new Map<string, () => void>()
  const go = (name: string, more: Partial<Turn> = {}, signal = new AbortController().signal) =>
    turns.run(
      { project: 'p', kind: 'git', host: 'h', remote: name, isShared: false, ...more },
      signal,
      () =>
        new Promise<void>((resolve) => {
          running.set(name, () => {
            running.delete(name)
            resolve()
          })
        }),
    )
  return { clock, go, running, names: () => [...running.keys()] }
}

test('looks that share their work take one slot together, and end with the last of them', async () => {
  const { clock, go, running, names } = open(8, 2)
  const shared = { remote: 'monorepo', isShared: true }
  for (const name of ['a', 'b', 'c']) void go(name, shared)
  void go('other', { remote: 'other', isShared: true })
  await clock.settle()
  // Half of a host's slots are for one Project.
  assert.deepEqual(names(), ['a', 'b', 'c'])
  running.get('a')?.()
  running.get('b')?.()
  await clock.settle()
  void go('late', shared)
  running.get('c')?.()
  await clock.settle()
  assert.deepEqual(names(), ['late'])
  running.get('late')?.()
  await clock.settle()
  assert.deepEqual(names(), ['other'])
})

test('Projects that watch one remote share a slot, and the first that gets one serves the others', async () => {
  const { clock, go, running, names } = open(64, 2)
  const shared = { remote: 'monorepo', isShared: true }
  // The noisy Project has its half of the host and much in its queue, that remote last.
  for (let n = 0; n < 20; n += 1) void go(`noisy${n}`, { project: 'noisy' })
  void go('of the noisy one', { ...shared, project: 'noisy' })
  const quiet = Array.from({ length: 30 }, (_, n) => `quiet${n}`)
  for (const project of quiet) void go(project, { ...shared, project })
  await clock.settle()
  assert.deepEqual(names(), ['noisy0', 'of the noisy one', ...quiet])
  for (const name of ['of the noisy one', ...quiet.slice(1)]) running.get(name)?.()
  await clock.settle()
  void go('late', { ...shared, project: 'late' })
  // The slot is held until the last has ended; then it serves another remote.
  void go('elsewhere', { remote: 'other', isShared: true, project: 'quiet1' })
  await clock.settle()
  assert.deepEqual(names(), ['noisy0', 'quiet0', 'late'])
  for (const name of ['quiet0', 'late']) running.get(name)?.()
  await clock.settle()
  assert.deepEqual(names(), ['noisy0', 'elsewhere'])
})

test('looks that share nothing go one at a time for one remote', async () => {
  const { clock, go, running, names } = open(8, 8)
  void go('a', { remote: 'r' })
  void go('b', { remote: 'r' })
  await clock.settle()
  assert.deepEqual(names(), ['a'])
  running.get('a')?.()
  await clock.settle()
  assert.deepEqual(names(), ['b'])
})

test('a host that hangs keeps no other waiting, and neither does a Project that wants much', async () => {
  const { clock, go, names } = open(8, 4)
  for (let n = 0; n < 50; n += 1) void go(`noisy${n}`, { project: 'noisy', host: 'slow' })
  void go('same host', { project: 'quiet', host: 'slow' })
  void go('other host', { project: 'quiet', host: 'quick' })
  void go('own other host', { project: 'noisy', host: 'quick' })
  await clock.settle()
  assert.deepEqual(names(), ['noisy0', 'noisy1', 'same host', 'other host', 'own other host'])
})

test('a look that is cut off while it waits leaves the others waiting', async () => {
  const { clock, go, running, names } = open(8, 1)
  const shared = { remote: 'r', isShared: true }
  void go('holder', { remote: 'x' })
  const cut = new AbortController()
  const gone = go('gone', shared, cut.signal)
  void go('stays', shared)
  await clock.settle()
  cut.abort(new Error('cut off'))
  await assert.rejects(gone, /cut off/)
  running.get('holder')?.()
  await clock.settle()
  assert.deepEqual(names(), ['stays'])
})

test('when everyone who waited was cut off, nothing is begun and nothing is held', async () => {
  const { clock, go, running, names } = open(8, 1)
  void go('holder', { remote: 'x' })
  const cut = new AbortController()
  const gone = go('gone', { remote: 'r', isShared: true }, cut.signal)
  await clock.settle()
  cut.abort(new Error('cut off'))
  await assert.rejects(gone, /cut off/)
  running.get('holder')?.()
  void go('next', { remote: 'y' })
  await clock.settle()
  assert.deepEqual(names(), ['next'])
})

for (const isShared of [false, true]) {
  const kind = isShared ? 'looks that share their work' : 'looks'
  test(`${kind} hold no slot of a host while they wait for its limit, and are no more than their Project's share`, async () => {
    const clock = createFakeClock()
    const turns = createTurns({ clock, maxDiscoveries: 8, maxPerHost: 4 })
    const { signal } = new AbortController()
    const turn = { kind: 'image', host: 'h', isShared }
    const limit = Promise.withResolvers<void>()
    const begun: string[] = []
    const ends: (() => void)[] = []
    for (let n = 0; n < 10; n += 1)
      void turns.run({ ...turn, project: 'noisy', remote: `n${n}` }, signal, async (aside) => {
        begun.push(`noisy${n}`)
        await aside(() => limit.promise)
        begun.push(`noisy${n} again`)
      })
    for (let n = 0; n < 5; n += 1)
      void turns.run({ ...turn, project: `quiet${n}`, remote: `q${n}` }, signal, () => {
        begun.push(`quiet${n}`)
        return new Promise<void>((resolve) => ends.push(resolve))
      })
    await clock.settle()
    assert.deepEqual(begun.splice(0), ['noisy0', 'noisy1', 'quiet0', 'quiet1', 'quiet2', 'quiet3'])
    limit.resolve()
    await clock.settle()
    assert.deepEqual(begun.splice(0), [])
    for (const end of ends) end()
    await clock.settle()
    assert.deepEqual(begun.slice(0, 3), ['quiet4', 'noisy0 again', 'noisy1 again'])
  })
}
