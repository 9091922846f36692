import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Credential } from '../../core/credential.ts'
import { hasCode } from '../../core/errors.ts'
import type { RegistryCapability, RegistryRepository } from '../../core/registry.ts'
import { selfSigned } from '../../../test/servers/self-signed.ts'
import {
  pushSampleImage,
  startRegistry,
  type Registry,
  type RegistryOptions,
} from '../../../test/servers/registry.ts'
import { createAddressRules } from '../address-rules.ts'
import { createHttp } from '../http.ts'
import { systemClock } from '../system-clock.ts'
import { createRegistries } from './index.ts'
import { parseRepository } from './reference.ts'

const addresses = createAddressRules({ allowLoopback: true })
const http = createHttp({ clock: systemClock, addresses })
const alice: Credential = { username: 'alice', password: 'secret of alice', fingerprint: 'alice' }
const aliceBasic = `Basic ${btoa('alice:secret of alice')}`
const login = { username: 'alice', password: 'secret of alice' }

const running: Registry[] = []
afterEach(async () => {
  for (const registry of running.splice(0)) await registry.close()
})
after(() => http.close())

async function start(options?: RegistryOptions): Promise<Registry> {
  const registry = await startRegistry(options)
  running.push(registry)
  return registry
}

function client(credential?: Credential): RegistryCapability {
  const credentials = { find: async () => credential }
  return createRegistries({ http, credentials, clock: systemClock })
}

function open(
  registries: RegistryCapability,
  registry: Registry,
  path = 'team/app',
  more: { insecureSkipTLSVerify?: boolean; signal?: AbortSignal } = {},
): Promise<RegistryRepository> {
  return registries.open({
    project: 'demo',
    repoURL: `${registry.host}/${path}`,
    insecureSkipTLSVerify: more.insecureSkipTLSVerify ?? false,
    signal: more.signal ?? new AbortController().signal,
  })
}

test('addresses without a host are on Docker Hub, plain names under library', () => {
  const at = (url: string): string => {
    const { host, path } = parseRepository(url)
    return `${host} ${path}`
  }
  assert.equal(at('nginx'), 'registry-1.docker.io library/nginx')
  assert.equal(at('docker.io/nginx'), 'registry-1.docker.io library/nginx')
  assert.equal(at('example/app'), 'registry-1.docker.io example/app')
  assert.equal(at('index.docker.io/example/app'), 'registry-1.docker.io example/app')
  assert.equal(at('ghcr.io/example/app'), 'ghcr.io example/app')
  assert.equal(at('localhost/app'), 'localhost app')
  assert.equal(at('registry:5000/a/b__c/d-e'), 'registry:5000 a/b__c/d-e')
})

test('plain http is spoken on this machine and in private networks only', () => {
  for (const plain of ['127.0.0.1:5000/a', 'localhost:5000/a', '10.0.0.1/a', '192.168.1.2:5000/a'])
    assert.deepEqual(parseRepository(plain).schemes, ['https', 'http'], plain)
  for (const tls of ['ghcr.io/a', '127.0.0.1.example.com/a', '10.example.com/a', '172.32.0.1/a'])
    assert.deepEqual(parseRepository(tls).schemes, ['https'], tls)
})

test('what is no address of an image is Invalid', () => {
  for (const bad of ['', 'https://ghcr.io/a', 'ghcr.io/A', 'ghcr.io/a:1', 'ghcr.io/../a', 'a b'])
    assert.throws(() => parseRepository(bad), { code: 'Invalid' }, bad)
})

test('tags are listed over all pages', async () => {
  const registry = await start({ pageSize: 2 })
  for (const tag of ['1', '2', '3', '4', '5']) await pushSampleImage(registry, 'team/app', tag)
  const repository = await open(client(), registry)
  assert.deepEqual(await repository.tags(), ['1', '2', '3', '4', '5'])
})

test('a half-read list of tags is an error, never a shorter list', async () => {
  const registry = await start({ pageSize: 2 })
  for (const tag of ['1', '2', '3']) await pushSampleImage(registry, 'team/app', tag)
  registry.inject({ path: /last=2/, status: 500, times: 9 })
  const repository = await open(client(), registry)
  await assert.rejects(repository.tags(), { code: 'Unreachable' })
})

