import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { GantryError } from '../core/errors.ts'
import { untilAborted } from './until-aborted.ts'

test('who waits gets what the promise comes to, and leaves nothing at the signal', async () => {
  const { signal } = new AbortController()
  assert.equal(await untilAborted(Promise.resolve(7), signal), 7)
  await assert.rejects(untilAborted(Promise.reject(new Error('no')), signal), /no/)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('an abort ends the wait and not the work', async () => {
  const leaving = new AbortController()
  const work = Promise.withResolvers<number>()
  const wait = untilAborted(work.promise, leaving.signal)
  leaving.abort(new Error('enough'))
  await assert.rejects(wait, /enough/)
  work.resolve(7)
  assert.equal(await work.promise, 7)
})

test('a signal that has aborted already ends the wait at once, with the reason that was asked for', async () => {
  const never = new Promise<never>(() => undefined)
  const reason = (): Error => new GantryError('Canceled', 'the wait was canceled')
  await assert.rejects(untilAborted(never, AbortSignal.abort(), reason), { code: 'Canceled' })
})
