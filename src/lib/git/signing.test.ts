import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { startGitServer, type GitServer } from '../../../test/servers/git-server.ts'
import { makeStepBench, type StepBench } from '../../../test/step-bench.ts'
import { hasCode } from '../../core/errors.ts'
import gitClone from '../../steps/git-clone.ts'
import gitCommit from '../../steps/git-commit.ts'
import gitPush from '../../steps/git-push.ts'

const run = promisify(execFile)
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gt-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

async function sshKey(folder: string): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, 'key')])
  return readFile(join(folder, 'key'), 'utf8')
}

async function pgpKey(folder: string): Promise<string> {
  const env = { PATH: process.env['PATH'], GNUPGHOME: folder }
  await chmod(folder, 0o700)
  const gpg = (...args: string[]) => run('gpg', ['--batch', '--quiet', ...args], { env })
  // Made long before the commits that it signs.
  const past = ['--faked-system-time', '20200101T000000!', '--passphrase', '']
  await gpg(...past, '--quick-generate-key', 'S <signer@example.com>', 'ed25519', 'sign', 'never')
  const { stdout } = await gpg('--armor', '--export-secret-keys')
  await run('gpgconf', ['--kill', 'all'], { env })
  return stdout
}

interface Signed {
  readonly bench: StepBench
  readonly server: GitServer
  readonly raw: string
  commitAgain(): Promise<unknown>
}

async function signedCommit(t: TestContext, signingKey: string): Promise<Signed> {
  const server = await startGitServer()
  t.after(server.close)
  const url = await server.createRepo('app', { f: '1' })
  const bench = await makeStepBench(t, { pushIntegration: 'RebaseOrFail' })
  const author = { name: 'Signer', email: 'signer@example.com', signingKey }
  const make = async (): Promise<unknown> => {
    await bench.renew()
    await bench.run(gitClone, { repoURL: url, author, checkout: [{ path: 'src' }] })
    await writeFile(join(bench.root, 'src/f'), '2')
    return (await bench.run(gitCommit, { path: 'src', message: 'signed' })).output?.['commit']
  }
  const commit = await make()
  await server.commit('app', 'main', { other: '1' }, 'theirs')
  await bench.run(gitPush, { path: 'src' })
  const raw = await server.git('app', 'cat-file', 'commit', 'main')
  return {
    bench,
    server,
    raw,
    commitAgain: async () => {
      await server.git('app', 'update-ref', 'refs/heads/main', 'main~2')
      const again = await make()
      assert.equal(again, commit)
      return again
    },
  }
}

test('a commit is signed with an OpenSSH key, also after a rebase, and the same each time', async (t) => {
  if (!has('ssh-keygen')) {
    // Without the program there is no signature and no commit: the step says what is missing.
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----'
    await assert.rejects(signedCommit(t, key), (error) => hasCode(error, 'Internal'))
    return
  }
  const folder = await tempFolder(t)
  const { bench, raw, server, commitAgain } = await signedCommit(t, await sshKey(folder))
  assert.match(raw, /^gpgsig -----BEGIN SSH SIGNATURE-----/mu)
  const [, , publicKey = ''] = /^(ssh-ed25519) (\S+)/u.exec(
    await readFile(join(folder, 'key.pub'), 'utf8'),
  ) ?? ['', '', '']
  const allowed = join(folder, 'allowed')
  await writeFile(allowed, `signer@example.com ssh-ed25519 ${publicKey}\n`)
  await server.git('app', '-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', 'main')
  await commitAgain()
  await leavesNoKey(bench)
})

test('a commit is signed with a PGP key, also after a rebase, and the same each time', async (t) => {
  if (!has('gpg')) {
    const key = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n-----END PGP PRIVATE KEY BLOCK-----'
    await assert.rejects(signedCommit(t, key), (error) => hasCode(error, 'Unavailable'))
    return
  }
  const { bench, raw, commitAgain } = await signedCommit(t, await pgpKey(await tempFolder(t)))
  assert.match(raw, /^gpgsig -----BEGIN PGP SIGNATURE-----/mu)
  await commitAgain()
  await leavesNoKey(bench)
})

test('a key that is none is an error, not an unsigned commit', async (t) => {
  await assert.rejects(signedCommit(t, 'not a key'), (error) => hasCode(error, 'Internal'))
  if (!has('gpg')) return
  await assert.rejects(signedCommit(t, '-----BEGIN PGP PRIVATE KEY BLOCK-----\nx'), (error) =>
    hasCode(error, 'Invalid'),
  )
})

test('a rebase that would take the signature off a commit of ours is refused', async (t) => {
  if (!has('ssh-keygen')) return
  const { bench, server } = await signedCommit(t, await sshKey(await tempFolder(t)))
  await bench.renew()
  const url = server.repoURL('app')
  await bench.run(gitClone, { repoURL: url, checkout: [{ path: 'src' }] })
  await writeFile(join(bench.root, 'src/f'), '3')
  await bench.run(gitCommit, {
    path: 'src',
    message: 'signed by another',
    author: {
      name: 'Other',
      email: 'o@example.com',
      signingKey: await sshKey(await tempFolder(t)),
    },
  })
  await server.commit('app', 'main', { more: '1' })
  const result = await bench.run(gitPush, { path: 'src' })
  assert.deepEqual([result.status, result.terminal], ['Failed', true])
})

test('what a killed process left of its keys is removed at the next start', async (t) => {
  const { createPrivateFiles } = await import('./private-files.ts')
  const owner = await tempFolder(t)
  const mine = await createPrivateFiles(owner).make()
  const other = await createPrivateFiles(`${owner}/other`).make()
  t.after(other.end)
  await mkdir(join(mine.path, 'deep'))
  createPrivateFiles(owner)
  const left = await readdir(tmpdir())
  assert.ok(!left.includes(basename(mine.path)))
  assert.ok(left.includes(basename(other.path)))
})

async function leavesNoKey(bench: StepBench): Promise<void> {
  const { createHash } = await import('node:crypto')
  const prefix = `gk-${createHash('sha256').update(bench.folder).digest('hex').slice(0, 8)}-`
  assert.deepEqual(
    (await readdir(tmpdir())).filter((name) => name.startsWith(prefix)),
    [],
  )
}