test('a list of tags that goes on at another host is Invalid, and that host is not asked', async () => {
  const registry = await start()
  const elsewhere = await start()
  await pushSampleImage(registry, 'team/app', '1')
  registry.inject({
    path: /tags\/list/,
    status: 200,
    headers: { link: `<${elsewhere.url}/v2/team/app/tags/list?last=1>; rel="next"` },
    body: '{"tags":["1"]}',
  })
  const repository = await open(client(alice), registry)
  await assert.rejects(repository.tags(), { code: 'Invalid' })
  assert.deepEqual(elsewhere.log, [])
})

test('a manifest is resolved without downloading it, and its content is verified', async () => {
  const registry = await start()
  const digest = await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  registry.log.length = 0
  assert.equal((await repository.resolve('1'))?.digest, digest)
  assert.deepEqual(
    registry.log.map(({ method }) => method),
    ['HEAD'],
  )
  assert.equal(await repository.resolve('2'), undefined)
  assert.equal((await repository.manifest(digest))?.digest, digest)
  assert.equal(await repository.manifest(`sha256:${'0'.repeat(64)}`), undefined)
})

test('content that is not that of its digest is refused', async () => {
  const registry = await start()
  const digest = await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  registry.inject({ path: /manifests/, status: 200, body: '{}' })
  await assert.rejects(repository.manifest(digest), { code: 'Invalid' })
})

test('a list that did not change is not sent again', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  await repository.tags()
  assert.deepEqual(await repository.tags(), ['1'])
  assert.equal(registry.log.at(-1)?.status, 304)
  await pushSampleImage(registry, 'team/app', '2')
  assert.deepEqual(await repository.tags(), ['1', '2'])
})

test('basic credentials are sent once asked for', async () => {
  const registry = await start({ auth: { kind: 'basic', ...login } })
  await pushSampleImage(registry, 'team/app', '1')
  registry.log.length = 0
  const repository = await open(client(alice), registry)
  assert.deepEqual(await repository.tags(), ['1'])
  await repository.tags()
  assert.deepEqual(
    registry.log.map(({ authorization }) => authorization),
    [undefined, aliceBasic, aliceBasic],
  )
})

test('a token is fetched once, used again, and renewed when it is refused', async () => {
  const registry = await start({ auth: { kind: 'token', ...login } })
  await pushSampleImage(registry, 'team/app', '1')
  registry.log.length = 0
  const repository = await open(client(alice), registry)
  const tokens = (): number => registry.log.filter(({ path }) => path.startsWith('/token')).length
  await repository.tags()
  await repository.resolve('1')
  assert.equal(tokens(), 1)
  registry.revokeTokens()
  assert.deepEqual(await repository.tags(), ['1'])
  assert.equal(tokens(), 2)
  const sent = registry.log.filter(({ authorization }) => authorization === aliceBasic)
  assert.ok(sent.every(({ path }) => path.startsWith('/token')))
})

test('without credentials a token for everyone will do', async () => {
  const registry = await start({ auth: { kind: 'token', ...login, anonymousPull: true } })
  await pushSampleImage(registry, 'team/app', '1')
  assert.deepEqual(await (await open(client(), registry)).tags(), ['1'])
})

test('missing and wrong credentials are Unauthorized', async () => {
  const wrong = { ...alice, password: 'not it', fingerprint: 'wrong' }
  for (const kind of ['basic', 'token'] as const) {
    const registry = await start({ auth: { kind, ...login } })
    await pushSampleImage(registry, 'team/app', '1')
    for (const credential of [undefined, wrong]) {
      const repository = await open(client(credential), registry)
      await assert.rejects(repository.tags(), { code: 'Unauthorized' })
    }
  }
})

test('a redirect to another host carries no credential', async () => {
  const registry = await start({ auth: { kind: 'basic', ...login } })
  const elsewhere = await start()
  await pushSampleImage(registry, 'team/app', '1')
  await pushSampleImage(elsewhere, 'team/app', '9')
  const repository = await open(client(alice), registry)
  await repository.tags()
  const location = `${elsewhere.url.replace('127.0.0.1', 'localhost')}/v2/team/app/tags/list`
  registry.inject({ path: /tags\/list/, status: 307, headers: { location } })
  elsewhere.log.length = 0
  assert.deepEqual(await repository.tags(), ['9'])
  assert.equal(elsewhere.log[0]?.authorization, undefined)
})

