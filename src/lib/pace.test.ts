import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { RequestBudget } from '../core/meter.ts'
import { readAllowance, retryAfterMs } from './allowance.ts'
import { createPace } from './pace.ts'

const { signal } = new AbortController()

test('Retry-After is read in seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  assert.equal(retryAfterMs({ 'retry-after': '7' }, now), 7000)
  assert.equal(retryAfterMs({ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, now), 60_000)
  const late = { date: 'Wed, 31 Dec 2025 23:00:00 GMT' }
  const untilMs = retryAfterMs({ ...late, 'retry-after': 'Wed, 31 Dec 2025 23:01:00 GMT' }, now)
  assert.equal(untilMs, 60_000)
  assert.equal(retryAfterMs({ 'retry-after': 'soon' }, now), undefined)
  assert.equal(retryAfterMs({}, now), undefined)
})

test('allowances are read in each of their forms', () => {
  const hub = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }
  assert.deepEqual(readAllowance(hub, 0), { remaining: 76, limit: 100, resetInMs: 216_000 })
  const github = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225660' }
  const at = Date.parse('2026-01-01T00:00:00Z')
  assert.deepEqual(readAllowance(github, at), { remaining: 0, limit: undefined, resetInMs: 60_000 })
  const draft = { ratelimit: '"default";r=5;t=30, "hourly";r=0;t=60' }
  assert.deepEqual(readAllowance(draft, 0), { remaining: 0, resetInMs: 60_000 })
  assert.equal(readAllowance({ 'ratelimit-remaining': 'many' }, 0), undefined)
})

test('a refused host is left alone by who was refused, and by nobody else', async () => {
  const clock = createFakeClock()
  const pace = createPace({ clock })
  const budgets: RequestBudget[] = []
  const meter = {
    used: () => undefined,
    budget: (_: string, budget: RequestBudget) => void budgets.push(budget),
  }
  const noisy = { host: 'a', who: 'noisy', meter }
  assert.equal(pace.learn(noisy, { status: 429, headers: { 'retry-after': '60' } }), true)
  assert.deepEqual(budgets.at(-1), {
    remaining: 0,
    limit: undefined,
    resetAt: clock.now() + 60_000,
  })
  await assert.rejects(pace.turn(noisy, signal), { code: 'RateLimited', retryAfterMs: 60_000 })
  await pace.turn({ host: 'a', who: 'quiet' }, signal)
  await pace.turn({ host: 'b', who: 'noisy' }, signal)
  await clock.advance(60_000)
  await pace.turn(noisy, signal)
})

test('a spent allowance stops what costs, not what is free', async () => {
  const pace = createPace({ clock: createFakeClock() })
  const customer = { host: 'a', who: 'x' }
  const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' }
  assert.equal(pace.learn(customer, { status: 200, headers }), false)
  await assert.rejects(pace.turn(customer, signal), { code: 'RateLimited', retryAfterMs: 216_000 })
  await pace.turn({ ...customer, isFree: true }, signal)
})

test('who only says 429 is asked ever more rarely', async () => {
  const clock = createFakeClock()
  const pace = createPace({ clock })
  const customer = { host: 'a', who: 'x' }
  const waits: number[] = []
  for (let round = 0; round < 12; round += 1) {
    pace.learn(customer, { status: 429, headers: {} })
    await pace
      .turn({ ...customer }, AbortSignal.abort(new Error('no patience')))
      .catch((thrown: { retryAfterMs?: number }) => waits.push(thrown.retryAfterMs ?? 0))
    await clock.advance(15 * 60_000)
  }
  assert.deepEqual(waits.slice(2, 5), [4_000, 8_000, 16_000])
  assert.equal(waits.at(-1), 15 * 60_000)
})
