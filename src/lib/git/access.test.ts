import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { hasCode } from '../../core/errors.ts'
import { createAddressRules, type AddressRules } from '../address-rules.ts'
import { createExec } from '../exec.ts'
import { systemClock } from '../system-clock.ts'
import { createGit } from './git.ts'

const signal = new AbortController().signal
const real = createAddressRules({ allowLoopback: true })

/** Name resolution of a name that only these rules know. */
const withName = (name: string, address: string): AddressRules => ({
  ...real,
  resolve: (host) => real.resolve(host === name ? address : host),
  isSecure: (url) => real.isSecure(url.hostname === name ? new URL(`http://${address}`) : url),
})

const gitWith = (addresses: AddressRules, password?: string) =>
  createGit({
    exec: createExec({ clock: systemClock }),
    addresses,
    credentials: {
      find: () =>
        Promise.resolve(password === undefined ? undefined : { password, fingerprint: 'f' }),
    },
    tempFolder: tmpdir(),
  })

const list = async (git: ReturnType<typeof createGit>, repoURL: string): Promise<string> => {
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  const remote = await git.remote(request)
  return (await git.run({ args: ['ls-remote', '--', remote.url], remote, signal })).stdout
}

test('S26: git connects to the address that was checked, whatever the name says to others', async (t) => {
  const server = await startGitServer()
  t.after(server.close)
  await server.createRepo('app', { f: '1' })
  const url = `http://git.invalid:${server.port}/app.git`
  assert.match(await list(gitWith(withName('git.invalid', '127.0.0.1')), url), /refs\/heads\/main/u)
  await assert.rejects(list(gitWith(withName('git.invalid', '169.254.169.254')), url), (error) =>
    hasCode(error, 'Forbidden'),
  )
})

test('S27: a credential does not travel over plain http', async () => {
  const git = gitWith(withName('git.invalid', '192.0.2.1'), 'canary-9911')
  await assert.rejects(
    list(git, 'http://git.invalid/app.git'),
    (error) => hasCode(error, 'Forbidden') && !error.message.includes('canary'),
  )
})

test('S15: an address that cannot be read is not quoted with its credential, however it is misspelled', async () => {
  for (const address of [
    'https://bot:canary-1/canary-2@host/app',
    'https://bot:canary-1@canary-2@host/app x',
    'https:/bot:canary-1@host/app',
    'bot:canary-1@host/app',
  ])
    await assert.rejects(
      list(gitWith(real), address),
      (error) =>
        hasCode(error, 'Invalid') &&
        !error.message.includes('canary') &&
        error.message.includes('host/app'),
      address,
    )
})

test('user@host:path begins in the home of the user, as git itself takes it, and is no other address', async () => {
  const git = gitWith(real)
  const reach = async (repoURL: string): Promise<string> => {
    const remote = await git.remote({
      project: 'demo',
      repoURL,
      insecureSkipTLSVerify: false,
      signal,
    })
    const args = ['ls-remote', '--get-url', '--', remote.url]
    return (await git.run({ args, remote, signal })).stdout.trim()
  }
  for (const address of ['git@127.0.0.1:team/app.git', 'git@127.0.0.1:~other/ä%20b'])
    assert.equal(await reach(address), address)
  assert.equal(await reach('git@127.0.0.1:/srv/app'), 'ssh://git@127.0.0.1/srv/app')
  assert.equal(await reach('ssh://git@127.0.0.1/team/app'), 'ssh://git@127.0.0.1/team/app')
  const keyOf = async (repoURL: string): Promise<string> =>
    (await git.remote({ project: 'demo', repoURL, insecureSkipTLSVerify: false, signal })).key
  assert.notEqual(await keyOf('git@127.0.0.1:app'), await keyOf('ssh://git@127.0.0.1/app'))
  assert.equal(await keyOf('git@127.0.0.1:/app'), await keyOf('ssh://git@127.0.0.1/app'))
})

test('what steps are handed of a repository is its address; what opens it stays behind', async (t) => {
  const accounts = [{ username: 'git', password: 'canary-4711' }]
  const server = await startGitServer({ accounts })
  t.after(server.close)
  const repoURL = await server.createRepo('app', { f: '1' })
  const credentials = () => ({ password: 'canary-4711', fingerprint: 'f' })
  const { capability } = await makeGitParts(t, { credentials })
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  const lease = await capability.borrow(request)
  for (const remote of [lease.remote, await capability.remote(request)]) {
    assert.deepEqual({ ...remote }, { url: repoURL })
    const listed = await capability.run({ args: ['ls-remote', '--', remote.url], remote, signal })
    assert.match(listed.stdout, /refs\/heads\/main/u)
  }
  const forged = capability.run({ args: ['ls-remote'], remote: { url: repoURL }, signal })
  await assert.rejects(forged, (error) => hasCode(error, 'Internal'))
  await lease.release()
})