test('a short Retry-After is waited for', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  registry.inject({ path: /tags\/list/, status: 429, headers: { 'retry-after': '1' } })
  const before = performance.now()
  assert.deepEqual(await repository.tags(), ['1'])
  assert.ok(performance.now() - before >= 950)
})

test('a long Retry-After is RateLimited, and the host is left alone meanwhile', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  registry.inject({ path: /tags\/list/, status: 429, headers: { 'retry-after': '60' } })
  registry.log.length = 0
  for (let round = 0; round < 2; round += 1) {
    await assert.rejects(repository.tags(), (thrown: { code?: string; retryAfterMs?: number }) => {
      assert.equal(thrown.code, 'RateLimited')
      assert.ok((thrown.retryAfterMs ?? 0) > 50_000)
      return true
    })
  }
  assert.equal(registry.log.length, 1)
})

test('who gives up after refusals in a row is told when to come back', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  registry.inject({ path: /tags\/list/, status: 429, headers: { 'retry-after': '0' }, times: 3 })
  await assert.rejects(repository.tags(), { code: 'RateLimited', retryAfterMs: 1000 })
})

for (const [said, headers, least] of [
  ['says for how long', { 'retry-after': '60' }, 50_000],
  ['does not say for how long', {}, 1000],
] as const) {
  test(`a token server that limits requests and ${said} is RateLimited`, async () => {
    const registry = await start({ auth: { kind: 'token', ...login } })
    await pushSampleImage(registry, 'team/app', '1')
    const repository = await open(client(alice), registry)
    registry.inject({ path: /^\/token/, status: 429, headers })
    await assert.rejects(repository.tags(), (thrown: { code?: string; retryAfterMs?: number }) => {
      assert.equal(thrown.code, 'RateLimited')
      assert.ok((thrown.retryAfterMs ?? 0) >= least)
      return true
    })
  })
}

test('a server that fails now and then is asked again', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  registry.inject({ path: /tags\/list/, status: 502, times: 2 })
  assert.deepEqual(await (await open(client(), registry)).tags(), ['1'])
})

test('an unknown repository is NotFound, a forbidden one Forbidden', async () => {
  const registry = await start()
  const repository = await open(client(), registry)
  await assert.rejects(repository.tags(), { code: 'NotFound' })
  registry.inject({ path: /tags\/list/, status: 403 })
  await assert.rejects(repository.tags(), { code: 'Forbidden' })
})

test('answers that are not the protocol are Invalid, huge ones TooLarge', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const repository = await open(client(), registry)
  for (const body of ['<html>', '[]', '{"tags":"1"}', '{"tags":[1]}']) {
    registry.inject({ path: /tags\/list/, status: 200, body })
    await assert.rejects(repository.tags(), { code: 'Invalid' }, body)
  }
  registry.inject({ path: /tags\/list/, status: 200, body: ' '.repeat(17 * 1024 * 1024) })
  await assert.rejects(repository.tags(), { code: 'TooLarge' })
})

test('two who ask the same at once share one request', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const registries = client()
  const repository = await open(registries, registry)
  await repository.resolve('1')
  registry.log.length = 0
  registry.inject({ path: /tags\/list/, delayMs: 50 })
  const other = await open(registries, registry)
  assert.deepEqual(await Promise.all([repository.tags(), other.tags()]), [['1'], ['1']])
  assert.equal(registry.log.length, 1)
})

test('what one credential saw is not shown to another', async () => {
  const registry = await start({ auth: { kind: 'basic', ...login } })
  await pushSampleImage(registry, 'team/app', '1')
  const credentials: { find: () => Promise<Credential | undefined> } = { find: async () => alice }
  const registries = createRegistries({ http, credentials, clock: systemClock })
  const allowed = await open(registries, registry)
  await allowed.tags()
  credentials.find = async () => undefined
  await assert.rejects((await open(registries, registry)).tags(), { code: 'Unauthorized' })
})

