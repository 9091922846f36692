import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import {
  startGitServer,
  type GitServer,
  type GitServerOptions,
} from '../../../test/servers/git-server.ts'
import { hasCode, type ErrorCode } from '../../core/errors.ts'
import type { GitRequest, MirrorLease } from '../../core/git.ts'
import { silentLogger } from '../../core/log.ts'
import { systemClock } from '../system-clock.ts'
import { layOutRepository } from './bare.ts'
import { createMirrors } from './mirrors.ts'
import { parseRefs } from './refs.ts'

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function serve(t: TestContext, options: GitServerOptions = {}): Promise<GitServer> {
  const server = await startGitServer(options)
  t.after(server.close)
  return server
}

const ask = (repoURL: string, more: Partial<GitRequest> = {}): GitRequest => ({
  project: 'demo',
  repoURL,
  insecureSkipTLSVerify: false,
  signal: new AbortController().signal,
  ...more,
})

const tip = async (server: GitServer, repo: string, branch = 'main'): Promise<string> =>
  (await server.git(repo, 'rev-parse', `refs/heads/${branch}`)).trim()

const count = (server: GitServer, phase: 'refs' | 'rpc'): number =>
  server.requests.filter((request) => request.phase === phase).length

test('the refs are listed with the default branch, in one request', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' }, { branch: 'trunk' })
  await server.commit('app', 'other', { f: '2' })
  await server.tag('app', 'v1', 'trunk', 'first')
  const { mirrors } = await makeGitParts(t)
  const { refs, defaultBranch } = await mirrors.look(ask(url))
  assert.equal(defaultBranch, 'trunk')
  const id = await tip(server, 'app', 'trunk')
  assert.equal(refs.get('HEAD'), id)
  assert.equal(refs.get('refs/tags/v1^{}'), id)
  assert.deepEqual([...refs.keys()].sort(), [
    'HEAD',
    'refs/heads/other',
    'refs/heads/trunk',
    'refs/tags/v1',
    'refs/tags/v1^{}',
  ])
  assert.equal(server.requests.length, 1)
})

test('an empty repository has no refs and can be borrowed', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('empty')
  const { mirrors } = await makeGitParts(t)
  const lease = await mirrors.borrow(ask(url))
  assert.deepEqual([lease.refs.size, lease.defaultBranch], [0, undefined])
  await lease.release()
})

test('without a change nothing is fetched, and each use asks the remote', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors, git } = await makeGitParts(t)
  const first = await mirrors.borrow(ask(url))
  const cost = server.requests.length
  assert.equal(count(server, 'rpc'), 1)
  await (await mirrors.borrow(ask(url))).release()
  assert.equal(server.requests.length, cost + 1)

  await server.commit('app', 'main', { f: '2' })
  const lease = await mirrors.borrow(ask(url))
  assert.equal(count(server, 'rpc'), 2)
  const { stdout } = await git.run({
    args: ['cat-file', 'blob', `${lease.refs.get('refs/heads/main') ?? ''}:f`],
    gitDir: first.gitDir,
    signal: ask(url).signal,
  })
  assert.equal(stdout, '2')
})

test('however many ask at the same time, it is fetched once', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' }, { history: 50 })
  const { mirrors } = await makeGitParts(t)
  const leases = await Promise.all(Array.from({ length: 20 }, () => mirrors.borrow(ask(url))))
  assert.equal(count(server, 'rpc'), 1)
  assert.ok(count(server, 'refs') <= 3)
  assert.equal(new Set(leases.map((lease) => lease.gitDir)).size, 1)
})

test('whoever asks while an answer is under way gets a newer one', async (t) => {
  const server = await serve(t, { latencyMs: 150 })
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  const early = mirrors.refs(ask(url))
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const id = await server.commit('app', 'main', { f: '2' })
  const late = mirrors.refs(ask(url))
  const also = mirrors.refs(ask(url))
  await early
  assert.equal((await late).get('refs/heads/main'), id)
  assert.equal((await also).get('refs/heads/main'), id)
  assert.equal(server.requests.length, 2)
})

