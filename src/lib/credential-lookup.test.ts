import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '../core/kinds/secret.ts'
import { silentLogger } from '../core/log.ts'
import type { Credential, RepoType } from '../core/credential.ts'
import basic from '../credentials/basic.ts'
import ssh from '../credentials/ssh.ts'
import { createCredentialLookup } from './credential-lookup.ts'

type Entry = { namespace?: string; name: string; type?: RepoType; data: Record<string, string> }

function toSecret({ namespace = 'demo', name, data }: Entry): Secret {
  const encoded = Object.entries(data).map(([key, value]) => [key, btoa(value)])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    data: Object.fromEntries(encoded),
  }
}

async function find(
  secrets: readonly Entry[],
  url: string,
  options: { type?: RepoType; allowPlainHttp?: boolean; onSecret?: (value: string) => void } = {},
): Promise<Credential | undefined> {
  const lookup = createCredentialLookup({
    listSecrets: async (namespace, type) =>
      secrets
        .filter((entry) => (entry.namespace ?? 'demo') === namespace)
        .filter((entry) => (entry.type ?? 'git') === type)
        .map(toSecret),
    providers: [basic, ssh],
    sharedNamespace: 'shared',
    allowPlainHttp: options.allowPlainHttp ?? false,
    onSecret: options.onSecret ?? (() => undefined),
    log: silentLogger,
  })
  const { signal } = new AbortController()
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

test('inside a namespace the first by name wins, patterns and addresses mixed', async () => {
  const exact = { name: 'b', data: login('exact', url) }
  const pattern = { name: 'a', data: login('pattern', 'example\\.com', { repoURLIsRegex: 'true' }) }
  assert.equal((await find([exact, pattern], url))?.username, 'pattern')
  assert.equal((await find([{ ...pattern, name: 'c' }, exact], url))?.username, 'exact')
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

test('handed-out secrets are announced, and fingerprints tell contents apart', async () => {
  const heard: string[] = []
  const onSecret = (value: string): number => heard.push(value)
  const one = await find([{ name: 'a', data: login('u', url) }], url, { onSecret })
  const two = await find([{ name: 'a', data: login('v', url) }], url)
  const again = await find([{ name: 'b', data: login('u', url) }], url)
  assert.deepEqual(heard, ['password of u'])
  assert.notEqual(one?.fingerprint, two?.fingerprint)
  assert.equal(one?.fingerprint, again?.fingerprint)
})
