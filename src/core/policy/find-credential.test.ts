import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  findCredential,
  isLoopbackHost,
  isSshUrl,
  judgeCredentials,
  mayCarryCredentials,
  type CredentialEntry,
} from './find-credential.ts'

const url = 'https://git.example.com/team/app.git'

function entry(name: string, more: Partial<CredentialEntry> = {}): CredentialEntry {
  return { name, type: 'git', repoURL: url, repoURLIsRegex: false, ...more }
}

function find(...entries: readonly CredentialEntry[]): string | undefined {
  return findCredential(entries, 'git', url)?.name
}

test('the first by name of those that fit', () => {
  assert.equal(find(entry('b'), entry('a'), entry('c')), 'a')
  assert.equal(find(entry('a', { repoURL: 'https://git.example.com/other' }), entry('b')), 'b')
  assert.equal(find(), undefined)
})

test('an address comes before a pattern, whatever their names', () => {
  const pattern = entry('a', { repoURL: '^https://git\\.example', repoURLIsRegex: true })
  assert.equal(find(pattern, entry('b')), 'b')
  assert.equal(find(pattern), 'a')
  const judged = judgeCredentials([pattern, entry('b'), entry('c', { repoURL: 'x' })], 'git', url)
  assert.deepEqual(
    judged.map(({ entry: { name }, fit }) => [name, fit]),
    [
      ['b', 'address'],
      ['c', 'none'],
      ['a', 'pattern'],
    ],
  )
})

test('a shared pattern must reach the host, so that nobody can have it sent to another', () => {
  const shared = (repoURL: string): string =>
    judgeCredentials([entry('a', { repoURL, repoURLIsRegex: true, shared: true })], 'git', url)[0]
      ?.fit ?? ''
  assert.equal(shared('team/app'), 'any-host')
  assert.equal(shared('/team/app'), 'any-host')
  assert.equal(shared('example\\.com/team/.*'), 'pattern')
  assert.equal(shared('.*'), 'pattern')
  const heard: string[] = []
  const wide = entry('a', { repoURL: 'team', repoURLIsRegex: true, shared: true })
  findCredential([wide], 'git', url, ({ name }, fit) => heard.push(name, fit))
  assert.deepEqual(heard, ['a', 'any-host'])
})

test('another type and an empty address fit nothing', () => {
  assert.equal(find(entry('a', { type: 'image' })), undefined)
  assert.equal(find(entry('a', { repoURL: '' })), undefined)
  assert.equal(find(entry('a', { repoURL: '', repoURLIsRegex: true })), undefined)
})

test('each type compares addresses in its own normal form', () => {
  const image = entry('a', { type: 'image', repoURL: 'docker.io/library/nginx' })
  assert.equal(findCredential([image], 'image', 'nginx')?.name, 'a')
  const chart = entry('a', { type: 'helm', repoURL: 'oci://ghcr.io/charts/app' })
  assert.equal(findCredential([chart], 'helm', 'ghcr.io/charts/app')?.name, 'a')
  assert.equal(find(entry('a', { repoURL: 'https://me@Git.Example.com/team/app/' })), 'a')
})

test('patterns are searched in the address as written and normalised', () => {
  const pattern = (repoURL: string) => entry('a', { repoURL, repoURLIsRegex: true })
  assert.equal(find(pattern('team/app\\.git$')), 'a')
  assert.equal(find(pattern('team/app$')), 'a')
  assert.equal(find(pattern('^team')), undefined)
})

test('a pattern that does not compile is passed over, and somebody hears of it', () => {
  const heard: string[] = []
  const broken = entry('a', { repoURL: '(', repoURLIsRegex: true })
  const good = entry('b', { repoURL: 'example', repoURLIsRegex: true })
  const found = findCredential([broken, good], 'git', url, ({ name }) => heard.push(name))
  assert.equal(found?.name, 'b')
  assert.deepEqual(heard, ['a'])
})

test('credentials go over TLS, to this machine, or where the operator allows it', () => {
  assert.equal(mayCarryCredentials(url, false), true)
  assert.equal(mayCarryCredentials('ghcr.io/example/app', false), true)
  assert.equal(mayCarryCredentials('git@example.com:app.git', false), true)
  assert.equal(mayCarryCredentials('http://localhost:3000/app', false), true)
  assert.equal(mayCarryCredentials('http://git.example.com/app', false), false)
  assert.equal(mayCarryCredentials('HTTP://git.example.com/app', false), false)
  assert.equal(mayCarryCredentials('http://[', false), false)
  assert.equal(mayCarryCredentials('http://git.example.com/app', true), true)
})