test('a caller that gives up does not end the wait of the others', async (t) => {
  const server = await serve(t, { latencyMs: 100 })
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  const controller = new AbortController()
  const impatient = mirrors.borrow(ask(url, { signal: controller.signal }))
  const patient = mirrors.borrow(ask(url))
  setTimeout(() => controller.abort(), 50)
  await assert.rejects(impatient, fails('Canceled'))
  assert.ok((await patient).refs.has('refs/heads/main'))
})

test('S31: a mirror serves nobody who cannot reach the repository with their own credential', async (t) => {
  const accounts = [
    { username: 'a', password: 'password-of-a' },
    { username: 'b', password: 'password-of-b' },
  ]
  const server = await serve(t, { accounts })
  const url = await server.createRepo('app', { secret: 'of a' })
  const passwords: Record<string, string> = {
    a: 'password-of-a',
    b: 'password-of-b',
    c: 'wrong-one',
  }
  const { mirrors } = await makeGitParts(t, {
    credentials: (project) => {
      const password = passwords[project]
      return password === undefined
        ? undefined
        : { username: project, password, fingerprint: `${project}/${password}` }
    },
  })
  const id = await tip(server, 'app')
  const ofA = await mirrors.open({ ...ask(url, { project: 'a' }), wanted: [id] })
  for (const project of ['c', 'nobody']) {
    await assert.rejects(
      mirrors.open({ ...ask(url, { project }), wanted: [id] }),
      fails('Unauthorized'),
    )
  }
  const ofB = await mirrors.open({ ...ask(url, { project: 'b' }), wanted: [id] })
  assert.notEqual(ofA.gitDir, ofB.gitDir)

  passwords['a'] = 'revoked-long-ago'
  await assert.rejects(
    mirrors.open({ ...ask(url, { project: 'a' }), wanted: [id] }),
    fails('Unauthorized'),
  )
})

test('S31: an object of one repository cannot be had through another', async (t) => {
  const server = await serve(t)
  const mine = await server.createRepo('mine', { f: '1' })
  await server.createRepo('theirs', { f: 'secret' })
  const { mirrors } = await makeGitParts(t)
  const theirs = await tip(server, 'theirs')
  await (await mirrors.open({ ...ask(server.repoURL('theirs')), wanted: [theirs] })).release()
  await assert.rejects(mirrors.open({ ...ask(mine), wanted: [theirs] }), fails('NotFound'))
})

test('S15: the credential is in no argument, file or error', async (t) => {
  const password = 'canary-5f2c9'
  const server = await serve(t, { accounts: [{ username: 'u', password }] })
  const url = await server.createRepo('app', { f: '1' })
  const errors: string[] = []
  const { mirrors, spawned, folder } = await makeGitParts(t, {
    credentials: () => ({ username: 'u', password, fingerprint: 'f' }),
  })
  await (await mirrors.borrow(ask(url))).release()
  const inURL = url.replace('://', `://u:${password}@`).replace('app', 'none')
  for (const bad of [inURL, `http://u:${password}@127.0.0.1:1/x`, `git://u:${password}@h/x`]) {
    await mirrors.borrow(ask(bad)).catch((error: unknown) => errors.push(String(error)))
  }
  server.inject({ action: { kind: 'status', status: 500 } })
  await mirrors.borrow(ask(url)).catch((error: unknown) => errors.push(String(error)))
  assert.equal(errors.length, 4)
  const forms = [password, Buffer.from(`u:${password}`).toString('base64')]
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const onDisk = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  )
  for (const form of forms) {
    assert.ok(!errors.some((error) => error.includes(form)))
    assert.ok(!spawned.some(({ args }) => args.some((arg) => arg.includes(form))))
    assert.ok(!onDisk.some((content) => content.includes(form)))
  }
})

