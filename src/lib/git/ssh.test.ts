import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { noSshServer, startSshServer } from '../../../test/servers/ssh-server.ts'
import type { Credential } from '../../core/credential.ts'

const skip = noSshServer ?? false
const ssh = noSshServer === undefined ? await startSshServer() : undefined
const server = await startGitServer()
after(async () => {
  await ssh?.close()
  await server.close()
})
await server.createRepo('app', { f: '1' })
const path = join(server.folder, 'app.git')

const credential = (sshPrivateKey = '', sshKnownHosts?: string): Credential => ({
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

test(
  'over ssh: very many refs, some of them named like options, are fetched in one go',
  { skip },
  async (t) => {
    await server.createRepo('many', { f: '1' })
    const id = await server.commit('many', 'main', { f: '2' })
    const names = ['--upload-pack=touch${IFS}pwned', '-oProxyCommand=x', '$(id)']
    for (let n = 0; n < 6000; n += 1) names.push(`v1.0.${n}`)
    const lines = names.map((name) => `${id} refs/tags/${name}\n`)
    const folder = join(server.folder, 'many.git')
    await writeFile(join(folder, 'packed-refs'), lines.join(''))
    const { mirrors, spawned } = await makeGitParts(t, {
      credentials: () => credential(ssh?.userKey, ssh?.knownHosts),
    })
    const request = { ...ask(), repoURL: ssh?.repoURL(folder) ?? '' }
    const lease = await mirrors.borrow(request)
    assert.equal(lease.refs.size, names.length + 2)
    const words = spawned.flatMap(({ args }) => args)
    assert.ok(!words.some((word) => names.some((name) => word.includes(name))))
    // What is new is all that is sent: the mirror knows what it has.
    const next = await server.commit('many', 'main', { f: '3' })
    const opened = await mirrors.open({ ...request, wanted: [next] })
    const { signal } = request
    assert.equal(await opened.git(['rev-list', '--count', 'main'], { signal }), '3\n')
    assert.equal(
      await opened.git(
        ['for-each-ref', '--count=1', '--format=%(objectname)', 'refs/tags/v1.0.5999'],
        { signal },
      ),
      `${id}\n`,
    )
    const packs = (await readdir(join(opened.gitDir, 'objects', 'pack'))).filter((name) =>
      name.endsWith('.pack'),
    )
    assert.equal(packs.length, 2)
  },
)
