import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { createFakeClock } from '../../../test/fake-clock.ts'
import { GantryError } from '../../core/errors.ts'
import { systemClock } from '../system-clock.ts'
import type { ThreadOptions } from './threads.ts'
import { createYaml, type Yaml } from './yaml.ts'

interface Bench {
  readonly yaml: Yaml
  /** Every thread that was started. */
  readonly workers: readonly Worker[]
}

function makeBench(t: TestContext, options: Partial<ThreadOptions> = {}): Bench {
  const workers: Worker[] = []
  const onThread = (worker: Worker): void => void workers.push(worker)
  const yaml = createYaml({ clock: systemClock, inlineLength: 0, ...options, onThread })
  t.after(() => yaml.close())
  return { yaml, workers }
}

/** Takes seconds to read. */
const long = `a:\n${'- b: [1, 2, 3, x]\n'.repeat(50_000)}`
const readLong = (yaml: Yaml, signal?: AbortSignal): Promise<unknown> =>
  yaml.read(long, '"long.yaml"', signal)
/** Handles its rejection later. */
function later<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

test('the loop goes on while a long text is read, edited, and read as manifests', async (t) => {
  const { yaml } = makeBench(t)
  const text = `z: 1\na:\n${'- b: [1, 2, 3, x]\n'.repeat(3000)}`
  const manifests = 'kind: A\nmetadata: {name: b}\n---\n'.repeat(2000)
  const jobs: (() => Promise<unknown>)[] = [
    () => yaml.read(text, 'f'),
    () => yaml.setScalars(text, [{ key: 'z', value: 2 }], 'f'),
    () => yaml.manifests(manifests)[Symbol.asyncIterator]().next(),
  ]
  for (const job of jobs) {
    let isDone = false
    let turns = 0
    const done = job().finally(() => (isDone = true))
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve))
      turns += 1
    }
    await done
    // One turn or two is what there would be without a thread.
    assert.ok(turns > 50, String(turns))
  }
})

test('short texts are done at once, and no thread is started', async (t) => {
  const { yaml, workers } = makeBench(t)
  const short = createYaml({ clock: systemClock, onThread: () => assert.fail('a thread started') })
  t.after(() => short.close())
  assert.deepEqual(await short.read('a: 1', 'f'), { a: 1 })
  assert.equal(await short.setScalars('a: 1\n', [{ key: 'a', value: 2 }], 'f'), 'a: 2\n')
  assert.deepEqual(await yaml.read('a: 1', 'f'), { a: 1 })
  assert.equal(workers.length, 1)
})

test('a thread that is killed fails its job, and the next job gets another', async (t) => {
  const { yaml, workers } = makeBench(t, { maxThreads: 1 })
  const first = later(readLong(yaml))
  const second = yaml.read('a: 1', 'f')
  await workers[0]?.terminate()
  await assert.rejects(first, { code: 'Unavailable', message: /^cannot read "long.yaml": / })
  assert.deepEqual(await second, { a: 1 })
  assert.equal(workers.length, 2)
})

test('a job past its deadline fails, its thread is ended, and the next job is done', async (t) => {
  const clock = createFakeClock()
  const { yaml, workers } = makeBench(t, { clock, maxThreads: 1, deadlineMs: 1000 })
  const first = later(readLong(yaml))
  const second = yaml.read('a: 1', 'f')
  const [worker] = workers
  assert.ok(worker)
  const ended = once(worker, 'exit')
  await clock.advance(1000)
  await assert.rejects(first, { code: 'Timeout', message: /"long.yaml": it takes longer than 1 / })
  await ended
  assert.deepEqual(await second, { a: 1 })
  assert.equal(workers.length, 2)
})

test('a text that takes too much memory is TooLarge, and costs nobody else anything', async (t) => {
  const { yaml } = makeBench(t, { maxThreads: 1, maxHeapMiB: 24 })
  const first = later(readLong(yaml))
  const second = yaml.read('a: 1', 'f')
  await assert.rejects(first, { code: 'TooLarge' })
  assert.deepEqual(await second, { a: 1 })
})

test('an aborted job fails with the reason, whether it is being done or waits', async (t) => {
  const { yaml, workers } = makeBench(t, { maxThreads: 1 })
  const [one, two] = [new AbortController(), new AbortController()]
  const first = later(readLong(yaml, one.signal))
  const second = later(readLong(yaml, two.signal))
  two.abort()
  await assert.rejects(second, { code: 'Canceled' })
  one.abort(new GantryError('Canceled', 'the Promotion is gone'))
  await assert.rejects(first, { code: 'Canceled', message: 'the Promotion is gone' })
  await assert.rejects(readLong(yaml, one.signal), { code: 'Canceled' })
  const signal = new AbortController()
  assert.deepEqual(await yaml.read('a: 1', 'f', signal.signal), { a: 1 })
  signal.abort()
  assert.deepEqual(await yaml.read('a: 2', 'f'), { a: 2 })
  assert.equal(workers.length, 2)
})