test('S25: the credential goes to its own repository only, and nowhere by a redirect', async (t) => {
  const password = 'canary-77aa1'
  const accounts = [{ username: 'u', password }]
  const server = await serve(t, { accounts })
  const seen: (string | undefined)[] = []
  const thief = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
  t.after(() => thief.close())
  const address = thief.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors, spawned } = await makeGitParts(t, {
    credentials: (_, asked) =>
      asked === url ? { username: 'u', password, fingerprint: 'f' } : undefined,
  })
  server.inject({
    times: 2,
    action: {
      kind: 'redirect',
      location: `http://127.0.0.1:${port}/app.git/info/refs?service=git-upload-pack`,
    },
  })
  await assert.rejects(mirrors.borrow(ask(url)), fails('Forbidden'))
  assert.deepEqual(seen, [])

  const headers = spawned.flatMap(({ env = {} }) =>
    Object.values(env).filter((value) => value.endsWith('.extraHeader')),
  )
  assert.deepEqual([...new Set(headers)], [`http.${url}.extraHeader`])

  const other = await server.createRepo('other', { f: '1' })
  await assert.rejects(mirrors.borrow(ask(other)), fails('Unauthorized'))
})

test('an address that moved on its own host is followed', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  const bare = url.replace(/\.git$/u, '')
  server.inject({
    times: 2,
    action: {
      kind: 'redirect',
      location: `${url}/info/refs?service=git-upload-pack`,
    },
  })
  assert.ok((await mirrors.borrow(ask(bare))).refs.has('refs/heads/main'))
})

test('S24: addresses that are no addresses reach no process', async (t) => {
  const { mirrors, spawned, folder } = await makeGitParts(t)
  for (const url of [
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=x',
    'ext::sh -c id',
    'ext::sh',
    'fd::3',
    'file:///etc',
    '/etc',
    './repo',
    'ssh://-oProxyCommand=x/repo',
    'ssh://-l@host/repo',
    '-x@host:repo',
    'https://host/a b',
    'https://host/a\nb',
    'git://host/repo',
    'ftp://host/repo',
    'https://',
    '',
    folder,
  ]) {
    await assert.rejects(mirrors.refs(ask(url)), fails('Invalid'), url)
  }
  assert.equal(spawned.length, 0)
})

test('S24: wanted ids that are no ids reach no process', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  for (const id of ['--upload-pack=x', 'HEAD', 'main', 'abc', `${'a'.repeat(40)} x`]) {
    await assert.rejects(mirrors.open({ ...ask(url), wanted: [id] }), fails('Invalid'), id)
  }
})

test('S26: refused addresses are not reached', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t, { allowLoopback: false })
  for (const bad of [
    url,
    url.replace('127.0.0.1', 'localhost'),
    url.replace('127.0.0.1', '2130706433'),
    'http://169.254.169.254/x.git',
    'https://[fe80::1]/x.git',
  ]) {
    await assert.rejects(mirrors.refs(ask(bad)), fails('Forbidden'), bad)
  }
  assert.equal(server.requests.length, 0)
})

test('a commit that no branch or tag holds is fetched by its id', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const id = await server.commit('app', 'review', { f: 'reviewed' })
  await server.git('app', 'update-ref', 'refs/pull/1/head', id)
  await server.git('app', 'update-ref', '-d', 'refs/heads/review')
  const { mirrors } = await makeGitParts(t)
  const lease = await mirrors.open({ ...ask(url), wanted: [id] })
  assert.equal(
    await lease.git(['cat-file', 'blob', `${id}:f`], { signal: ask(url).signal }),
    'reviewed',
  )
  await assert.rejects(mirrors.open({ ...ask(url), wanted: ['1'.repeat(40)] }), fails('NotFound'))
})

test('branches that are gone make room for new names, their commits stay', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const old = await server.commit('app', 'env', { f: 'old' })
  const { mirrors } = await makeGitParts(t)
  await (await mirrors.borrow(ask(url))).release()
  await server.git('app', 'update-ref', '-d', 'refs/heads/env')
  await server.commit('app', 'env/prod', { f: 'new' })
  const lease = await mirrors.borrow(ask(url))
  assert.ok(lease.refs.has('refs/heads/env/prod'))
  const again = await mirrors.open({ ...ask(url), wanted: [old] })
  assert.equal(await again.git(['cat-file', '-t', old], { signal: ask(url).signal }), 'commit\n')
})

