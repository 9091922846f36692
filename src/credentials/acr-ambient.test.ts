// The stand-in answers as Microsoft documents: the client credentials flow with a federated credential, and "Exchange
// AAD token for ACR refresh token" of Container Registry's REST API.
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { makeLookup } from '../../test/credential-kit.ts'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { type CloudAnswer, type CloudRequest, startCloud } from '../../test/servers/cloud.ts'
import { hasCode } from '../core/errors.ts'
import acrAmbient from './acr-ambient.ts'

const cloud = await startCloud()
after(() => cloud.close())
const { signal } = new AbortController()
const env = {
  AZURE_TENANT_ID: 'tenant-1',
  AZURE_CLIENT_ID: 'client-1',
  AZURE_FEDERATED_TOKEN_FILE: '/token',
}
let clock: FakeClock
let count = 0

function azure({ host, path, body }: CloudRequest): CloudAnswer | undefined {
  const form = new URLSearchParams(body)
  if (path === '/tenant-1/oauth2/v2.0/token') {
    assert.equal(form.get('grant_type'), 'client_credentials')
    assert.equal(form.get('client_id'), 'client-1')
    assert.equal(form.get('client_assertion'), 'federated-token')
    return { body: { access_token: `entra-token for ${host}`, expires_in: 3599 } }
  }
  if (path !== '/oauth2/exchange') return undefined
  count += 1
  assert.equal(form.get('grant_type'), 'access_token')
  assert.equal(form.get('service'), host)
  assert.equal(form.get('tenant'), 'tenant-1')
  assert.match(form.get('access_token') ?? '', /^entra-token/u)
  const claims = { exp: clock.now() / 1000 + 3 * 3600, n: count }
  return {
    body: { refresh_token: `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x` },
  }
}

beforeEach(() => {
  clock = createFakeClock()
  count = 0
  cloud.log.length = 0
  cloud.answer(azure)
})

function ask(settings: Record<string, string> = env) {
  const lookup = makeLookup([], {
    providers: [acrAmbient],
    ambientHttp: cloud.http,
    clock,
    env: settings,
    readFile: async () => 'federated-token\n',
  })
  return (url: string) => lookup.find({ project: 'demo', type: 'image', url, signal })
}

test("the workload's token becomes one of the registry, kept until it expires", async () => {
  const find = ask()
  const first = await find('example.azurecr.io/app')
  assert.equal(first?.username, '00000000-0000-0000-0000-000000000000')
  assert.deepEqual(
    cloud.log.map(({ host }) => host),
    ['login.microsoftonline.com', 'example.azurecr.io'],
  )
  await clock.advance(2.5 * 3_600_000)
  assert.equal((await find('example.azurecr.io/other'))?.password, first.password)
  await clock.advance(3_600_000)
  const second = await find('example.azurecr.io/app')
  assert.notEqual(second?.password, first.password)
  assert.equal(second?.fingerprint, first.fingerprint)
})

test('other clouds of Azure ask their own authorities', async () => {
  await ask()('example.azurecr.cn/app')
  await ask()('example.azurecr.us/app')
  const hosts = new Set(cloud.log.map(({ host }) => host))
  assert.ok(hosts.has('login.chinacloudapi.cn') && hosts.has('login.microsoftonline.us'))
})

test('S25: no other host gets it; without an identity access is anonymous', async () => {
  for (const url of ['evil.test/app', 'azurecr.io.evil.test/app', 'a.b.azurecr.io/app', 'nginx'])
    assert.equal(await ask()(url), undefined, url)
  assert.equal(await ask({ AZURE_TENANT_ID: 't' })('example.azurecr.io/app'), undefined)
  assert.equal(cloud.log.length, 0)
})

test('a refusal says at which step', async () => {
  cloud.answer((request) =>
    request.path === '/oauth2/exchange' ? { status: 401, body: { error: 'nope' } } : azure(request),
  )
  await assert.rejects(ask()('example.azurecr.io/app'), (error) => {
    assert.ok(hasCode(error, 'Unauthorized'))
    assert.match(error.message, /acr-ambient.*exchanging/u)
    return true
  })
})
