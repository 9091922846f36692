// Tokens that their issuer takes back before their time. The registry answers as ECR does (403 with `DENIED`, and the
// password in each request) and as others do (401 with a challenge of the token server, or 403 for its token); git is git's own.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { makeLookup } from '../../test/credential-kit.ts'
import { createFakeClock, type FakeClock } from '../../test/fake-clock.ts'
import { makeGitParts } from '../../test/git-parts.ts'
import { type CloudAnswer, type CloudRequest, startCloud } from '../../test/servers/cloud.ts'
import { startGitServer } from '../../test/servers/git-server.ts'
import { hasCode } from '../core/errors.ts'
import { createRegistries } from '../lib/registry/index.ts'
import { systemClock } from '../lib/system-clock.ts'
import ecr from './ecr.ts'
import gar from './gar.ts'
import githubApp from './github-app.ts'

const cloud = await startCloud()
after(() => cloud.close())
const { signal } = new AbortController()
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const minuteMs = 60_000

let clock: FakeClock
/** Tokens that were issued, and the one of them that is good. */
let issued: number
let good: number | undefined

beforeEach(() => {
  clock = createFakeClock()
  issued = 0
  good = undefined
  cloud.log.length = 0
  cloud.answer((request) => ecrApi(request) ?? google(request) ?? registry(request))
})

function ecrApi({ host }: CloudRequest): CloudAnswer | undefined {
  if (!host.startsWith('api.ecr.')) return undefined
  issued += 1
  const authorizationToken = Buffer.from(`AWS:password-${issued}`).toString('base64')
  const expiresAt = (clock.now() + 12 * 60 * minuteMs) / 1000
  return { body: { authorizationData: [{ authorizationToken, expiresAt }] } }
}

function google({ host }: CloudRequest): CloudAnswer | undefined {
  if (host !== 'oauth2.googleapis.com') return undefined
  issued += 1
  return { body: { access_token: `password-${issued}`, expires_in: 3599 } }
}

function registry({ host, path, headers }: CloudRequest): CloudAnswer {
  const said = String(headers['authorization'] ?? '')
  const isKnown = (user: string): boolean =>
    said === `Basic ${Buffer.from(`${user}:password-${good ?? issued}`).toString('base64')}`
  const tags = { body: { name: 'team/app', tags: ['1.0.0'] } }
  if (host.includes('.dkr.ecr.')) {
    const challenge = {
      'www-authenticate': 'Basic realm="https://ecr",service="ecr.amazonaws.com"',
    }
    if (said === '') return { status: 401, headers: challenge, body: 'Not Authorized' }
    const message = 'Your authorization token has expired. Reauthenticate and try again.'
    return isKnown('AWS') ? tags : { status: 403, body: { errors: [{ code: 'DENIED', message }] } }
  }
  if (path.startsWith('/v2/token')) {
    return isKnown('oauth2accesstoken')
      ? { body: { token: `bearer-${good ?? issued}`, expires_in: 3600 } }
      : { status: 401, body: {} }
  }
  const realm = `Bearer realm="https://${host}/v2/token",service="${host}"`
  if (said === `Bearer bearer-${good ?? issued}`) return tags
  return said.startsWith('Bearer ') && host.startsWith('us-')
    ? { status: 403, body: { errors: [{ code: 'DENIED' }] } }
    : { status: 401, headers: { 'www-authenticate': realm }, body: {} }
}