test('beyond the cap the longest unused mirror goes, never one that is lent', async (t) => {
  const server = await serve(t)
  const content = Buffer.from(Array.from({ length: 60_000 }, () => Math.random() * 256)).toString(
    'base64',
  )
  const urls: string[] = []
  for (const name of ['a', 'b', 'c']) {
    urls.push(await server.createRepo(name, { f: content }))
  }
  const { mirrors, folder } = await makeGitParts(t, {
    mirrors: { maxBytes: 80_000, tidyEveryMs: 0 },
  })
  const leases = []
  for (const [index, url] of urls.entries()) {
    const lease = await mirrors.borrow(ask(url))
    leases.push(lease)
    if (index === 0) await lease.release()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await mirrors.close()
  const left = await readdir(join(folder, 'mirrors'))
  assert.deepEqual(
    left.sort(),
    leases
      .slice(1)
      .map((lease) => lease.gitDir.slice(-44))
      .sort(),
  )
})

test('a mirror in which somebody reads is not removed to make room either', async (t) => {
  const server = await serve(t)
  const [first, second] = [
    await server.createRepo('a', { f: '1' }),
    await server.createRepo('b', { f: '2' }),
  ]
  const { mirrors, folder } = await makeGitParts(t, { mirrors: { maxBytes: 1, tidyEveryMs: 0 } })
  const id = await tip(server, 'a')
  const lease = await mirrors.open({ ...ask(first), wanted: [id] })
  await (await mirrors.borrow(ask(second))).release()
  await mirrors.close()
  const left = await readdir(join(folder, 'mirrors'))
  assert.deepEqual(left, [lease.gitDir.slice(-44)])
})

test('a broken or deleted mirror is fetched anew', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors, git } = await makeGitParts(t)
  const lease = await mirrors.borrow(ask(url))
  await lease.release()
  const packs = join(lease.gitDir, 'objects')
  for (const name of await readdir(packs, { recursive: true })) {
    const path = join(packs, name)
    if ((await stat(path)).isFile()) {
      await rm(path)
      await writeFile(path, '')
    }
  }
  await server.commit('app', 'main', { f: '2' })
  const mended = await mirrors.borrow(ask(url))
  const id = mended.refs.get('refs/heads/main') ?? ''
  const show = async (): Promise<string> =>
    (
      await git.run({
        args: ['cat-file', 'blob', `${id}:f`],
        gitDir: mended.gitDir,
        signal: ask(url).signal,
      })
    ).stdout
  assert.equal(await show(), '2')
})

test('a mirror that somebody deleted is fetched anew', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  const lease = await mirrors.borrow(ask(url))
  await rm(lease.gitDir, { recursive: true })
  const id = await tip(server, 'app')
  const again = await mirrors.open({ ...ask(url), wanted: [id] })
  assert.equal(await again.git(['cat-file', '-t', id], { signal: ask(url).signal }), 'commit\n')
})

test('locks of a killed git do not stop the next process', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors, git, folder } = await makeGitParts(t)
  const { gitDir } = await mirrors.borrow(ask(url))
  await mirrors.close()
  for (const lock of ['packed-refs.lock', 'HEAD.lock', 'refs/heads/main.lock', 'shallow.lock']) {
    await writeFile(join(gitDir, lock), '')
  }
  await writeFile(join(gitDir, 'objects/pack/tmp_pack_XXXX'), 'half')
  const id = await server.commit('app', 'main', { f: '2' })
  const next = createMirrors({
    folder: join(folder, 'mirrors'),
    git,
    clock: systemClock,
    log: silentLogger,
  })
  const lease = await next.open({ ...ask(url), wanted: [id] })
  assert.equal(lease.gitDir, gitDir)
  assert.equal(await lease.git(['rev-parse', 'main'], { signal: ask(url).signal }), `${id}\n`)
  assert.ok(!(await readdir(join(gitDir, 'objects/pack'))).includes('tmp_pack_XXXX'))
  await next.close()
})