test('loopback is localhost, names under it, 127/8 and ::1', () => {
  for (const host of [
    'localhost',
    'LocalHost',
    'a.localhost',
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '[::1]',
  ])
    assert.equal(isLoopbackHost(host), true, host)
  for (const host of [
    'localhost.example.com',
    '128.0.0.1',
    '127.0.0.1.example.com',
    '::2',
    'a127.0.0.1',
    '',
  ])
    assert.equal(isLoopbackHost(host), false, host)
})

test('ssh addresses are URLs of that scheme, and the short form', () => {
  for (const ssh of ['ssh://git@host/app', 'SSH://host/app', 'git@host:team/app'])
    assert.equal(isSshUrl(ssh), true, ssh)
  for (const other of [
    url,
    'https://git@host:443/app',
    'host:team/app',
    'ghcr.io/a@b:c',
    'xssh://host',
  ])
    assert.equal(isSshUrl(other), false, other)
})

test('what stands before the host is no host, so that nobody can have a shared pattern sent elsewhere by it', () => {
  const shared = entry('a', { repoURL: 'github\\.com', repoURLIsRegex: true, shared: true })
  const fit = (address: string): string | undefined =>
    judgeCredentials([shared], 'git', address)[0]?.fit
  assert.equal(fit('https://github.com/team/app'), 'pattern')
  assert.equal(fit('https://me@github.com/team/app'), 'pattern')
  assert.equal(fit('https://github.com@elsewhere.example/app'), 'any-host')
  assert.equal(fit('https://a:github.com@elsewhere.example/app'), 'any-host')
  assert.equal(fit(' HTTPS://github.com@elsewhere.example/app'), 'any-host')
  assert.equal(fit('http://github.com@elsewhere.example/app'), 'any-host')
  const cased = entry('a', { repoURL: 'https://.*GitHub', repoURLIsRegex: true, shared: true })
  assert.equal(judgeCredentials([cased], 'git', 'https://me@GitHub.com/app')[0]?.fit, 'pattern')
  const deep = entry('a', {
    repoURL: 'example\\.com/https://U@',
    repoURLIsRegex: true,
    shared: true,
  })
  const inPath = 'https://example.com/https://U@x'
  assert.equal(judgeCredentials([deep], 'git', inPath)[0]?.fit, 'pattern')
  const keys = entry('a', { repoURL: '^ssh://git@github', repoURLIsRegex: true, shared: true })
  assert.equal(judgeCredentials([keys], 'git', 'git@github.com:team/app')[0]?.fit, 'pattern')
})

test('a pattern that is found nowhere fits nothing, and one that was never seen is compiled', () => {
  const judge = (repoURL: string): string | undefined =>
    judgeCredentials([entry('a', { repoURL, repoURLIsRegex: true })], 'git', url)[0]?.fit
  assert.equal(judge('elsewhere'), 'none')
  assert.equal(judge(`${randomUUID()}|team`), 'pattern')
  assert.equal(judge(`(${randomUUID()}`), 'bad-pattern')
})

test('a shared pattern that is bound in one form of the address is bound', () => {
  const shared = entry('a', { repoURL: 'Team/|Example', repoURLIsRegex: true, shared: true })
  const address = 'https://git.Example.com/Team/app'
  assert.equal(judgeCredentials([shared], 'git', address)[0]?.fit, 'pattern')
})

test('http:// counts only at the beginning, also after a blank', () => {
  assert.equal(
    mayCarryCredentials('https://git.example.com/?next=http://other.example', false),
    true,
  )
  assert.equal(mayCarryCredentials(' http://git.example.com/app', false), false)
})

test('a host in brackets is one only as a whole', () => {
  assert.equal(isLoopbackHost('local[host]'), false)
  assert.equal(isLoopbackHost('[local]host'), false)
})

test('S25: a pattern fits no address that leads elsewhere than it reads', () => {
  const team = entry('a', { repoURL: 'git.example.com[/:]team/', repoURLIsRegex: true })
  const judge = (address: string, type: 'git' | 'helm' = 'git'): string | undefined =>
    judgeCredentials([{ ...team, type, shared: true }], type, address)[0]?.fit
  for (const elsewhere of ['..', '.%2E', '%2e%2e', './..'])
    for (const end of ['/other/app', '/'])
      for (const start of ['https://git.example.com/', 'git@git.example.com:'])
        assert.equal(judge(`${start}team/${elsewhere}${end}`), 'none')
  assert.equal(judge('https://git.example.com/team/..\\other', 'helm'), 'none')
  assert.equal(judge('https://git.example.com/team/..', 'helm'), 'none')
  assert.equal(judge('https://git.example.com/team/..app/.git'), 'pattern')
  assert.equal(judge('https://git.example.com/team/app..'), 'pattern')
})
