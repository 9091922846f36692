// The stand-in answers as Microsoft documents: the client credentials flow with a secret or a federated credential;
// "How to use managed identities on an Azure VM to acquire an access token" (its request, answer and table of errors);
// "Calling POST /oauth2/exchange" of Container Registry, whose SDKs name one audience for all clouds and may leave the
// tenant out.
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
/** Of the managed identity's token; a machine need not know its tenant. */
const tenantOfMachine = 'tenant-of-the-machine'
let clock: FakeClock
let count = 0

function azure({ host, path, body }: CloudRequest): CloudAnswer | undefined {
  const form = new URLSearchParams(body)
  if (path === '/tenant-1/oauth2/v2.0/token') {
    assert.equal(form.get('grant_type'), 'client_credentials')
    assert.equal(form.get('client_id'), 'client-1')
    assert.equal(form.get('scope'), 'https://containerregistry.azure.net/.default')
    if (form.get('client_secret') !== null) assert.equal(form.get('client_secret'), 'app-secret')
    else {
      assert.equal(form.get('client_assertion'), 'federated-token')
      assert.match(form.get('client_assertion_type') ?? '', /:client-assertion-type:jwt-bearer$/u)
    }
    return { body: { access_token: `entra-token for ${host}`, expires_in: 3599 } }
  }
  if (path !== '/oauth2/exchange') return undefined
  count += 1
  assert.equal(form.get('grant_type'), 'access_token')
  assert.equal(form.get('service'), host)
  assert.ok(form.get('tenant') === 'tenant-1' || form.get('tenant') === tenantOfMachine)
  assert.match(form.get('access_token') ?? '', /^entra-token|^managed\./u)
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

/** The metadata service of a machine with these managed identities; the first is the system's own. */
function metadataOf(...identities: readonly string[]) {
  return ({ method, host, path, headers }: CloudRequest): CloudAnswer | undefined => {
    const url = new URL(path, 'http://169.254.169.254')
    if (host !== '169.254.169.254' || url.pathname !== '/metadata/identity/oauth2/token')
      return undefined
    assert.equal(method, 'GET')
    assert.equal(headers['metadata'], 'true')
    assert.equal(url.searchParams.get('api-version'), '2018-02-01')
    assert.equal(url.searchParams.get('resource'), 'https://containerregistry.azure.net')
    const wanted = url.searchParams.get('client_id')
    if (wanted === null ? identities.length === 0 : !identities.includes(wanted)) {
      const error = { error: 'invalid_request', error_description: 'Identity not found' }
      return { status: 400, body: error }
    }
    const claims = Buffer.from(JSON.stringify({ tid: tenantOfMachine })).toString('base64url')
    const access_token = `managed.${claims}.${wanted ?? 'system'}`
    return { body: { access_token, expires_in: '86399', expires_on: '1', token_type: 'Bearer' } }
  }
}

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
  assert.equal(cloud.log.length, 0)
  assert.equal(await ask({ AZURE_TENANT_ID: 't' })('example.azurecr.io/app'), undefined)
})

test('the secret of an application is used before a token file', async () => {
  const settings = { ...env, AZURE_CLIENT_SECRET: 'app-secret' }
  assert.ok(await ask(settings)('example.azurecr.io/app'))
  assert.match(cloud.log[0]?.body ?? '', /client_secret=app-secret/u)
  assert.doesNotMatch(cloud.log[0]?.body ?? '', /client_assertion/u)
})

test("a machine's managed identity: its only one, or the one that is named", async () => {
  const metadata = metadataOf('system', 'user-1')
  cloud.answer((request) => metadata(request) ?? azure(request))
  for (const settings of [{}, { AZURE_CLIENT_ID: 'user-1' }, { AZURE_TENANT_ID: 'tenant-1' }]) {
    cloud.log.length = 0
    assert.ok(await ask(settings)('example.azurecr.io/app'))
    assert.deepEqual(
      cloud.log.map(({ host }) => host),
      ['169.254.169.254', 'example.azurecr.io'],
    )
  }
})

test('a machine without an identity, or of another cloud, is anonymous; an identity that was named is missed', async () => {
  const metadata = metadataOf()
  cloud.answer((request) => metadata(request) ?? azure(request))
  assert.equal(await ask({})('example.azurecr.io/app'), undefined)
  await assert.rejects(ask({ AZURE_CLIENT_ID: 'gone' })('example.azurecr.io/app'), (error) =>
    hasCode(error, 'Unauthorized'),
  )
  // EC2 wants a token of its own, Google a header.
  for (const status of [401, 403, 404]) {
    cloud.answer(() => ({ status, body: '' }))
    assert.equal(await ask({})('example.azurecr.io/app'), undefined, String(status))
  }
})

test('a metadata service that is out of order is said, not taken for none', async () => {
  for (const [status, code] of [
    [410, 'Unreachable'],
    [429, 'RateLimited'],
    [500, 'Unreachable'],
  ] as const) {
    cloud.answer(() => ({ status, body: { error: 'unknown' } }))
    await assert.rejects(ask({})('example.azurecr.io/app'), (error) => hasCode(error, code))
  }
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