test('many fetches do not make many packs', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '0' })
  const { mirrors } = await makeGitParts(t, { mirrors: { tidyEveryMs: 0 } })
  let gitDir = ''
  for (let round = 1; round <= 33; round += 1) {
    const id = await server.commit('app', 'main', { f: String(round) })
    const lease = await mirrors.open({ ...ask(url), wanted: [id] })
    gitDir = lease.gitDir
  }
  const lease = await mirrors.open({ ...ask(url), wanted: [await tip(server, 'app')] })
  const counted = await lease.git(['rev-list', '--objects', '--count', 'main'], {
    signal: ask(url).signal,
  })
  assert.equal(Number(counted), 34 * 3)
  await mirrors.close()
  const packs = (await readdir(join(gitDir, 'objects/pack'))).filter((f) => f.endsWith('.pack'))
  assert.ok(packs.length < 25, `${packs.length} packs`)
})

test('failures of a remote say what kind they are', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  await assert.rejects(mirrors.refs(ask(url.replace('app', 'none'))), fails('NotFound'))
  await assert.rejects(mirrors.refs(ask('http://127.0.0.1:1/x.git')), fails('Unreachable'))
  await assert.rejects(mirrors.refs(ask('http://no-such-host.invalid/x')), fails('Unreachable'))
  const after = async (status: number): Promise<Promise<unknown>> => {
    server.inject({ action: { kind: 'status', status } })
    return mirrors.refs(ask(url))
  }
  await assert.rejects(after(401), fails('Unauthorized'))
  await assert.rejects(after(403), fails('Forbidden'))
  await assert.rejects(after(429), fails('RateLimited'))
  await assert.rejects(after(503), fails('Unreachable'))
  server.inject({ action: { kind: 'drop-before' } })
  await assert.rejects(mirrors.refs(ask(url)), fails('Unreachable'))
})

const readName = async (git: MirrorLease['git'], id: string): Promise<string> =>
  git(['log', '-1', '--format=%s', '--name-only', id], { signal: ask('').signal })

test('blobless: history and names without the contents; whoever needs those gets a whole mirror', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { big: 'secret content' })
  const id = await tip(server, 'app')
  const { mirrors, capability } = await makeGitParts(t)
  const small = await mirrors.open({ ...ask(url), wanted: [id], blobless: true })
  assert.match(await readName(small.git, id), /initial\n\nbig/u)
  const show = ['cat-file', 'blob', `${id}:big`]
  await assert.rejects(small.git(show, { signal: ask(url).signal }), fails('Internal'))

  const next = await server.commit('app', 'main', { other: '2' })
  const again = await mirrors.open({ ...ask(url), wanted: [next], blobless: true })
  assert.equal(again.gitDir, small.gitDir)
  assert.match(await readName(again.git, next), /other/u)

  const borrowed = await capability.borrow(ask(url))
  assert.notEqual(borrowed.gitDir, small.gitDir)
  const whole = await mirrors.open({ ...ask(url), wanted: [id] })
  assert.equal(await whole.git(show, { signal: ask(url).signal }), 'secret content')
  // Where there is a whole one it serves everybody: nothing is fetched twice.
  const later = await mirrors.open({ ...ask(url), wanted: [next], blobless: true })
  assert.equal(later.gitDir, borrowed.gitDir)
})

test('blobless: a server that cannot leave anything out sends everything', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  await server.git('app', 'config', 'uploadpack.allowFilter', 'false')
  const id = await tip(server, 'app')
  const { mirrors } = await makeGitParts(t)
  const lease = await mirrors.open({ ...ask(url), wanted: [id], blobless: true })
  assert.match(await readName(lease.git, id), /initial\n\nf/u)
})

