// The stand-in answers as GitHub's REST documentation describes "Create an installation access token for an app" (201
// with token and expires_at) and "List repositories accessible to the app installation".
import assert from 'node:assert/strict'
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { type Entry, makeLookup } from '../../test/credential-kit.ts'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { startCloud } from '../../test/servers/cloud.ts'
import { hasCode } from '../core/errors.ts'
import { createRedactor } from '../core/redact.ts'
import githubApp from './github-app.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const cloud = await startCloud()
after(() => cloud.close())

const url = 'https://github.com/example/app.git'
const data = {
  repoURL: url,
  githubAppClientID: 'Iv1.client',
  githubAppID: '999',
  githubAppInstallationID: '42',
  githubAppPrivateKey: pem,
}
let clock: FakeClock
let issued = 0
let unknownFor = 0

beforeEach(() => {
  clock = createFakeClock()
  cloud.log.length = 0
  issued = 0
  unknownFor = 0
  cloud.answer(({ path }) => {
    if (path.startsWith('/installation/repositories')) {
      unknownFor -= 1
      return unknownFor >= 0 ? { status: 401, body: { message: 'Bad credentials' } } : { body: {} }
    }
    issued += 1
    const expires_at = new Date(clock.now() + 3_600_000).toISOString().replace('.000', '')
    return { status: 201, body: { token: `ghs_token_number_${issued}`, expires_at } }
  })
})

function setUp(entry: Partial<Entry> = {}, redactor = createRedactor()) {
  const secret: Entry = { name: 'gh', data, ...entry }
  const lookup = makeLookup([secret], { providers: [githubApp], http: cloud.http, clock, redactor })
  const { signal } = new AbortController()
  return (address = url, project = 'demo') =>
    lookup.find({ project, type: 'git', url: address, signal })
}

function jwtOf(authorization: unknown): {
  header: Record<string, unknown>
  claims: Record<string, unknown>
} {
  const [header = '', claims = '', signature = ''] = String(authorization)
    .replace('Bearer ', '')
    .split('.')
  const isSigned = createVerify('RSA-SHA256')
    .update(`${header}.${claims}`)
    .verify(publicKey, signature, 'base64url')
  assert.ok(isSigned, 'signed by the App')
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  return { header: read(header), claims: read(claims) }
}

test('the App signs for a token that is good for this one repository', async () => {
  const credential = await setUp()()
  assert.equal(credential?.username, 'kargo')
  assert.equal(credential.password, 'ghs_token_number_1')
  const [asked, tried] = cloud.log
  assert.equal(asked?.host, 'api.github.com')
  assert.equal(asked.method, 'POST')
  assert.equal(asked.path, '/app/installations/42/access_tokens')
  assert.deepEqual(JSON.parse(asked.body), { repositories: ['app'] })
  const { header, claims } = jwtOf(asked.headers['authorization'])
  assert.equal(header['alg'], 'RS256')
  assert.equal(claims['iss'], 'Iv1.client', 'the client id wins')
  const now = clock.now() / 1000
  assert.ok(Number(claims['iat']) < now && Number(claims['exp']) <= now + 600)
  assert.equal(tried?.headers['authorization'], 'Bearer ghs_token_number_1')
})

test('the key may be in base64, the App named by its id', async () => {
  const { githubAppClientID: _, ...rest } = data
  const find = setUp({
    data: { ...rest, githubAppPrivateKey: Buffer.from(pem).toString('base64') },
  })
  assert.ok(await find())
  assert.equal(jwtOf(cloud.log[0]?.headers['authorization']).claims['iss'], '999')
})

test('a token is kept until five minutes before its end; a new one changes no fingerprint', async () => {
  const find = setUp()
  const first = await find()
  await clock.advance(54 * 60_000)
  assert.equal((await find())?.password, 'ghs_token_number_1')
  await clock.advance(7 * 60_000)
  const second = await find()
  assert.equal(second?.password, 'ghs_token_number_2')
  assert.equal(second.fingerprint, first?.fingerprint)
})

