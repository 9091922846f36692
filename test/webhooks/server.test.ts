import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { createFakeClock } from '../fake-clock.ts'
import { type Bench, secret, send, startBench } from './bench.ts'

const url = 'https://github.com/team/app'
const push = (more: JsonObject = {}): JsonObject => ({
  ref: 'refs/heads/main',
  commits: [{ added: ['charts/app/values.yaml'], removed: [], modified: [] }],
  repository: { clone_url: `${url}.git`, default_branch: 'main' },
  ...more,
})
let ids = 0
const event = (): Record<string, string> => {
  ids += 1
  return { 'x-github-event': 'push', 'x-github-delivery': `id-${ids}` }
}

async function github(t: TestContext): Promise<Bench & { address: string }> {
  const bench = await startBench(t)
  return { ...bench, address: await bench.addReceiver('github') }
}

test('a push refreshes the Warehouses whose subscriptions it may be news for', async (t) => {
  const { addWarehouse, token, address } = await github(t)
  const git = (more: JsonObject): JsonObject => ({ git: { repoURL: url, ...more } })
  const wanted: Record<string, JsonObject> = {
    'default-branch': git({}),
    'this-branch': git({ branch: 'main' }),
    'these-paths': git({ includePaths: ['charts'] }),
    'another-spelling': { git: { repoURL: 'https://GitHub.com/Team/App.git' } },
  }
  const unwanted: Record<string, JsonObject> = {
    'another-branch': git({ branch: 'next' }),
    'other-paths': git({ includePaths: ['docs'] }),
    'excluded-paths': git({ excludePaths: ['charts'] }),
    tags: git({ commitSelectionStrategy: 'SemVer' }),
    'another-repository': { git: { repoURL: `${url}-two` } },
  }
  for (const [name, subscription] of Object.entries({ ...wanted, ...unwanted }))
    await addWarehouse(name, subscription)
  const { status, body } = await send(address, 'github', push(), event())
  assert.equal(status, 200)
  assert.deepEqual(body, { msg: 'refreshed 4 warehouse(s)' })
  for (const name of Object.keys(wanted)) assert.ok(await token(name), name)
  for (const name of Object.keys(unwanted)) assert.equal(await token(name), undefined, name)
})

test('a tag refreshes those that select by tags, where its name may win', async (t) => {
  const { addWarehouse, token, address } = await github(t)
  const semver = { repoURL: url, commitSelectionStrategy: 'SemVer' }
  await addWarehouse('any', { git: semver })
  await addWarehouse('two', { git: { ...semver, semverConstraint: '^2.0.0' } })
  await addWarehouse('ignored', {
    git: { repoURL: url, commitSelectionStrategy: 'NewestTag', ignoreTagsRegexes: ['^v'] },
  })
  await addWarehouse('branch', { git: { repoURL: url } })
  await send(address, 'github', push({ ref: 'refs/tags/v1.2.3', commits: [] }), event())
  assert.ok(await token('any'))
  for (const name of ['two', 'ignored', 'branch']) assert.equal(await token(name), undefined, name)
})

test('an image refreshes by tag, constraint and strategy, and tells who asked', async (t) => {
  const { addReceiver, addWarehouse, token, store } = await startBench(t)
  const address = await addReceiver('dockerhub')
  const repoURL = 'docker.io/team/app'
  await addWarehouse('fits', { image: { repoURL, constraint: '^1.0.0' } })
  await addWarehouse('other', { image: { repoURL, constraint: '^2.0.0' } })
  await addWarehouse('digest', {
    image: { repoURL, imageSelectionStrategy: 'Digest', constraint: 'latest' },
  })
  const body = { push_data: { tag: '1.4.0' }, repository: { repo_name: 'team/app' } }
  assert.equal((await send(address, 'dockerhub', body)).body['msg'], 'refreshed 1 warehouse(s)')
  assert.ok(await token('fits'))
  assert.equal(await token('other'), undefined)
  assert.equal(await token('digest'), undefined)
  assert.ok(store)
})

test('two deliveries within a moment are two refreshes', async (t) => {
  const { addWarehouse, token, address } = await github(t)
  await addWarehouse('app', { git: { repoURL: url } })
  await send(address, 'github', push(), event())
  const first = await token('app')
  await send(address, 'github', push({ after: 'another' }), event())
  assert.notEqual(await token('app'), first)
})

