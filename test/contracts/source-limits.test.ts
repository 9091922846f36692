import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Credential } from '../../src/core/credential.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { sources } from '../../src/plugins.gen.ts'
import { createFakeClock } from '../fake-clock.ts'
import { startFaultProxy } from '../servers/fault-proxy.ts'
import { createSourceContext } from '../source-context.ts'
import { sourceRemotes, type SourceRemotes } from './source-harness.ts'

const alice: Credential = { username: 'alice', password: 'of alice', fingerprint: 'alice' }
const again: Credential = { ...alice, fingerprint: 'the same account in another Secret' }

async function setUp(t: TestContext, { kind, start }: SourceRemotes, credential?: Credential) {
  const source = sources.find((each) => each.kind === kind)
  assert.ok(source)
  const remote = await start(t, credential)
  const clock = createFakeClock()
  const who = { credential }
  const ctx = createSourceContext({ clock, credentials: { find: async () => who.credential } })
  t.after(() => ctx.close())
  const discover = (subscription: JsonObject = remote.subscription()) =>
    source.discover(ctx, subscription, undefined)
  return { ...remote, clock, who, discover }
}

for (const remotes of sourceRemotes.filter(({ isHttp }) => isHttp)) {
  const { name } = remotes

  for (const [form, headers] of [
    ['seconds', { 'retry-after': '90' }],
    // By the clock of that host, which is not ours.
    [
      'a date',
      { date: 'Sat, 10 May 2025 08:00:00 GMT', 'retry-after': 'Sat, 10 May 2025 08:01:30 GMT' },
    ],
  ] as const)
    test(`${name}: 429 with Retry-After as ${form} says until when, and nobody asks that host before`, async (t) => {
      const { publish, discover, failWith, heal, requests, another, clock } = await setUp(
        t,
        remotes,
      )
      await publish('1.0.0')
      const first = await discover()
      failWith(429, headers)
      requests()
      await assert.rejects(discover(), { code: 'RateLimited', retryAfterMs: 90_000 })
      assert.equal(requests().length, 1)
      heal()
      await clock.advance(80_000)
      for (const subscription of [undefined, another])
        await assert.rejects(discover(subscription), { code: 'RateLimited', retryAfterMs: 10_000 })
      assert.equal(requests().length, 0)
      await clock.advance(10_000)
      assert.deepEqual(await discover(), first)
      assert.notEqual(requests().length, 0)
      await assert.rejects(discover(another), { code: 'NotFound' })
    })

  test(`${name}: looks under way when the host refuses are one refusal`, async (t) => {
    const { publish, discover, failWith, requests, another } = await setUp(t, remotes)
    await publish('1.0.0')
    await discover()
    failWith(429, { 'retry-after': '90' })
    requests()
    const looks = [undefined, another, undefined, another].map((each) => discover(each))
    const limited = { code: 'RateLimited', retryAfterMs: 90_000 }
    await Promise.all(looks.map((look) => assert.rejects(look, limited)))
    assert.ok(requests().length <= 2)
  })
}

for (const remotes of sourceRemotes.filter(({ isHttp, hasCredential }) => isHttp && hasCredential))
  test(`${remotes.name}: who has another credential is not held up`, async (t) => {
    const { publish, discover, failWith, heal, requests, who } = await setUp(t, remotes, alice)
    await publish('1.0.0')
    const first = await discover()
    failWith(429, { 'retry-after': '90' })
    await assert.rejects(discover(), { code: 'RateLimited' })
    heal()
    who.credential = again
    requests()
    assert.deepEqual(await discover(), first)
    assert.notEqual(requests().length, 0)
    who.credential = alice
    requests()
    await assert.rejects(discover(), { code: 'RateLimited' })
    assert.equal(requests().length, 0)
  })

test('what a host refuses to one source, no other source asks of it', async (t) => {
  const clock = createFakeClock()
  const ctx = createSourceContext({ clock })
  t.after(() => ctx.close())
  const remotes = sourceRemotes.filter(({ isHttp }) => isHttp)
  for (const first of remotes) {
    const remote = await first.start(t)
    const proxy = await startFaultProxy({ targetPort: remote.port })
    t.after(() => proxy.close())
    const looks = await Promise.all(
      remotes.map(async ({ kind, start }) => {
        const source = sources.find((each) => each.kind === kind)
        assert.ok(source)
        const subscription = (await start(t)).subscription(proxy.port)
        return [kind, () => source.discover(ctx, subscription, undefined)] as const
      }),
    )
    const headers = { 'retry-after': '90' }
    proxy.inject({ fault: { kind: 'status', status: 429, headers } })
    const own = looks.find(([kind]) => kind === first.kind)
    assert.ok(own)
    const limited = { code: 'RateLimited', retryAfterMs: 90_000 }
    await assert.rejects(own[1](), limited)
    proxy.heal()
    assert.equal(proxy.log.length, 1)
    for (const [, look] of looks) await assert.rejects(look(), limited)
    assert.equal(proxy.log.length, 1)
  }
})