const inEcr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app'
const secrets = [
  {
    name: 'ecr',
    type: 'image',
    data: {
      repoURL: inEcr,
      awsRegion: 'eu-west-1',
      awsAccessKeyID: 'AKIASTATIC',
      awsSecretAccessKey: 'static-secret-key',
    },
  },
  {
    name: 'gar',
    type: 'image',
    data: {
      repoURL: '^(europe|us)-docker\\.pkg\\.dev/',
      repoURLIsRegex: 'true',
      gcpServiceAccountKey: JSON.stringify({
        client_email: 'puller@example.iam.gserviceaccount.com',
        private_key_id: 'key-id-1',
        private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    },
  },
] as const

function registries() {
  const credentials = makeLookup(secrets, { providers: [ecr, gar], http: cloud.http, clock })
  const all = createRegistries({ http: cloud.http, credentials, clock: systemClock })
  return (repoURL: string) =>
    all.open({ project: 'demo', repoURL, insecureSkipTLSVerify: false, signal })
}

for (const repoURL of [inEcr, 'europe-docker.pkg.dev/team/app', 'us-docker.pkg.dev/team/app']) {
  const [host = ''] = repoURL.split('/')
  test(`a token that was taken back is replaced once, and work goes on: ${host}`, async () => {
    const open = registries()
    const before = await open(repoURL)
    assert.deepEqual(await before.tags(), ['1.0.0'])
    await clock.advance(10 * minuteMs)
    // Whoever holds the second token is let in, whoever holds the first is not.
    good = 2
    const all = await Promise.all([before.tags(), (await open(repoURL)).tags()])
    assert.deepEqual(all, [['1.0.0'], ['1.0.0']])
    assert.equal(issued, 2, 'one exchange for all who were refused')
    cloud.log.length = 0
    assert.deepEqual(await before.tags(), ['1.0.0'])
    assert.equal(cloud.log.length, 1, 'the new one is used from then on')
  })

  test(`a credential that may not read is refused, with one new token a minute at most: ${host}`, async () => {
    const open = registries()
    good = 99
    for (let i = 0; i < 3; i += 1) await assert.rejects((await open(repoURL)).tags(), isRefusal)
    assert.equal(issued, 1, 'a token of just now is not replaced')
    await clock.advance(10 * minuteMs)
    for (let i = 0; i < 3; i += 1) await assert.rejects((await open(repoURL)).tags(), isRefusal)
    assert.equal(issued, 2)
  })
}

test('where no other token is to be had, that is what is reported', async () => {
  const repository = await registries()(inEcr)
  await repository.tags()
  await clock.advance(10 * minuteMs)
  good = 2
  cloud.answer((request) =>
    request.host.startsWith('api.ecr.')
      ? { status: 400, body: { __type: 'UnrecognizedClientException' } }
      : registry(request),
  )
  await assert.rejects(repository.tags(), /demo\/ecr .*UnrecognizedClientException/u)
})

test("an App's installation token that was taken back is replaced once: git reads and pushes on", async (t) => {
  const accounts = [{ username: 'kargo', password: 'ghs_token_number_1' }]
  const server = await startGitServer({ accounts })
  t.after(() => server.close())
  const repoURL = await server.createRepo('example/app', { f: '1' })
  cloud.answer(({ path }) => {
    if (!path.endsWith('/app/installations/42/access_tokens')) return { body: {} }
    issued += 1
    const expires_at = new Date(clock.now() + 60 * minuteMs).toISOString()
    return { status: 201, body: { token: `ghs_token_number_${issued}`, expires_at } }
  })
  const data = {
    repoURL,
    githubAppClientID: 'Iv1.client',
    githubAppInstallationID: '42',
    githubAppPrivateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  }
  const lookup = makeLookup([{ name: 'gh', data }], {
    providers: [githubApp],
    http: cloud.http,
    clock,
  })
  const { git, mirrors } = await makeGitParts(t, { lookup })
  const ask = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  assert.ok((await mirrors.look(ask)).refs.has('refs/heads/main'))
  await clock.advance(10 * minuteMs)
  accounts.splice(0, 1, { username: 'kargo', password: 'ghs_token_number_2' })
  assert.ok((await mirrors.look(ask)).refs.has('refs/heads/main'))
  assert.equal(issued, 2)

  const remote = await git.remote(ask)
  await clock.advance(10 * minuteMs)
  accounts.splice(0, 1, { username: 'kargo', password: 'ghs_token_number_3' })
  const gitDir = join(server.folder, 'example', 'app.git')
  for (const branch of ['one', 'two']) {
    const args = ['push', '--', remote.url, `main:refs/heads/${branch}`]
    await git.run({ args, gitDir, remote, signal })
  }
  assert.deepEqual(await server.branches('example/app'), ['main', 'one', 'two'])
  assert.equal(issued, 3)
  const refused = server.requests.filter(
    ({ status, authorization }) => status === 401 && authorization,
  )
  assert.equal(refused.length, 2, 'each token that was taken back was sent once more')

  accounts.length = 0
  await clock.advance(10 * minuteMs)
  await assert.rejects(mirrors.look(ask), isRefusal)
  assert.equal(issued, 4, 'one more try, then it is reported')
})

function isRefusal(error: unknown): boolean {
  return hasCode(error, 'Unauthorized', 'Forbidden')
}
