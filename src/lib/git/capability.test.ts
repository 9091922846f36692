import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../core/errors.ts'
import { createTurns } from './capability.ts'

const never = new AbortController().signal

test('work of one key runs one at a time in the order of asking, other keys do not wait', async () => {
  const exclusive = createTurns()
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = exclusive('a', never, async () => {
    log.push('first begins')
    await gate.promise
    log.push('first ends')
    throw new Error('first fails')
  })
  const second = exclusive('a', never, () => Promise.resolve(log.push('second')))
  await exclusive('b', never, () => Promise.resolve(log.push('other key')))
  gate.resolve()
  await assert.rejects(first, /first fails/u)
  await second
  assert.deepEqual(log, ['first begins', 'other key', 'first ends', 'second'])
})

test('whoever gives up waiting loses its turn and holds nobody up', async () => {
  const exclusive = createTurns()
  const gate = Promise.withResolvers<void>()
  const controller = new AbortController()
  let ran = 0
  const count = (): Promise<void> => {
    ran += 1
    return Promise.resolve()
  }
  const first = exclusive('a', never, () => gate.promise)
  const impatient = exclusive('a', controller.signal, count)
  const patient = exclusive('a', never, count)
  controller.abort()
  await assert.rejects(impatient, (error) => hasCode(error, 'Canceled'))
  assert.equal(ran, 0)
  gate.resolve()
  await Promise.all([first, patient])
  assert.equal(ran, 1)
})