test('one long text does not hold up a second, and what waits is bounded', async (t) => {
  const { yaml, workers } = makeBench(t, { maxWaiting: 2 })
  const first = later(readLong(yaml))
  const order: string[] = []
  void first.then(
    () => order.push('long'),
    () => order.push('long'),
  )
  await yaml.read('a: 1', 'f')
  order.push('short')
  const more = Array.from({ length: 3 }, () => later(readLong(yaml)))
  const refused = readLong(yaml)
  await assert.rejects(refused, { code: 'Unavailable', message: /2 other texts wait/ })
  assert.deepEqual(order, ['short'])
  assert.equal(workers.length, 2)
  await yaml.close()
  for (const each of [first, ...more]) await assert.rejects(each, { code: 'Canceled' })
})

test('any number of huge texts leave a thread for others', async (t) => {
  const { yaml, workers } = makeBench(t)
  const huge = `${long}# ${'x'.repeat(200_000)}\n`
  const order: string[] = []
  const all = Array.from({ length: 4 }, () => later(yaml.read(huge, 'huge')))
  for (const each of all) each.catch(() => undefined).finally(() => order.push('huge'))
  await yaml.read('a: 1', 'f')
  order.push('short')
  assert.deepEqual(order, ['short'])
  assert.equal(workers.length, 2)
  await yaml.close()
  for (const each of all) await assert.rejects(each, { code: 'Canceled' })
})

test('however many bodies wait, there is room for what steps have to read', async (t) => {
  const { yaml } = makeBench(t, { maxThreads: 1, maxWaiting: 4 })
  const body = (): Promise<unknown> => later(yaml.manifests(long)[Symbol.asyncIterator]().next())
  const bodies = [body(), body(), body()]
  await assert.rejects(body(), { code: 'Unavailable' })
  const steps = [later(readLong(yaml)), later(readLong(yaml))]
  await assert.rejects(readLong(yaml), { code: 'Unavailable' })
  await yaml.close()
  for (const each of [...bodies, ...steps]) await assert.rejects(each, { code: 'Canceled' })
})

test('texts that wait are bounded by their length, but one alone may be of any length', async (t) => {
  const { yaml } = makeBench(t, { maxThreads: 1, maxWaitingLength: 1 })
  const [first, second] = [later(readLong(yaml)), later(readLong(yaml))]
  await assert.rejects(readLong(yaml), { code: 'Unavailable' })
  await yaml.close()
  for (const each of [first, second]) await assert.rejects(each, { code: 'Canceled' })
})

test('a thread without work is ended after a while', async (t) => {
  const clock = createFakeClock()
  const { yaml, workers } = makeBench(t, { clock, idleMs: 1000 })
  assert.deepEqual(await yaml.read('a: 1', 'f'), { a: 1 })
  await clock.advance(900)
  assert.deepEqual(await yaml.read('a: 1', 'f'), { a: 1 })
  const [worker] = workers
  assert.ok(worker)
  const ended = once(worker, 'exit')
  await clock.advance(1000)
  await ended
  assert.equal(clock.pending, 0)
  assert.deepEqual(await yaml.read('a: 1', 'f'), { a: 1 })
  assert.equal(workers.length, 2)
})

test('closing fails what is not done, and refuses what comes after; twice is once', async (t) => {
  const { yaml, workers } = makeBench(t)
  const jobs = Array.from({ length: 4 }, () => later(readLong(yaml)))
  await Promise.all([yaml.close(), yaml.close()])
  for (const job of jobs) await assert.rejects(job, { code: 'Canceled' })
  await assert.rejects(readLong(yaml), { code: 'Canceled' })
  assert.equal(workers.length, 2)
})

test('a process ends by itself when its work is done, closed or not', () => {
  const from = JSON.stringify(join(import.meta.dirname, 'yaml.ts'))
  const clock = JSON.stringify(join(import.meta.dirname, '../system-clock.ts'))
  const script = `
    const { createYaml } = await import(${from})
    const { systemClock } = await import(${clock})
    const yaml = createYaml({ clock: systemClock, inlineLength: 0 })
    console.log(JSON.stringify(await yaml.read('a: 1', 'f')))`
  // Killed, and so without a status, when it does not end.
  const { status, stdout } = spawnSync(process.execPath, ['--eval', script], {
    encoding: 'utf8',
    timeout: 25_000,
  })
  assert.deepEqual([status, stdout], [0, '{"a":1}\n'])
})
