import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { test } from 'node:test'
import { createAuthenticator } from '../../src/api/auth.ts'
import { appListener, listen } from '../../src/api/listen.ts'
import { addressGroup, createLoginLimit } from '../../src/api/login-limit.ts'
import { GantryError, hasCode } from '../../src/core/errors.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { createFakeClock } from '../fake-clock.ts'
import { adminPassword, adminToken, startApi } from './harness.ts'

const isLimited = (thrown: unknown): boolean => hasCode(thrown, 'RateLimited')

async function startLogin(trustedProxies: readonly string[] = []) {
  const { send, clock } = await startApi({ trustedProxies })
  const login = async (password: string, from: string, forwardedFor?: string): Promise<number> => {
    const forwarded = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
    const headers = { authorization: `Bearer ${password}`, ...forwarded }
    return (await send('POST', '/v1beta1/login', { headers, from })).status
  }
  const guess = async (times: number, from: string, forwardedFor?: string): Promise<number[]> => {
    const statuses = []
    for (let at = 0; at < times; at += 1) statuses.push(await login('wrong', from, forwardedFor))
    return statuses
  }
  return { login, guess, clock }
}

test('S11: whoever guesses is stopped after ten failures in a minute, and nobody else is', async () => {
  const { login, guess, clock } = await startLogin()
  assert.deepEqual(await guess(10, '192.0.2.1'), Array(10).fill(403))
  assert.equal(await login(adminPassword, '192.0.2.1'), 429)
  assert.equal(await login(adminPassword, '192.0.2.2'), 200)
  assert.equal(await login(adminPassword, '::ffff:192.0.2.1'), 429, 'the same in another spelling')
  await clock.advance(60_001)
  assert.equal(await login(adminPassword, '192.0.2.1'), 200)
})

test('S11: the addresses of one IPv6 network are one address', async () => {
  const { login, guess } = await startLogin()
  for (let host = 1; host <= 10; host += 1) await guess(1, `2001:db8:0:1::${host}`)
  assert.equal(await login(adminPassword, '2001:db8:0:1:ffff::1'), 429)
  assert.equal(await login(adminPassword, '2001:db8:0:2::1'), 200)
  assert.equal(addressGroup('2001:db8:0:1::1'), addressGroup('2001:0db8::1:2:3:4:5'))
})

test('S11: what a stranger says about the address counts for nothing', async () => {
  const { login, guess } = await startLogin(['10.0.0.0/8'])
  for (let at = 0; at < 10; at += 1) await guess(1, '192.0.2.1', `198.51.100.${at}`)
  assert.equal(await login(adminPassword, '192.0.2.1', '198.51.100.99'), 429)
  assert.equal(await login(adminPassword, '198.51.100.1'), 200)
})

test('S11: behind proxies that the operator trusts each caller counts for themselves', async () => {
  const { login, guess } = await startLogin(['10.0.0.0/8', 'fd00::/8'])
  // The first is what the caller wrote, the others are what proxies added.
  for (let at = 0; at < 10; at += 1)
    await guess(1, '10.0.0.1', `198.51.100.${at}, 192.0.2.1, 10.0.0.2`)
  assert.equal(await login(adminPassword, '::ffff:10.0.0.1', '192.0.2.1, fd00::2'), 429)
  assert.equal(await login(adminPassword, '10.0.0.1', '192.0.2.2'), 200)
  assert.equal(await login(adminPassword, '10.0.0.1', 'nonsense'), 200)
})

test('S11: the address is that of the connection', async (t) => {
  const { app } = await startApi({ trustedProxies: ['127.0.0.1'] })
  const listening = await listen(appListener(app), { host: '127.0.0.1', port: 0 })
  t.after(() => listening.close(0))
  const login = async (password: string, forwardedFor: string): Promise<number> => {
    const headers = { authorization: `Bearer ${password}`, 'x-forwarded-for': forwardedFor }
    const url = `http://localhost:${listening.port}/v1beta1/login`
    return (await fetch(url, { method: 'POST', headers })).status
  }
  for (let at = 0; at < 10; at += 1) assert.equal(await login('wrong', '192.0.2.1'), 403)
  assert.equal(await login(adminPassword, '192.0.2.1'), 429)
  assert.equal(await login(adminPassword, '192.0.2.2'), 200)
})

