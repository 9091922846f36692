import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { noSshServer, startSshServer } from '../../../test/servers/ssh-server.ts'
import type { GitCredential } from './remote.ts'

const skip = noSshServer ?? false
const ssh = noSshServer === undefined ? await startSshServer() : undefined
const server = await startGitServer()
after(async () => {
  await ssh?.close()
  await server.close()
})
await server.createRepo('app', { f: '1' })
const path = join(server.folder, 'app.git')

const credential = (sshPrivateKey = '', sshKnownHosts?: string): GitCredential => ({
  sshPrivateKey,
  ...(sshKnownHosts !== undefined && { sshKnownHosts }),
  fingerprint: `${sshPrivateKey}${sshKnownHosts}`,
})

const ask = () => ({
  project: 'demo',
  repoURL: ssh?.repoURL(path) ?? '',
  insecureSkipTLSVerify: false,
  signal: new AbortController().signal,
})

test(
  'over ssh: the right key and the right host work, from look to promotion',
  { skip },
  async (t) => {
    const { mirrors, spawned, folder } = await makeGitParts(t, {
      credentials: () => credential(ssh?.userKey, ssh?.knownHosts),
    })
    const lease = await mirrors.borrow(ask())
    const id = await server.commit('app', 'main', { f: '2' })
    const opened = await mirrors.open({ ...ask(), wanted: [id] })
    const { signal } = ask()
    assert.equal(await opened.git(['cat-file', 'blob', `${id}:f`], { signal }), '2')
    assert.ok(lease.refs.has('refs/heads/main'))
    const said = spawned.flatMap(({ args, env }) => [...args, ...Object.values(env ?? {})])
    assert.ok(!said.some((word) => word.includes('PRIVATE KEY')))
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name !== 'mirrors'),
      [],
    )
  },
)

test('over ssh: a host with another key than the known one is refused', { skip }, async (t) => {
  const { mirrors } = await makeGitParts(t, {
    credentials: () => credential(ssh?.userKey, ssh?.wrongKnownHosts),
  })
  await assert.rejects(mirrors.look(ask()), { code: 'Unauthorized' })
})

test('over ssh: a host that the known ones do not name is refused', { skip }, async (t) => {
  const { mirrors } = await makeGitParts(t, {
    credentials: () => credential(ssh?.userKey, ssh?.knownHosts.replace('127.0.0.1', 'other')),
  })
  await assert.rejects(mirrors.look(ask()), { code: 'Unauthorized' })
})

test(
  'over ssh: a key that the server does not know is refused, and so is none',
  { skip },
  async (t) => {
    let key = ssh?.strangerKey
    const { mirrors } = await makeGitParts(t, {
      credentials: () => (key === undefined ? undefined : credential(key, ssh?.knownHosts)),
    })
    await assert.rejects(mirrors.look(ask()), { code: 'Unauthorized' })
    key = undefined
    await assert.rejects(mirrors.look(ask()), { code: 'Unauthorized' })
  },
)

test(
  'over ssh: a repository that is not there is NotFound, a port that is closed Unreachable',
  { skip },
  async (t) => {
    const { mirrors } = await makeGitParts(t, {
      credentials: () => credential(ssh?.userKey, ssh?.knownHosts),
    })
    const repoURL = ssh?.repoURL(`${path}-none`) ?? ''
    await assert.rejects(mirrors.look({ ...ask(), repoURL }), { code: 'NotFound' })
    const closed = ask().repoURL.replace(/:\d+\//u, ':1/')
    await assert.rejects(mirrors.look({ ...ask(), repoURL: closed }), { code: 'Unreachable' })
  },
)
