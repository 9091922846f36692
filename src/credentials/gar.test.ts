// The stand-in answers as Google documents: "Using OAuth 2.0 for Server to Server Applications" (JWT bearer grant), the
// metadata server of Compute Engine, generateAccessToken of the IAM Service Account Credentials API, and "External Account
// Credentials" (AIP-4117) with the token exchange of its Security Token Service.
import assert from 'node:assert/strict'
import { createHash, createHmac, createVerify, generateKeyPairSync } from 'node:crypto'
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

const federatedAccount = 'gantry@my-google-project.iam.gserviceaccount.com'
const external = {
  type: 'external_account',
  audience:
    '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${federatedAccount}:generateAccessToken`,
}

let clock: FakeClock
let count = 0
let denied: number | undefined

/** What the exchange does with it: whoever signed this request may have been asked for who they are. */
function checkAwsRequest(token: string): void {
  const request: { url: string; method: string; headers: { key: string; value: string }[] } =
    JSON.parse(decodeURIComponent(token))
  assert.equal(
    request.url,
    'https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15',
  )
  assert.equal(request.method, 'POST')
  const headers = new Map(request.headers.map(({ key, value }) => [key.toLowerCase(), value]))
  assert.equal(headers.get('x-goog-cloud-target-resource'), external.audience)
  assert.equal(headers.get('host'), 'sts.eu-west-1.amazonaws.com')
  assert.equal(headers.get('x-amz-security-token'), 'session')
  const [, names = '', signature = ''] =
    /SignedHeaders=([\w;-]+), Signature=(\w+)/u.exec(headers.get('authorization') ?? '') ?? []
  const date = headers.get('x-amz-date') ?? ''
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest()
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const lines = names.split(';').map((name) => `${name}:${headers.get(name) ?? ''}`)
  const query = 'Action=GetCallerIdentity&Version=2011-06-15'
  const canonical = ['POST', '/', query, ...lines, '', names, sha256('')].join('\n')
  const scope = `${date.slice(0, 8)}/eu-west-1/sts/aws4_request`
  const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4own-secret-key')
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`
  assert.equal(hmac(key, text).toString('hex'), signature)
}

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
  if (host === 'sts.googleapis.com') {
    assert.equal(path, '/v1/token')
    const { subject_token = '', ...form } = Object.fromEntries(new URLSearchParams(body))
    if (form['subject_token_type']?.endsWith('aws4_request')) checkAwsRequest(subject_token)
    else assert.equal(subject_token, 'workload-token')
    assert.deepEqual(form, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: external.audience,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: form['subject_token_type'],
    })
    const issued_token_type = form['requested_token_type']
    return { body: { access_token: 'ya29.federated', issued_token_type, expires_in: 3600 } }
  }
  if (host === '169.254.169.254') {
    assert.equal(headers['metadata'], 'True')
    return { body: { access_token: 'workload-token' } }
  }
  if (host !== 'iamcredentials.googleapis.com') return undefined
  const [, account = ''] =
    /^\/v1\/projects\/-\/serviceAccounts\/(.*):generateAccessToken$/u.exec(
      decodeURIComponent(path),
    ) ?? []
  const expireTime = new Date(clock.now() + 3_600_000).toISOString()
  if (account === federatedAccount) {
    assert.equal(headers['authorization'], 'Bearer ya29.federated')
    return { body: { accessToken: 'ya29.own-token', expireTime } }
  }
  assert.match(String(headers['authorization']), /^Bearer ya29\.(own-token|federated|static-\d+)$/u)
  const ours = account.startsWith('kargo-project-demo@') ? account.split('@')[1] : ''
  assert.ok(['my-google-project', 'example'].includes(ours?.split('.')[0] ?? ''), account)
  if (denied !== undefined) {
    return { status: denied, body: { error: { code: denied, status: 'PERMISSION_DENIED' } } }
  }
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

function named(file: object, files: Readonly<Record<string, string>> = {}, env = {}) {
  const lookup = makeLookup([], {
    providers: [garAmbient],
    ambientHttp: cloud.http,
    clock,
    env: { GOOGLE_APPLICATION_CREDENTIALS: '/adc.json', ...env },
    readFile: async (path) => (path === '/adc.json' ? JSON.stringify(file) : (files[path] ?? '')),
  })
  return lookup.find({ project: 'demo', type: 'image', url: image, signal })
}

const hosts = (): string[] => cloud.log.map(({ host }) => host)

test('ambient: the key file that the environment names, and the Google project that it is of', async () => {
  assert.match((await named(JSON.parse(keyFile)))?.password ?? '', /^ya29\.project/u)
  assert.deepEqual(hosts(), ['oauth2.googleapis.com', 'iamcredentials.googleapis.com'])
  assert.match(cloud.log[1]?.path ?? '', /kargo-project-demo%40example\./u)
  denied = 403
  assert.match((await named(JSON.parse(keyFile)))?.password ?? '', /^ya29\.static/u)
})

test('ambient: an external account whose token is in a file, as it is or in JSON', async () => {
  const json = { type: 'json', subject_token_field_name: 'token' }
  for (const [format, text] of [
    [undefined, 'workload-token\n'],
    [json, '{"token":"workload-token"}'],
  ] as const) {
    cloud.log.length = 0
    const file = { ...external, credential_source: { file: '/token', ...(format && { format }) } }
    assert.match((await named(file, { '/token': text }))?.password ?? '', /^ya29\.project/u)
    const iam = 'iamcredentials.googleapis.com'
    assert.deepEqual(hosts(), ['sts.googleapis.com', iam, iam])
  }
})

test('ambient: an external account whose token another cloud gives to its machines', async () => {
  const credential_source = {
    url: 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x',
    headers: { Metadata: 'True' },
    format: { type: 'json', subject_token_field_name: 'access_token' },
  }
  assert.match((await named({ ...external, credential_source }))?.password ?? '', /^ya29\.project/u)
  assert.equal(hosts()[0], '169.254.169.254')
})

test("ambient: an external account that Gantry's keys at AWS sign for", async () => {
  const file = {
    ...external,
    subject_token_type: 'urn:ietf:params:aws:token-type:aws4_request',
    credential_source: {
      environment_id: 'aws1',
      regional_cred_verification_url:
        'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
    },
  }
  const env = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIAOWN',
    AWS_SECRET_ACCESS_KEY: 'own-secret-key',
    AWS_SESSION_TOKEN: 'session',
  }
  assert.match((await named(file, {}, env))?.password ?? '', /^ya29\.project/u)
  assert.equal(hosts()[0], 'sts.googleapis.com', 'nothing is asked of AWS')
})

test('ambient: an external account without a service account is used as it is', async () => {
  const { service_account_impersonation_url: _, ...direct } = external
  const file = { ...direct, credential_source: { file: '/token' } }
  const files = { '/token': 'workload-token' }
  assert.equal((await named(file, files))?.password, 'ya29.federated')
  assert.deepEqual(hosts(), ['sts.googleapis.com'])
  const inProject = await named(file, files, { GOOGLE_CLOUD_PROJECT: 'example' })
  assert.match(inProject?.password ?? '', /^ya29\.project/u)
})

test('ambient: what would have to be run, or is no identity at all, is refused by name', async () => {
  for (const [file, why] of [
    [
      { ...external, credential_source: { executable: { command: '/bin/x' } } },
      /neither file nor/u,
    ],
    [{ ...external, credential_source: { environment_id: 'aws2' } }, /aws1/u],
    [{ ...external, credential_source: { environment_id: 'aws1' } }, /AWS_REGION/u],
    [{ ...external, credential_source: { file: '/empty' } }, /empty/u],
    [{ type: 'authorized_user' }, /GOOGLE_APPLICATION_CREDENTIALS/u],
  ] as const) {
    await assert.rejects(
      named(file),
      (error) => hasCode(error, 'Invalid') && why.test(error.message),
    )
  }
  assert.deepEqual(hosts(), [])
})

test('ambient: the token of the workload goes over plain http to its own service only', async () => {
  let isCarried: boolean | undefined
  const lookup = makeLookup([], {
    providers: [garAmbient],
    ambientHttp: {
      fetch(_url, init) {
        isCarried = init.carriesCredential
        return Promise.reject(new Error('seen'))
      },
    },
    env: { GOOGLE_APPLICATION_CREDENTIALS: '/adc.json' },
    readFile: async () =>
      JSON.stringify({ ...external, credential_source: { url: 'http://evil.test/token' } }),
  })
  await assert.rejects(lookup.find({ project: 'demo', type: 'image', url: image, signal }))
  assert.equal(isCarried, true, 'the guarded fetch refuses it')
})