test('a delivery id that comes again does nothing for five minutes, then acts again', async (t) => {
  const clock = createFakeClock()
  const { addReceiver, addWarehouse, token, outcomes } = await startBench(t, {}, clock)
  const address = await addReceiver('github')
  await addWarehouse('app', { git: { repoURL: url } })
  const headers = event()
  await send(address, 'github', push(), headers)
  const first = await token('app')
  await clock.advance(240_000)
  await send(address, 'github', push(), headers)
  assert.equal(await token('app'), first)
  await clock.advance(120_000)
  await send(address, 'github', push(), headers)
  assert.notEqual(await token('app'), first)
  assert.deepEqual(await outcomes(), ['accepted', 'replay', 'accepted'])
})

test('another push under the id of an earlier one acts: hooks that set off one another share theirs at GitLab', async (t) => {
  const { addReceiver, addWarehouse, token, outcomes } = await startBench(t)
  const address = await addReceiver('gitlab')
  await addWarehouse('app', { git: { repoURL: url, branch: 'main' } })
  const headers = { 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Event-UUID': 'one' }
  const pushTo = (ref: string) => ({ ref, project: { git_http_url: url } })
  await send(address, 'gitlab', pushTo('refs/heads/other'), headers)
  assert.equal(await token('app'), undefined)
  await send(address, 'gitlab', pushTo('refs/heads/main'), headers)
  assert.notEqual(await token('app'), undefined)
  assert.deepEqual(await outcomes(), ['accepted', 'accepted'])
})

test('the same body under other ids is looked into once more at the end of the window, not more often', async (t) => {
  const clock = createFakeClock()
  const { addReceiver, addWarehouse, token, outcomes } = await startBench(t, {}, clock)
  const address = await addReceiver('github')
  await addWarehouse('app', { git: { repoURL: url } })
  await send(address, 'github', push(), event())
  const first = await token('app')
  for (let round = 0; round < 3; round += 1) await send(address, 'github', push(), event())
  assert.equal(await token('app'), first)
  await clock.advance(30_000)
  const second = await token('app')
  assert.notEqual(second, first)
  await clock.advance(60_000)
  assert.equal(await token('app'), second)
  assert.deepEqual(await outcomes(), ['accepted', 'replay', 'replay', 'replay', 'accepted'])
})

test('more deliveries than a receiver takes are answered 429 with Retry-After', async (t) => {
  const clock = createFakeClock()
  const { addReceiver, outcomes } = await startBench(t, { burst: 2, perSecond: 1 }, clock)
  const address = await addReceiver('github')
  const statuses: number[] = []
  for (let round = 0; round < 4; round += 1)
    statuses.push((await send(address, 'github', push({ round }), event())).status)
  assert.deepEqual(statuses, [200, 200, 429, 429])
  await clock.advance(1000)
  assert.equal((await send(address, 'github', push({ round: 9 }), event())).status, 200)
  assert.equal((await outcomes()).filter((outcome) => outcome === 'rate-limited').length, 2)
})

test('a flood of forgeries leaves few lines in the log, and the next line tells how many are missing', async (t) => {
  const clock = createFakeClock()
  const limits = { burst: 1000, perSecond: 1000 }
  const { addReceiver, journal } = await startBench(t, limits, clock)
  const address = await addReceiver('github')
  for (let round = 0; round < 60; round += 1)
    assert.equal((await send(address, 'github', push(), event(), 'wrong')).status, 401)
  await clock.advance(60_000)
  await send(address, 'github', push(), event(), 'wrong')
  const { records } = await journal.range({ kind: 'delivery', order: 'desc', limit: 1000 })
  assert.equal(records.length, 21)
  assert.equal(records[0]?.payload['notLogged'], 40)
})

test('a chunked body without a length is cut off at the limit', async (t) => {
  const { address } = await github(t)
  const call = request(address, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
  call.on('error', () => undefined)
  for (let sent = 0; sent < 40; sent += 1) call.write(Buffer.alloc(64 * 1024, 32))
  call.end()
  const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }]
  answer.resume()
  assert.equal(answer.statusCode, 413)
})

test('a sender that takes its time is answered 408, and keeps no place', async (t) => {
  const clock = createFakeClock()
  const { addReceiver, url: base } = await startBench(t, { maxConcurrentPerReceiver: 1 }, clock)
  const address = await addReceiver('github')
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.setEncoding('utf8')
  const head = `POST ${new URL(address).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{`
  socket.write(head)
  let said = ''
  socket.on('data', (text: string) => {
    said += text
  })
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await send(address, 'github', push(), event())).status, 429)
  const closed = once(socket, 'close')
  await clock.advance(10_000)
  await closed
  assert.match(said, /^HTTP\/1\.1 408 /)
  assert.equal((await send(address, 'github', push(), event())).status, 200)
})