test('TLS is verified unless told otherwise', async () => {
  const registry = await start({ tls: selfSigned })
  const image = await client().open({
    project: 'demo',
    repoURL: `${registry.host}/team/app`,
    insecureSkipTLSVerify: true,
    signal: new AbortController().signal,
  })
  await assert.rejects(image.tags(), { code: 'NotFound' })
  const strict = await open(client(), registry)
  await assert.rejects(strict.tags(), { code: 'Unreachable' })
})

test('an abort ends the wait at once', async () => {
  const registry = await start()
  const controller = new AbortController()
  const { signal } = controller
  const repository = await open(client(), registry, 'team/app', { signal })
  registry.inject({ path: /tags\/list/, delayMs: 5_000 })
  const before = performance.now()
  setTimeout(() => controller.abort(), 50)
  await assert.rejects(repository.tags(), { code: 'Canceled' })
  assert.ok(performance.now() - before < 2_000)
})

test('S25: a host that the registry redirects to gets no credential, whatever it asks for', async (t) => {
  const registry = await start({ auth: { kind: 'token', ...login } })
  const evil = await start({ auth: { kind: 'token', ...login } })
  await pushSampleImage(registry, 'team/app', '1.0.0', { created: '2026-01-01T00:00:00Z' })
  t.after(() => evil.log.splice(0))
  const location = `${evil.url}/v2/team/app/tags/list`
  registry.inject({ path: /tags/, status: 307, headers: { location }, times: 10 })
  const repository = await open(client(alice), registry)
  await assert.rejects(repository.tags(), (error) => hasCode(error, 'Unauthorized'))
  assert.ok(evil.log.length > 0, 'it was asked')
  assert.deepEqual(
    evil.log.map(({ authorization }) => authorization).filter((each) => each !== undefined),
    [],
  )
})

test('every request is told to the meter once, and what the host says is left', async () => {
  const registry = await start({ auth: { kind: 'token', ...login } })
  await pushSampleImage(registry, 'team/app', '1')
  registry.log.length = 0
  const used: string[] = []
  const left: number[] = []
  const repository = await client(alice).open({
    project: 'demo',
    repoURL: `${registry.host}/team/app`,
    insecureSkipTLSVerify: false,
    signal: new AbortController().signal,
    meter: {
      used: (host) => void used.push(host),
      budget: (_host, { remaining }) => void left.push(remaining),
    },
  })
  await repository.tags()
  assert.equal(used.length, registry.log.length)
  registry.inject({
    path: /tags/,
    status: 200,
    headers: { 'ratelimit-remaining': '41;w=60', 'ratelimit-limit': '100;w=60' },
    body: '{"tags":["1"]}',
  })
  await repository.tags()
  assert.equal(left.at(-1), 41)
})

test('what was read since a look began is not asked for again; what is older is', async () => {
  const registry = await start()
  await pushSampleImage(registry, 'team/app', '1')
  const registries = client()
  const openSince = (since: number) =>
    registries.open({
      project: 'demo',
      repoURL: `${registry.host}/team/app`,
      insecureSkipTLSVerify: false,
      signal: new AbortController().signal,
      since,
    })
  const since = systemClock.monotonic()
  registry.log.length = 0
  for (let round = 0; round < 5; round += 1) {
    const repository = await openSince(since)
    await repository.tags()
    await repository.resolve('1')
  }
  assert.equal(registry.log.length, 2)
  const later = await openSince(systemClock.monotonic())
  await later.tags()
  assert.equal(registry.log.length, 3)
})

test('one token is fetched for many requests at once, and for repositories of the same scope', async () => {
  const registry = await start({ auth: { kind: 'token', ...login } })
  for (const tag of ['1', '2', '3', '4']) await pushSampleImage(registry, 'team/app', tag)
  const repository = await open(client(alice), registry)
  registry.log.length = 0
  await Promise.all(['1', '2', '3', '4'].map((tag) => repository.resolve(tag)))
  assert.equal(registry.log.filter(({ path }) => path.startsWith('/token')).length, 1)
})

test('facts of a digest are kept apart by credential and by view of TLS', async () => {
  const registry = await start()
  const strict = await open(client(), registry)
  const careless = await open(client(), registry, 'team/app', { insecureSkipTLSVerify: true })
  const other = await open(client(alice), registry)
  const keys = new Set([strict, careless, other].map(({ accessKey }) => accessKey))
  assert.equal(keys.size, 3)
})