test('repositories do not share tokens', async () => {
  const find = setUp({
    data: { ...data, repoURL: '^https://github\\.com/', repoURLIsRegex: 'true' },
  })
  const one = await find('https://github.com/example/one')
  const two = await find('https://github.com/example/two')
  assert.notEqual(one?.password, two?.password)
  assert.notEqual(one?.fingerprint, two?.fingerprint)
})

test('a token that GitHub does not know yet is tried again after 3, 10 and 30 seconds', async () => {
  unknownFor = 2
  const found = setUp()()
  const tries = (): number =>
    cloud.log.filter(({ path }) => path.startsWith('/installation/')).length
  const until = async (count: number): Promise<void> => {
    while (tries() < count || clock.pending < 2)
      await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(1)
  await clock.advance(3000)
  await until(2)
  await clock.advance(10_000)
  assert.equal((await found)?.password, 'ghs_token_number_1')
  assert.equal(tries(), 3)
})

test('GitHub Enterprise: the API is on the host of the repository', async () => {
  const find = setUp({
    data: {
      ...data,
      repoURL: '^https://(git\\.corp\\.example|acme\\.ghe\\.com)/',
      repoURLIsRegex: 'true',
    },
  })
  await find('https://git.corp.example/team/app')
  assert.equal(cloud.log[0]?.path, '/api/v3/app/installations/42/access_tokens')
  assert.equal(cloud.log[0].host, 'git.corp.example')
  await find('https://acme.ghe.com/team/app')
  assert.ok(cloud.log.some(({ host }) => host === 'api.acme.ghe.com'))
})

test('S25: what the App signs goes to no host that the pattern does not spell out', async () => {
  const find = setUp({ data: { ...data, repoURL: '.*github\\.com.*', repoURLIsRegex: 'true' } })
  for (const evil of ['https://evil.test/github.com/app', 'https://github.com.evil.test/a/b'])
    await assert.rejects(find(evil), (error) => hasCode(error, 'Forbidden', 'Invalid'))
  await assert.rejects(find('https://evil.test/x/github.com'), (e) => hasCode(e, 'Forbidden'))
  const loose = { repoURL: 'git\\.corp\\.test', repoURLIsRegex: 'true' }
  const part = setUp({ data: { ...data, ...loose } })
  await assert.rejects(part('https://corp.test/git.corp.test/a'), (e) => hasCode(e, 'Forbidden'))
  assert.equal(cloud.log.length, 0)
})

test('a shared Secret gives each Project tokens only for the repositories that its annotation lists', async () => {
  const name = 'kargo.akuity.io/github-token-scopes'
  const shared = (scopes: string) => setUp({ namespace: 'shared', annotations: { [name]: scopes } })
  const listed = shared('{"demo": ["app"], "other": []}')
  assert.ok(await listed())
  await assert.rejects(listed(url, 'other'), (error) => hasCode(error, 'Forbidden'))
  await assert.rejects(listed(url, 'constructor'), (error) => hasCode(error, 'Forbidden'))
  await assert.rejects(shared('{"demo": "app"')(), (error) => hasCode(error, 'Invalid'))
  await assert.rejects(shared('{"demo": "app"}')(), (error) => hasCode(error, 'Invalid'))
  assert.ok(await setUp({ annotations: { [name]: '{}' } })(), "the Project's own is not limited")
})

for (const [status, code] of [
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [429, 'RateLimited'],
  [503, 'Unreachable'],
] as const)
  test(`a refusal with ${status} is ${code}, names the Secret, and says nothing secret`, async () => {
    cloud.answer(({ headers }) => ({
      status,
      body: { message: `no: ${String(headers['authorization'])}` },
    }))
    const redactor = createRedactor()
    await assert.rejects(setUp({}, redactor)(), (error) => {
      assert.ok(hasCode(error, code))
      assert.match(error.message, /demo\/gh .*github-app/u)
      assert.doesNotMatch(redactor.redact(error.message), /eyJ/u)
      return true
    })
  })

test('a key that is none is Invalid, and not shown', async () => {
  const find = setUp({ data: { ...data, githubAppPrivateKey: 'not-a-key-but-secret' } })
  await assert.rejects(find(), (error) => {
    assert.ok(hasCode(error, 'Invalid'))
    assert.doesNotMatch(error.message, /not-a-key/u)
    return true
  })
})