test('a Secret without its key is a 500, a rotated one moves the address', async (t) => {
  const { address, store } = await github(t)
  const ref = { name: 'my-github', namespace: 'demo' }
  const as = { actor: adminActor }
  const status = async (): Promise<number> =>
    (await send(address, 'github', push(), event())).status
  const until = async (wanted: number): Promise<void> => {
    let last = 0
    for (let tries = 0; tries < 150 && last !== wanted; tries += 1) {
      last = await status()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(last, wanted)
  }
  await store.patch(SecretKind, ref, { data: { secret: btoa('another') } }, as)
  await until(404)
  await store.patch(SecretKind, ref, { data: { secret: null } }, as)
  await until(500)
})

test('what cannot be written is a 500 with counts, and the next try acts', async (t) => {
  const bench = await github(t)
  const { addWarehouse, address, store } = bench
  await addWarehouse('app', { git: { repoURL: url } })
  const patch = store.patch.bind(store)
  store.patch = () => Promise.reject(new Error('no room'))
  const headers = event()
  const failed = await send(address, 'github', push(), headers)
  assert.equal(failed.status, 500)
  assert.equal(failed.body['error'], 'failed to refresh 1 of 1 warehouse(s)')
  store.patch = patch
  assert.equal((await send(address, 'github', push(), headers)).status, 200)
  assert.ok(await bench.token('app'))
})

test('what is turned away is found at its sender by its event and its id', async (t) => {
  const { addReceiver, journal } = await startBench(t)
  const labels = {
    github: { 'x-github-event': 'push', 'x-github-delivery': 'id-of-github' },
    gitlab: { 'x-gitlab-event': 'Push Hook', 'idempotency-key': 'id-of-gitlab' },
    gitea: { 'x-gitea-event': 'push', 'x-gitea-delivery': 'id-of-gitea' },
    bitbucket: { 'x-event-key': 'repo:push', 'x-request-uuid': 'id-of-bitbucket' },
  }
  for (const [kind, headers] of Object.entries(labels)) {
    const address = await addReceiver(kind)
    assert.equal((await send(address, kind, push(), headers, 'another')).status, 401)
    assert.equal((await send(address, kind, '{}', headers)).status, 400)
  }
  const { records } = await journal.range({ kind: 'delivery', order: 'asc', limit: 100 })
  assert.deepEqual(
    records.map(({ payload: { event, deliveryId, outcome } }) => [event, deliveryId, outcome]),
    Object.entries(labels).flatMap(([kind, headers]) =>
      ['forged', 'malformed'].map((outcome) => [
        Object.values(headers)[0],
        `id-of-${kind}`,
        outcome,
      ]),
    ),
  )
})

test('what is deleted while a delivery is acted on is no failure', async (t) => {
  const { addWarehouse, address, store } = await github(t)
  await addWarehouse('app', { git: { repoURL: url } })
  const patch = store.patch.bind(store)
  store.patch = async (kind, ref, ...rest) => {
    await store.delete(kind, ref, { actor: adminActor })
    return patch(kind, ref, ...rest)
  }
  const { status } = await send(address, 'github', push(), event())
  assert.equal(status, 200)
})

test('a form is answered with what to choose at the sender', async (t) => {
  const { address } = await github(t)
  const headers = { ...event(), 'content-type': 'application/x-www-form-urlencoded' }
  const { status, body } = await send(address, 'github', 'payload=%7B%7D', headers)
  assert.equal(status, 400)
  assert.match(JSON.stringify(body['error']), /application\/json/)
})

test('a body of just the largest size is read, whatever the method', async (t) => {
  const { addWarehouse, token, address } = await github(t)
  await addWarehouse('app', { git: { repoURL: url } })
  const text = JSON.stringify(push({ filler: '' }))
  const filler = 'x'.repeat(2 * 1024 * 1024 - text.length)
  const body = JSON.stringify(push({ filler }))
  assert.equal(body.length, 2 * 1024 * 1024)
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = { ...event(), 'x-hub-signature-256': `sha256=${signature}` }
  const answer = await fetch(address, { method: 'PUT', body, headers })
  assert.equal(answer.status, 200)
  assert.ok(await token('app'))
})

test('nothing but receivers and /healthz is served apart', async (t) => {
  const { url: base, address } = await github(t)
  assert.equal((await fetch(`${base}/healthz`)).status, 200)
  for (const path of ['/', '/readyz', '/metrics', '/v1beta1/projects', '/session', '/webhooks/'])
    assert.equal((await fetch(base + path)).status, 404, path)
  const mounted = address.replace(base, `${base}/webhooks`)
  assert.equal((await send(mounted, 'github', push(), event())).status, 200)
})
