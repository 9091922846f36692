import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Credential } from '../../src/core/credential.ts'
import { GantryError, type ErrorCode } from '../../src/core/errors.ts'
import { sources } from '../../src/plugins.gen.ts'
import type { Clock } from '../../src/core/clock.ts'
import { createFakeClock } from '../fake-clock.ts'
import { startFaultProxy, type Fault } from '../servers/fault-proxy.ts'
import { createSourceContext } from '../source-context.ts'
import { sourceRemotes, type SourceRemotes } from './source-harness.ts'

const alice: Credential = { username: 'alice', password: 'canary-of-alice', fingerprint: 'alice' }

/** A remote behind a proxy, where all is well so far: one version was published and seen. */
async function setUp(t: TestContext, remotes: SourceRemotes, clock?: Clock) {
  const source = sources.find(({ kind }) => kind === remotes.kind)
  assert.ok(source)
  const credential = remotes.hasCredential ? alice : undefined
  const remote = await remotes.start(t, credential)
  const proxy = await startFaultProxy({ targetPort: remote.port })
  const ctx = createSourceContext({ ...(credential && { credential }), ...(clock && { clock }) })
  t.after(async () => {
    await ctx.close()
    await proxy.close()
  })
  const discover = (signal: AbortSignal = ctx.signal) =>
    source.discover({ ...ctx, signal }, remote.subscription(proxy.port), undefined)
  await remote.publish('1.0.0')
  const first = await discover()
  await remote.publish('1.1.0')
  return { ...remote, source, proxy, discover, first }
}

function isClear(thrown: unknown, code: ErrorCode, port: number): true {
  assert.ok(thrown instanceof GantryError)
  const { message } = thrown
  assert.equal(thrown.code, code, message)
  assert.ok(message.includes(`127.0.0.1:${port}`), `it names the remote: ${message}`)
  assert.ok(!message.includes('canary'), message)
  assert.match(message, /^[^\n]+[^\n.]$/)
  return true
}

const faults: readonly (readonly [Fault, ErrorCode])[] = [
  [{ kind: 'reset' }, 'Unreachable'],
  [{ kind: 'early-eof' }, 'Unreachable'],
  [{ kind: 'wrong-length', by: 10 }, 'Unreachable'],
  [{ kind: 'wrong-length', by: -10 }, 'Invalid'],
  [{ kind: 'truncated' }, 'Invalid'],
  [{ kind: 'status', status: 200, body: '<html>please log in</html>' }, 'Invalid'],
  [{ kind: 'status', status: 200, body: '' }, 'Invalid'],
  [{ kind: 'status', status: 401 }, 'Unauthorized'],
  [{ kind: 'status', status: 403 }, 'Forbidden'],
  [{ kind: 'status', status: 404 }, 'NotFound'],
  [{ kind: 'status', status: 429, headers: { 'retry-after': '60' } }, 'RateLimited'],
  [{ kind: 'status', status: 500 }, 'Unreachable'],
]

for (const remotes of sourceRemotes.filter(({ isHttp }) => isHttp)) {
  const { name } = remotes

  for (const [fault, code] of faults) {
    const { kind } = fault
    const what =
      kind === 'status'
        ? `status ${fault.status}${fault.body === undefined ? '' : ` with "${fault.body}"`}`
        : kind === 'wrong-length'
          ? `a length that is wrong by ${fault.by}`
          : kind
    test(`${name}: ${what} on the wire is ${code}, and nothing is made of it`, async (t) => {
      const { proxy, discover, source, first, versionOf } = await setUp(t, remotes)
      proxy.inject({ fault })
      await assert.rejects(discover(), (thrown) => isClear(thrown, code, proxy.port))
      if (code === 'RateLimited') return
      proxy.heal()
      const { entry, list } = await discover()
      assert.notDeepEqual(entry, first.entry)
      assert.equal(list, source.list)
      assert.ok(JSON.stringify(entry).includes('1.1.0'), versionOf(entry))
    })
  }

  test(`${name}: silence and dripping end in time, and the next look works`, async (t) => {
    const clock = createFakeClock()
    const { proxy, discover } = await setUp(t, remotes, clock)
    for (const kind of ['black-hole', 'slow-loris'] as const) {
      proxy.inject({ fault: { kind } })
      let isOver = false
      const look = assert
        .rejects(discover(), (thrown) => isClear(thrown, 'Timeout', proxy.port))
        .finally(() => {
          isOver = true
        })
      while (!isOver) await clock.advance(1_000)
      await look
      proxy.heal()
    }
    assert.ok(JSON.stringify((await discover()).entry).includes('1.1.0'))
  })

  test(`${name}: a look that is cut off while the remote is silent ends at once`, async (t) => {
    const { proxy, discover } = await setUp(t, remotes)
    for (const kind of ['black-hole', 'slow-loris'] as const) {
      proxy.log.length = 0
      proxy.inject({ fault: { kind }, path: /./ })
      const controller = new AbortController()
      const look = assert.rejects(discover(controller.signal), { code: 'Canceled' })
      while (proxy.log.length === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      await look
      proxy.heal()
    }
  })

  test(`${name}: a host that is redirected to gets no credential`, async (t) => {
    const { proxy, discover, requests } = await setUp(t, remotes)
    const elsewhere = await remotes.start(t)
    await elsewhere.publish('1.2.0')
    elsewhere.requests()
    requests()
    proxy.log.length = 0
    proxy.inject({ fault: { kind: 'redirect', to: `http://127.0.0.1:${elsewhere.port}` } })
    assert.ok(JSON.stringify((await discover()).entry).includes('1.2.0'))
    const carried = elsewhere.requests()
    assert.notEqual(carried.length, 0)
    assert.ok(carried.every((authorization) => authorization === undefined))
    const sent = proxy.log.map(({ authorization }) => authorization !== undefined)
    assert.ok(sent.every((isSent) => isSent === remotes.hasCredential))
  })
}
