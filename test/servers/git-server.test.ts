import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startGitServer } from './git-server.ts'

const git = (...args: string[]): Promise<unknown> =>
  promisify(execFile)('git', args, {
    env: {
      PATH: process.env['PATH'],
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'T',
      GIT_AUTHOR_EMAIL: 't@example.com',
      GIT_COMMITTER_NAME: 'T',
      GIT_COMMITTER_EMAIL: 't@example.com',
    },
  })

test('a repository can be cloned, pushed to and read back', async (t) => {
  const server = await startGitServer()
  t.after(server.close)
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const url = await server.createRepo('demo/app', { 'a/b.txt': 'one\n' }, { history: 3 })

  await git('clone', '-q', url, folder)
  assert.equal(await readFile(join(folder, 'a/b.txt'), 'utf8'), 'one\n')
  await writeFile(join(folder, 'a/b.txt'), 'two\n')
  await git('-C', folder, 'commit', '-qam', 'second\n\nbody')
  await git('-C', folder, 'push', '-q', 'origin', 'HEAD:refs/heads/main')

  assert.equal(await server.readFile('demo/app', 'main', 'a/b.txt'), 'two\n')
  const [newest, ...older] = await server.commits('demo/app', 'main')
  assert.deepEqual(
    [newest?.subject, newest?.message, older.length],
    ['second', 'second\n\nbody', 4],
  )
  assert.equal(await server.readFile('demo/app', 'main', 'absent'), undefined)
  assert.deepEqual(
    server.requests.filter((r) => r.service === 'git-receive-pack').map((r) => r.phase),
    ['refs', 'rpc'],
  )
})

test('accounts, hooks and faults do what they say', async (t) => {
  const server = await startGitServer({ accounts: [{ username: 'u', password: 'p' }] })
  t.after(server.close)
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const url = await server.createRepo('app', { f: '1' })
  await assert.rejects(git('ls-remote', url))

  const open = url.replace('://', '://u:p@')
  await git('clone', '-q', open, folder)
  await server.commit('app', 'other', { f: '2' })
  assert.deepEqual(await server.branches('app'), ['main', 'other'])

  await git('-C', folder, 'commit', '-q', '--allow-empty', '-m', 'x')
  const push = (): Promise<unknown> => git('-C', folder, 'push', '-q', open, 'HEAD:main')
  await server.rejectPushes('app', 'branch is frozen')
  await assert.rejects(push(), /branch is frozen/u)
  await server.rejectPushes('app', undefined)

  server.inject({
    service: 'git-receive-pack',
    phase: 'rpc',
    action: { kind: 'drop-after' },
  })
  await assert.rejects(push())
  assert.equal((await server.commits('app', 'main')).length, 2)

  server.inject({ action: { kind: 'status', status: 503 }, times: 2 })
  await assert.rejects(git('ls-remote', open))
  assert.equal(server.requests.at(-1)?.status, 503)
})
