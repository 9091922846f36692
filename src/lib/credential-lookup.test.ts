import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type Entry, type LookupSetup, makeLookup } from '../../test/credential-kit.ts'
import { createRedactor } from '../core/redact.ts'
import type { Credential, RepoType } from '../core/credential.ts'
import { GantryError } from '../core/errors.ts'
import type { HttpCapability } from '../core/http.ts'
import { defineAmbientCredential, defineCredential } from '../credential.ts'
import basic from '../credentials/basic.ts'
import ssh from '../credentials/ssh.ts'

async function find(
  secrets: readonly Entry[],
  url: string,
  options: LookupSetup & { type?: RepoType } = {},
): Promise<Credential | undefined> {
  const { signal } = new AbortController()
  const lookup = makeLookup(secrets, { providers: [basic, ssh], ...options })
  return lookup.find({ project: 'demo', type: options.type ?? 'git', url, signal })
}

function login(username: string, repoURL: string, more: Record<string, string> = {}) {
  return { repoURL, username, password: `password of ${username}`, ...more }
}

const url = 'https://git.example.com/team/app'

test('addresses are compared in their normal form', async () => {
  const data = login('u', 'https://Git.example.com/Team/App.git')
  const found = await find([{ name: 'a', data }], 'https://me@git.example.com/team/app/')
  assert.equal(found?.username, 'u')
  assert.equal(found.password, 'password of u')
})

test("the Project's own Secrets come before the shared ones", async () => {
  const own = { name: 'z', data: login('own', url) }
  const shared = { namespace: 'shared', name: 'a', data: login('shared', url) }
  assert.equal((await find([shared, own], url))?.username, 'own')
  assert.equal((await find([shared], url))?.username, 'shared')
})

test('inside a namespace an address comes before a pattern, among equals the first by name', async () => {
  const exact = { name: 'b', data: login('exact', url) }
  const pattern = { name: 'a', data: login('pattern', 'example\\.com', { repoURLIsRegex: 'true' }) }
  assert.equal((await find([pattern, exact], url))?.username, 'exact')
  const other = { name: 'a2', data: login('other', 'example\\.com', { repoURLIsRegex: 'true' }) }
  assert.equal((await find([other, pattern], url))?.username, 'pattern')
})

test("a pattern of the Project's own comes before an address that is shared", async () => {
  const own = { name: 'z', data: login('own', 'example\\.com', { repoURLIsRegex: 'true' }) }
  const shared = { namespace: 'shared', name: 'a', data: login('shared', url) }
  assert.equal((await find([shared, own], url))?.username, 'own')
})

test('Secrets of the system namespace, and generic ones, serve no repository', async () => {
  const system = { namespace: 'system', name: 'a', data: login('system', url) }
  const generic = { name: 'a', type: 'generic' as const, data: login('generic', url) }
  assert.equal(await find([system, generic], url), undefined)
})

test('a shared pattern that is found only after the host serves nobody', async () => {
  const data = login('u', 'team/app', { repoURLIsRegex: 'true' })
  const shared = { namespace: 'shared', name: 'a', data }
  assert.equal(await find([shared], 'https://evil.test/team/app'), undefined)
  assert.equal(await find([shared], 'git@evil.test:team/app'), undefined)
  const image = { ...shared, type: 'image' as const }
  assert.equal(await find([image], 'evil.test/team/app', { type: 'image' }), undefined)
  // Without a host it can only be Docker Hub.
  assert.ok(await find([image], 'team/app', { type: 'image' }))
  assert.ok(await find([{ name: 'a', data }], url), "the Project's own may")
})

test('a pattern is tried on the address as written and on its normal form', async () => {
  const written = login('u', '^https://GIT\\.', { repoURLIsRegex: 'true' })
  const normal = login('u', '^https://git\\..*app$', { repoURLIsRegex: 'true' })
  for (const data of [written, normal])
    assert.ok(await find([{ name: 'a', data }], 'https://GIT.example.com/team/app.git'))
})

test('a broken pattern is passed over', async () => {
  const broken = { name: 'a', data: login('broken', '(', { repoURLIsRegex: 'true' }) }
  const good = { name: 'b', data: login('good', url) }
  assert.equal((await find([broken, good], url))?.username, 'good')
})

test('another host, another type and an unknown address get nothing', async () => {
  const secrets = [{ name: 'a', data: login('u', url) }]
  assert.equal(await find(secrets, 'https://git.example.com.evil.test/team/app'), undefined)
  assert.equal(await find(secrets, 'https://git.example.com/team/app2'), undefined)
  assert.equal(await find(secrets, url, { type: 'image' }), undefined)
})

test('plain http gets credentials on loopback only, or when allowed', async () => {
  const remote = 'http://git.example.com/team/app'
  const anywhere = login('u', '.', { repoURLIsRegex: 'true' })
  const secrets = [{ name: 'a', data: anywhere }]
  assert.equal(await find(secrets, remote), undefined)
  assert.equal(await find(secrets, 'http://127.0.0.1.evil.test/x'), undefined)
  assert.ok(await find(secrets, remote, { allowPlainHttp: true }))
  for (const local of ['http://127.0.0.1:3000/x', 'http://localhost/x', 'http://[::1]:80/x'])
    assert.ok(await find(secrets, local), local)
})

