// The stand-in answers as Google documents: "Using OAuth 2.0 for Server to Server Applications" (JWT bearer grant), the
// metadata server of Compute Engine, and generateAccessToken of the IAM Service Account Credentials API.
import assert from 'node:assert/strict'
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { makeLookup } from '../../test/credential-kit.ts'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { type CloudAnswer, type CloudRequest, startCloud } from '../../test/servers/cloud.ts'
import { hasCode } from '../core/errors.ts'
import { createRedactor } from '../core/redact.ts'
import gar from './gar.ts'
import garAmbient from './gar-ambient.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyFile = JSON.stringify({
  type: 'service_account',
  client_email: 'puller@example.iam.gserviceaccount.com',
  private_key_id: 'key-id-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  token_uri: 'https://oauth2.googleapis.com/token',
})
const image = 'europe-docker.pkg.dev/example/images/app'
const { signal } = new AbortController()
const cloud = await startCloud()
after(() => cloud.close())

let clock: FakeClock
let count = 0
let denied: number | undefined

function google({ host, path, headers, body }: CloudRequest): CloudAnswer | undefined {
  count += 1
  if (host === 'oauth2.googleapis.com') {
    const form = new URLSearchParams(body)
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    assert.ok(verify.verify(publicKey, signature, 'base64url'))
    const said: Record<string, unknown> = JSON.parse(Buffer.from(claims, 'base64url').toString())
    assert.equal(said['iss'], 'puller@example.iam.gserviceaccount.com')
    assert.equal(said['aud'], 'https://oauth2.googleapis.com/token')
    assert.equal(Number(said['exp']) - Number(said['iat']), 3600)
    return {
      body: { access_token: `ya29.static-${count}`, expires_in: 3599, token_type: 'Bearer' },
    }
  }
  if (host === 'metadata.google.internal') {
    assert.equal(headers['metadata-flavor'], 'Google')
    const answer = path.endsWith('/token')
      ? { access_token: 'ya29.own-token', expires_in: 3000, token_type: 'Bearer' }
      : 'my-google-project'
    return { headers: { 'metadata-flavor': 'Google' }, body: answer }
  }
  if (host !== 'iamcredentials.googleapis.com') return undefined
  assert.equal(headers['authorization'], 'Bearer ya29.own-token')
  const account = 'kargo-project-demo@my-google-project.iam.gserviceaccount.com'
  assert.equal(
    decodeURIComponent(path),
    `/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
  )
  if (denied !== undefined) {
    return { status: denied, body: { error: { code: denied, status: 'PERMISSION_DENIED' } } }
  }
  const expireTime = new Date(clock.now() + 3_600_000).toISOString()
  return { body: { accessToken: `ya29.project-${count}`, expireTime } }
}

beforeEach(() => {
  clock = createFakeClock()
  count = 0
  denied = undefined
  cloud.log.length = 0
  cloud.answer(google)
})

function find(key: string, url = image, redactor = createRedactor()) {
  const data = { repoURL: '.*', repoURLIsRegex: 'true', gcpServiceAccountKey: key }
  const lookup = makeLookup([{ name: 'gar', type: 'image', data }], {
    providers: [gar],
    http: cloud.http,
    clock,
    redactor,
  })
  return lookup.find({ project: 'demo', type: 'image', url, signal })
}

test('the key of a service account becomes an access token, in base64 or as it is', async () => {
  for (const key of [keyFile, Buffer.from(keyFile).toString('base64')]) {
    const credential = await find(key)
    assert.equal(credential?.username, 'oauth2accesstoken')
    assert.match(credential.password ?? '', /^ya29\.static/u)
  }
  for (const url of ['gcr.io/example/app', 'eu.gcr.io/example/app'])
    assert.ok(await find(keyFile, url), url)
})

test('S25: no other host gets it', async () => {
  for (const url of ['evil.test/app', 'docker.pkg.dev.evil.test/a', 'evilgcr.io/app', 'nginx'])
    assert.equal(await find(keyFile, url), undefined, url)
})

test('a key that is none is Invalid; a refusal keeps its code; neither says anything secret', async () => {
  await assert.rejects(find('c2VjcmV0LWtleQ=='), (error) => hasCode(error, 'Invalid'))
  const redactor = createRedactor()
  cloud.answer(({ body }) => ({ status: 400, body: { error: 'invalid_grant', message: body } }))
  await assert.rejects(find(keyFile, image, redactor), (error) => {
    assert.ok(hasCode(error, 'Unauthorized'))
    assert.match(error.message, /demo\/gar .*invalid_grant/u)
    assert.doesNotMatch(error.message, /eyJ|PRIVATE/u)
    return true
  })
  const pem = String(JSON.parse(keyFile).private_key)
  assert.doesNotMatch(redactor.redact(pem.split('\n')[3] ?? ''), /\w{20}/u)
})

function ambient() {
  const lookup = makeLookup([], { providers: [garAmbient], ambientHttp: cloud.http, clock })
  return () => lookup.find({ project: 'demo', type: 'image', url: image, signal })
}

test("ambient: the Project's own service account is impersonated, and its token renewed", async () => {
  const ask = ambient()
  const first = await ask()
  assert.match(first?.password ?? '', /^ya29\.project/u)
  await clock.advance(3_600_000)
  const second = await ask()
  assert.notEqual(second?.password, first?.password)
  assert.equal(second?.fingerprint, first?.fingerprint)
})

test("ambient: Gantry's own token when there is no such account, not when Google is out of order", async () => {
  for (const status of [403, 404]) {
    denied = status
    assert.equal((await ambient()())?.password, 'ya29.own-token')
  }
  denied = 503
  await assert.rejects(ambient()(), (error) => hasCode(error, 'Unreachable'))
})

test('ambient: a metadata server that is out of order is said, not taken for none', async () => {
  cloud.answer(() => ({ status: 503, body: '' }))
  await assert.rejects(ambient()(), (error) => hasCode(error, 'Unreachable'))
})

test('ambient: outside of Google access is anonymous, also when something else answers there', async () => {
  cloud.answer(() => ({ status: 404, body: {} }))
  assert.equal(await ambient()(), undefined)
  cloud.answer(() => ({ body: { access_token: 'planted-token', expires_in: 3000 } }))
  assert.equal(await ambient()(), undefined)
})