test('blobless: packing many fetches together loses nothing', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '0' })
  const { mirrors } = await makeGitParts(t, { mirrors: { tidyEveryMs: 0 } })
  for (let round = 1; round <= 33; round += 1) {
    const id = await server.commit('app', 'main', { f: String(round) })
    await (await mirrors.open({ ...ask(url), wanted: [id], blobless: true })).release()
  }
  const id = await tip(server, 'app')
  const lease = await mirrors.open({ ...ask(url), wanted: [id], blobless: true })
  const log = await lease.git(['rev-list', '--count', id], { signal: ask(url).signal })
  assert.equal(log, '34\n')
})

test('what many ask of a mirror is read once', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const id = await tip(server, 'app')
  const { mirrors, spawned } = await makeGitParts(t)
  const leases = await Promise.all(
    Array.from({ length: 30 }, () => mirrors.open({ ...ask(url), wanted: [id] })),
  )
  await Promise.all(leases.map(({ git }) => readName(git, id)))
  await Promise.all(leases.map(({ git }) => readName(git, id)))
  assert.equal(spawned.filter(({ args }) => args.includes('log')).length, 1)
})

test('each command that talks to a remote is counted once, however many wait for it', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors, spawned } = await makeGitParts(t)
  const used: string[] = []
  const meter = { used: (host: string) => void used.push(host), budget: () => undefined }
  await Promise.all(Array.from({ length: 10 }, () => mirrors.borrow(ask(url, { meter }))))
  const commands = spawned.filter(({ args }) =>
    args.some((arg) => /^(fetch|ls-remote)$/u.test(arg)),
  )
  assert.equal(used.length, commands.length)
  assert.deepEqual([...new Set(used)], [new URL(url).host])
})

test('a mirror that is deleted between the opening and the reading is brought back', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const id = await tip(server, 'app')
  const { mirrors, folder } = await makeGitParts(t)
  const lease = await mirrors.open({ ...ask(url), wanted: [id] })
  await rm(join(folder, 'mirrors'), { recursive: true })
  assert.match(await readName(lease.git, id), /initial/u)
})

test('a mirror that is deleted under a checkout that borrows from it is brought back', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { capability, folder } = await makeGitParts(t)
  const lease = await capability.borrow(ask(url))
  const gitDir = join(folder, 'checkout')
  const id = await tip(server, 'app')
  await layOutRepository(gitDir, { head: id, borrowFrom: join(lease.gitDir, 'objects') })
  await rm(join(folder, 'mirrors'), { recursive: true })
  const { signal } = ask(url)
  const { stdout } = await capability.run({ args: ['cat-file', 'blob', 'HEAD:f'], gitDir, signal })
  assert.equal(stdout, '1')
})

test('another repository at the same address: unrelated history, then another object format', async (t) => {
  const server = await serve(t)
  const url = await server.createRepo('app', { f: '1' })
  const { mirrors } = await makeGitParts(t)
  await (await mirrors.borrow(ask(url))).release()
  const dir = join(server.folder, 'app.git')
  for (const format of ['sha1', 'sha256']) {
    await rm(dir, { recursive: true })
    execFileSync('git', ['init', '-q', '--bare', '-b', 'trunk', `--object-format=${format}`, dir])
    await server.commit('app', 'trunk', { f: format })
    const lease = await mirrors.borrow(ask(url))
    assert.equal(lease.defaultBranch, 'trunk')
    const id = lease.refs.get('refs/heads/trunk') ?? ''
    const opened = await mirrors.open({ ...ask(url), wanted: [id] })
    const shown = await opened.git(['cat-file', 'blob', `${id}:f`], { signal: ask(url).signal })
    assert.equal(shown, format)
    await lease.release()
    await opened.release()
  }
})

test('refs whose names hold what no name may hold are passed over', () => {
  const id = 'a'.repeat(40)
  const { refs } = parseRefs(
    `${id}\trefs/heads/ok\n${id}\trefs/heads/a\u0000b\n${id}\trefs/tags/\u001b[31m\n`,
  )
  assert.deepEqual([...refs.keys()], ['refs/heads/ok'])
})