test('image addresses ignore tag and registry aliases', async () => {
  const secrets: Entry[] = [
    { name: 'a', type: 'image', data: login('u', 'docker.io/library/nginx') },
  ]
  assert.ok(await find(secrets, 'nginx:1.27', { type: 'image' }))
})

test('a key serves SSH addresses, a password the others', async () => {
  const both = { ...login('u', '.', { repoURLIsRegex: 'true' }), sshPrivateKey: 'KEY' }
  const secrets = [{ name: 'a', data: both }]
  const key = await find(secrets, 'git@git.example.com:team/app.git')
  assert.equal(key?.sshPrivateKey, 'KEY\n')
  assert.equal(key.password, undefined)
  const password = await find(secrets, url)
  assert.equal(password?.sshPrivateKey, undefined)
  assert.equal(password?.username, 'u')
})

test('a Secret that fits but holds nothing usable means anonymous access', async () => {
  const empty = { name: 'a', data: { repoURL: url, username: 'u', password: '' } }
  const shared = { namespace: 'shared', name: 'a', data: login('shared', url) }
  assert.equal(await find([empty, shared], url), undefined)
})

test('handed-out secrets are masked, and fingerprints tell contents apart', async () => {
  const redactor = createRedactor()
  const one = await find([{ name: 'a', data: login('u', url) }], url, { redactor })
  const two = await find([{ name: 'a', data: login('v', url) }], url)
  const again = await find([{ name: 'b', data: login('u', url) }], url)
  assert.doesNotMatch(redactor.redact('so password of u said'), /password of u/u)
  assert.notEqual(one?.fingerprint, two?.fingerprint)
  assert.equal(one?.fingerprint, again?.fingerprint)
})

test('charts: one address is served in http repositories and in registries', async () => {
  const http = { name: 'a', type: 'helm' as const, data: login('h', 'https://charts.example.com') }
  const oci = { name: 'b', type: 'helm' as const, data: login('o', 'oci://ghcr.io/example/charts') }
  const ask = (address: string) => find([http, oci], address, { type: 'helm' })
  assert.equal((await ask('https://charts.example.com'))?.username, 'h')
  assert.equal((await ask('oci://ghcr.io/example/charts'))?.username, 'o')
  assert.equal((await ask('oci://ghcr.io/example/charts:1.2.3'))?.username, 'o')
  assert.equal(await ask('http://charts.example.com'), undefined)
})

test('what serves an address can be explained without using it', async () => {
  const exact = { name: 'exact', data: login('exact', url) }
  const pattern = { name: 'pattern', data: login('p', 'example', { repoURLIsRegex: 'true' }) }
  const broken = { name: 'broken', data: login('b', '(', { repoURLIsRegex: 'true' }) }
  const shared = {
    namespace: 'shared',
    name: 'wide',
    data: login('s', 'app', { repoURLIsRegex: 'true' }),
  }
  const lookup = makeLookup([exact, pattern, broken, shared], { providers: [basic, ssh] })
  const choice = await lookup.explain({ project: 'demo', type: 'git', url })
  assert.equal(choice.secret?.name, 'exact')
  assert.equal(choice.kind, 'basic')
  assert.equal(choice.identity, 'exact')
  assert.deepEqual(
    choice.others.map(({ secret, fit }) => [secret.name, fit]),
    [
      ['broken', 'bad-pattern'],
      ['pattern', 'pattern'],
      ['wide', 'any-host'],
    ],
  )
  const plain = await lookup.explain({
    project: 'demo',
    type: 'git',
    url: 'http://git.example.com/x',
  })
  assert.ok(plain.refusal)
})

test('an ambient identity is used only where no Secret serves, and only when the operator lets it', async () => {
  const ambient = defineAmbientCredential({
    kind: 'ambient',
    summary: 'A test.',
    settings: z.object({}),
    matches: () => true,
    resolve: async ({ project }) => ({
      username: project,
      password: 'token-of-machine',
      fingerprint: 'f',
    }),
  })
  const http: HttpCapability = { fetch: () => Promise.reject(new Error('not asked')) }
  const providers = [ambient, basic]
  assert.equal(await find([], url, { providers }), undefined)
  assert.equal((await find([], url, { providers, ambientHttp: http }))?.username, 'demo')
  const own = { name: 'a', data: login('own', url) }
  assert.equal((await find([own], url, { providers, ambientHttp: http }))?.username, 'own')
})

test('a failing exchange says which Secret it was for, and keeps its code', async () => {
  const failing = defineCredential({
    kind: 'failing',
    summary: 'A test.',
    types: ['git'],
    keys: z.object({}),
    secretKeys: ['password'],
    example: {},
    matches: () => true,
    identify: () => 'nobody',
    resolve: async () => {
      throw new GantryError('Unauthorized', 'the token service said no', { retryAfterMs: 7 })
    },
  })
  const redactor = createRedactor()
  const asked = find([{ name: 'gh', data: login('u', url) }], url, {
    providers: [failing],
    redactor,
  })
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof GantryError)
    assert.equal(error.code, 'Unauthorized')
    assert.equal(error.retryAfterMs, 7)
    assert.match(error.message, /demo\/gh .*failing/u)
    return true
  })
  assert.doesNotMatch(redactor.redact('password of u'), /password of u/u)
})
