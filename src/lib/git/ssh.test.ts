import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { createAddressRules } from '../address-rules.ts'
import { createExec } from '../exec.ts'
import { systemClock } from '../system-clock.ts'
import { createGit } from './git.ts'

/** Notes how it was called, then runs the remote command here: what sshd would do. */
const program = `#!/bin/sh
printf '%s\\n' "$@" > "$NOTES/args"
for word in "$@"; do
  case "$previous" in -i) cp -p "$word" "$NOTES/key"; ls -l "$word" > "$NOTES/mode" ;; esac
  case "$word" in UserKnownHostsFile=*) cp "\${word#*=}" "$NOTES/known" ;; esac
  previous="$word"
done
eval "exec $previous"
`

test('over ssh the key goes by a private file, the host is pinned, and nothing of the user is read', async (t) => {
  const server = await startGitServer()
  t.after(server.close)
  await server.createRepo('app', { f: '1' })
  const { folder } = await makeGitParts(t)
  const bin = join(folder, 'a bin')
  await mkdir(bin)
  await writeFile(join(bin, 'ssh'), program, { mode: 0o755 })
  const notes = join(folder, 'notes')
  await mkdir(notes)
  const exec = createExec({
    clock: systemClock,
    environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, NOTES: notes },
  })
  const git = createGit({
    exec,
    addresses: createAddressRules({ allowLoopback: true }),
    credentials: {
      find: () =>
        Promise.resolve({
          sshPrivateKey: 'PRIVATE KEY',
          sshKnownHosts: 'localhost ssh-ed25519 AAAA',
          fingerprint: 'f',
        }),
    },
    tempFolder: folder,
  })
  const signal = new AbortController().signal
  for (const repoURL of [
    `git@localhost:${join(server.folder, 'app.git')}`,
    `ssh://git@localhost:2222${join(server.folder, 'app.git')}`,
  ]) {
    const remote = await git.remote({
      project: 'demo',
      repoURL,
      insecureSkipTLSVerify: false,
      signal,
    })
    const { stdout } = await git.run({ args: ['ls-remote', '--', remote.url], remote, signal })
    assert.match(stdout, /refs\/heads\/main/u)
    const args = (await readFile(join(notes, 'args'), 'utf8')).split('\n')
    for (const wanted of ['-F', '/dev/null', 'BatchMode=yes', 'IdentitiesOnly=yes']) {
      assert.ok(args.includes(wanted), wanted)
    }
    assert.ok(args.includes('StrictHostKeyChecking=yes'))
    assert.ok(args.includes('HostKeyAlias=localhost'))
    assert.ok(args.some((arg) => /^HostName=(127\.0\.0\.1|::1)$/u.test(arg)))
    assert.ok(!args.join(' ').includes('PRIVATE'))
    assert.equal(await readFile(join(notes, 'key'), 'utf8'), 'PRIVATE KEY\n')
    assert.match(await readFile(join(notes, 'mode'), 'utf8'), /^-rw-------/u)
    assert.match(await readFile(join(notes, 'known'), 'utf8'), /^localhost ssh-ed25519/u)
    const key = args[args.indexOf('-i') + 1] ?? ''
    await assert.rejects(readFile(key))
  }
})