test('S11: a hundred thousand addresses neither free one that was stopped nor fill the memory', () => {
  const clock = createFakeClock()
  const limit = createLoginLimit(clock)
  for (let at = 0; at < 10; at += 1) limit.enter('192.0.2.1')
  let taken = 0
  for (let at = 0; at < 100_000; at += 1) {
    try {
      limit.enter(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`)
      taken += 1
    } catch (thrown) {
      if (!isLimited(thrown)) throw thrown
    }
  }
  assert.equal(taken, 290, 'all together may fail 300 times a minute')
  assert.throws(() => limit.enter('192.0.2.1'), isLimited)
})

test('S11: an address that the password came from is not stopped by what many others do', async () => {
  const { login, guess, clock } = await startLogin()
  assert.equal(await login(adminPassword, '203.0.113.1'), 200)
  for (let at = 0; at < 30; at += 1) await guess(10, `192.0.2.${at}`)
  assert.equal(await login(adminPassword, '203.0.113.2'), 429, 'more than all together may')
  assert.equal(await login(adminPassword, '203.0.113.1'), 200)
  assert.deepEqual((await guess(11, '203.0.113.1')).slice(-2), [403, 429], 'but no more than any')
  await clock.advance(60_001)
  assert.equal(await login(adminPassword, '203.0.113.2'), 200)
})

test('S11: a right password counts as no failure, and takes none back', async () => {
  const { login, guess } = await startLogin()
  await guess(9, '192.0.2.1')
  for (let at = 0; at < 20; at += 1) assert.equal(await login(adminPassword, '192.0.2.1'), 200)
  await guess(1, '192.0.2.1')
  assert.equal(await login(adminPassword, '192.0.2.1'), 429)
})

function withHashedPassword() {
  const salt = Buffer.from('some salt')
  const hash = scryptSync(adminPassword, salt, 32).toString('hex')
  return createAuthenticator({
    clock: createFakeClock(),
    journal: createMemoryJournal(),
    adminToken,
    adminPassword: `scrypt:${salt.toString('hex')}:${hash}`,
    issuer: 'gantry',
    tokenActor: async () => undefined,
  })
}

test('S11: with a hashed password many guesses at a time are counted too, and hold up no request', async () => {
  const auth = withHashedPassword()
  let turns = 0
  const turning = setInterval(() => (turns += 1), 1)
  const guesses = Array.from({ length: 50 }, () => auth.login('wrong', '192.0.2.1'))
  const outcomes = await Promise.allSettled(guesses)
  clearInterval(turning)
  const codes = outcomes.map((each) =>
    each.status === 'rejected' && each.reason instanceof GantryError ? each.reason.code : '',
  )
  assert.equal(codes.filter((code) => code === 'Forbidden').length, 10)
  assert.equal(codes.filter((code) => code === 'RateLimited').length, 40)
  assert.ok(turns > 20, `the loop turned ${turns} times`)
  assert.match(await auth.login(adminPassword, '192.0.2.2'), /^ey/)
})

test('S11: guesses of many addresses leave threads for whoever reads a file', async () => {
  const auth = withHashedPassword()
  let judged = 0
  const guesses = Array.from({ length: 20 }, async (_, at) => {
    await assert.rejects(auth.login('wrong', `192.0.2.${at}`), (thrown) =>
      hasCode(thrown, 'Forbidden'),
    )
    judged += 1
  })
  await new Promise((resolve) => setImmediate(resolve))
  await stat(import.meta.filename)
  assert.ok(judged < 10, `${judged} of 20 came first`)
  await Promise.all(guesses)
})

test('S40: a wall clock that is set back prolongs no wait, one set forward ends none', async () => {
  const { login, guess, clock } = await startLogin()
  await guess(10, '192.0.2.1')
  clock.jump(86_400_000)
  assert.equal(await login(adminPassword, '192.0.2.1'), 429)
  clock.jump(-2 * 86_400_000)
  await clock.advance(60_001)
  assert.equal(await login(adminPassword, '192.0.2.1'), 200)
})
