import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { IssuedToken } from '../core/credential.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import { NoIdentity } from './exchange.ts'
import { createTokenCache } from './token-cache.ts'

const hourMs = 3_600_000

function setUp(lifeMs = hourMs) {
  const clock = createFakeClock()
  const expired: string[] = []
  const state = {
    count: 0,
    failure: undefined as unknown,
    gate: undefined as Promise<void> | undefined,
  }
  const cache = createTokenCache({
    clock,
    onIssued: () => undefined,
    onExpired: (token) => expired.push(token),
  })
  const exchange = async (): Promise<IssuedToken> => {
    state.count += 1
    const number = state.count
    await state.gate
    if (state.failure !== undefined) throw state.failure
    return { username: 'u', password: `token-${number}`, expiresAt: clock.now() + lifeMs }
  }
  const signal = new AbortController().signal
  const get = async (identity = 'a', by = signal): Promise<string> =>
    (await cache.get(identity, exchange, by)).password
  return { clock, cache, state, get, expired }
}

test('a token is kept, per identity, until five minutes before it expires', async () => {
  const { clock, state, get } = setUp()
  assert.equal(await get(), 'token-1')
  await clock.advance(hourMs - 5 * 60_000 - 1)
  assert.equal(await get(), 'token-1')
  assert.equal(await get('b'), 'token-2')
  assert.equal(state.count, 2)
})

test('it is renewed before it expires, and nobody waits for that', async () => {
  const { clock, state, get } = setUp()
  await get()
  await clock.advance(hourMs - 5 * 60_000)
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  assert.equal(await get(), 'token-1')
  assert.equal(await get(), 'token-1')
  gate.resolve()
  await clock.settle()
  assert.equal(await get(), 'token-2')
  assert.equal(state.count, 2)
})

test('one exchange serves everybody who asks meanwhile', async () => {
  const { state, get } = setUp()
  const all = await Promise.all(Array.from({ length: 20 }, () => get()))
  assert.deepEqual(new Set(all), new Set(['token-1']))
  assert.equal(state.count, 1)
})

test('who leaves early ends the exchange for nobody else', async () => {
  const { state, get } = setUp()
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const leaving = new AbortController()
  const first = get('a', leaving.signal)
  const second = get()
  leaving.abort()
  await assert.rejects(first, (error) => hasCode(error, 'Canceled'))
  gate.resolve()
  assert.equal(await second, 'token-1')
  assert.equal(state.count, 1)
})

test('a renewal that fails shows only when the token is used up, and is tried again', async () => {
  const { clock, state, get } = setUp()
  await get()
  await clock.advance(hourMs - 4 * 60_000)
  state.failure = new GantryError('Unreachable', 'down')
  assert.equal(await get(), 'token-1')
  await clock.settle()
  assert.equal(await get(), 'token-1')
  assert.equal(state.count, 2, 'not at once again')
  await clock.advance(20_000)
  assert.equal(await get(), 'token-1')
  await clock.settle()
  assert.equal(state.count, 3)
  await clock.advance(4 * 60_000)
  await assert.rejects(get(), (error) => hasCode(error, 'Unreachable'))
  state.failure = undefined
  assert.equal(await get(), 'token-5')
})

test('a failed first exchange is not remembered', async () => {
  const { state, get } = setUp()
  state.failure = new GantryError('Unauthorized', 'no')
  await assert.rejects(get(), (error) => hasCode(error, 'Unauthorized'))
  state.failure = undefined
  assert.equal(await get(), 'token-2')
})

test('an exchange that hangs is given up', async () => {
  const { clock, cache } = setUp()
  const hanging = (signal: AbortSignal): Promise<IssuedToken> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  const asked = cache.get('a', hanging, new AbortController().signal)
  asked.catch(() => undefined)
  await clock.advance(90_000)
  await assert.rejects(asked, (error) => hasCode(error, 'Timeout'))
})

test('a short life is renewed in its last fifth, and an old token is told of when it is worth nothing', async () => {
  const { clock, state, get, expired } = setUp(10 * 60_000)
  await get()
  await clock.advance(8 * 60_000 - 1)
  assert.equal(await get(), 'token-1')
  await clock.advance(1)
  await get()
  await clock.settle()
  assert.equal(state.count, 2)
  assert.deepEqual(expired, [])
  await clock.advance(2 * 60_000)
  assert.deepEqual(expired, ['token-1'])
})

test('no token is trusted for longer than ten hours', async () => {
  const { clock, state, get } = setUp(100 * hourMs)
  await get()
  await clock.advance(10 * hourMs)
  await get()
  assert.equal(state.count, 2)
})

test('a token that is refused is not handed out again, unless it was issued only just now', async () => {
  const { clock, cache, state, get, expired } = setUp()
  const first = await get()
  cache.refused('a', first)
  assert.equal(await get(), first)
  await clock.advance(60_000)
  cache.refused('a', 'another token')
  cache.refused('b', first)
  assert.equal(await get(), first)
  cache.refused('a', first)
  assert.deepEqual(await Promise.all([get(), get()]), ['token-2', 'token-2'])
  cache.refused('a', first)
  assert.equal(await get(), 'token-2')
  assert.equal(state.count, 2)
  assert.equal(expired.length, 0, 'whoever holds it may still print it')
  await clock.advance(hourMs)
  assert.ok(expired.includes(first))
})

test('an identity that is not there is looked for once a minute', async () => {
  const { clock, state, get } = setUp()
  state.failure = new NoIdentity()
  for (let i = 0; i < 3; i += 1) await assert.rejects(get(), NoIdentity)
  assert.equal(state.count, 1)
  assert.ok(await get('b').catch(() => 'asked'))
  assert.equal(state.count, 2)
  await clock.advance(60_000)
  state.failure = undefined
  assert.equal(await get(), 'token-3')
})

test('a token that is good is used although its identity was not there for a moment', async () => {
  const { clock, state, get } = setUp()
  await get()
  await clock.advance(hourMs - 5 * 60_000)
  state.failure = new NoIdentity()
  assert.equal(await get(), 'token-1')
  await clock.settle()
  assert.equal(await get(), 'token-1')
})
