import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startFaultProxy, type Fault } from '../../../test/servers/fault-proxy.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { selfSigned } from '../../../test/servers/self-signed.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { blame } from './blame.ts'
import { push } from './push.ts'

const ask = (repoURL: string, insecureSkipTLSVerify = false) => ({
  project: 'demo',
  repoURL,
  insecureSkipTLSVerify,
  signal: new AbortController().signal,
})

async function serve(t: TestContext) {
  const server = await startGitServer()
  const proxy = await startFaultProxy({ targetPort: server.port })
  t.after(async () => {
    await proxy.close()
    await server.close()
  })
  const url = proxy.through(await server.createRepo('app', { f: 'x'.repeat(50_000) }))
  const parts = await makeGitParts(t, { stallMs: 2000 })
  return { server, proxy, url, ...parts }
}

const faults: readonly (readonly [Fault, ErrorCode])[] = [
  [{ kind: 'black-hole' }, 'Timeout'],
  [{ kind: 'slow-loris' }, 'Timeout'],
  [{ kind: 'reset' }, 'Unreachable'],
  [{ kind: 'early-eof' }, 'Unreachable'],
  [{ kind: 'truncated' }, 'Unreachable'],
  [{ kind: 'wrong-length', by: 100 }, 'Unreachable'],
  [{ kind: 'status', status: 401 }, 'Unauthorized'],
  [{ kind: 'status', status: 403 }, 'Forbidden'],
  [{ kind: 'status', status: 404 }, 'NotFound'],
  [{ kind: 'status', status: 429 }, 'RateLimited'],
  [{ kind: 'status', status: 500 }, 'Unreachable'],
]

test('each fault of a remote gives its code, for the list of refs as for the fetch; then all is well', async (t) => {
  const { server, proxy, mirrors } = await serve(t)
  const names: string[] = []
  const meet = async (fault: Fault, code: ErrorCode, phase: string): Promise<void> => {
    const name = `r${names.length}`
    names.push(name)
    const url = proxy.through(await server.createRepo(name, { f: 'x'.repeat(20_000) }))
    const id = (await server.git(name, 'rev-parse', 'main')).trim()
    proxy.inject({ fault, path: new RegExp(`/${name}\\.git/${phase}`, 'u') })
    const opened = mirrors.open({ ...ask(url), wanted: [id] })
    await assert.rejects(opened, { code }, `${fault.kind} ${phase}`)
  }
  const phases = ['info/refs', 'git-upload-pack$']
  await Promise.all(
    faults.flatMap(([fault, code]) => phases.map((phase) => meet(fault, code, phase))),
  )
  proxy.heal()
  for (const name of names) {
    const url = proxy.through(server.repoURL(name))
    assert.ok((await mirrors.look(ask(url))).refs.has('refs/heads/main'))
  }
})

test('a remote that hangs keeps nobody from another repository of the same host', async (t) => {
  const { server, proxy, url, mirrors } = await serve(t)
  const other = proxy.through(await server.createRepo('other', { f: '1' }))
  proxy.inject({ fault: { kind: 'black-hole' }, path: /app\.git/u })
  let isOver = false
  const hanging = assert.rejects(mirrors.look(ask(url)), { code: 'Timeout' }).then(() => {
    isOver = true
  })
  assert.ok((await mirrors.look(ask(other))).refs.has('refs/heads/main'))
  assert.equal(isOver, false)
  await hanging
})

test('a redirect to another host is refused, and that host is told nothing', async (t) => {
  const { proxy, url } = await serve(t)
  const seen: unknown[] = []
  const thief = createServer((request, response) => {
    seen.push(request.headers)
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
  t.after(() => thief.close())
  const address = thief.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const { mirrors } = await makeGitParts(t, {
    credentials: () => ({ username: 'u', password: 'canary-31', fingerprint: 'f' }),
  })
  proxy.inject({ fault: { kind: 'redirect', to: `http://127.0.0.1:${port}`, status: 302 } })
  await assert.rejects(mirrors.look(ask(url)), { code: 'Forbidden' })
  assert.deepEqual(seen, [])
})

test('a certificate that nobody vouches for is refused, unless the subscription says so', async (t) => {
  const server = await startGitServer({ tls: selfSigned })
  t.after(server.close)
  const url = await server.createRepo('app', { f: '1' })
  const id = (await server.git('app', 'rev-parse', 'main')).trim()
  const { mirrors } = await makeGitParts(t)
  await assert.rejects(mirrors.look(ask(url)), { code: 'Unreachable' })
  const lease = await mirrors.open({ ...ask(url, true), wanted: [id] })
  assert.equal(await lease.git(['cat-file', '-t', id], { signal: ask(url).signal }), 'commit\n')
  // What was fetched so is of no use to whoever insists on the certificate.
  await assert.rejects(mirrors.open({ ...ask(url), wanted: [id] }), { code: 'Unreachable' })
})

test('S4: what a remote says is read in time that grows with its length, and quoted in short', async (t) => {
  const { capability } = await makeGitParts(t)
  const answer = (stdout: string) => ({
    ...capability,
    run: () => Promise.resolve({ exitCode: 1, stdout, stderr: '' }),
  })
  const remote = { url: 'https://git.example.com/app' }
  const [source, target] = ['0'.repeat(40), 'refs/heads/main']
  const ask = { gitDir: '/nowhere', source, target, force: false, signal: AbortSignal.any([]) }
  const started = performance.now()
  for (const reason of ['[a] ('.repeat(60_000), `${'[a] ('.repeat(30_000)}) x`]) {
    const line = `!\t${source}:${target}\t[remote rejected] (${reason})\n`
    const result = await push(answer(line), { ...ask, remote })
    assert.ok(result.state === 'rejected' && result.reason.length <= 1000)
  }
  for (const words of ['object file ', 'permission to ', 'repository '])
    assert.equal(blame('push failed', words.repeat(30_000), remote).code, 'Unreachable')
  assert.ok(performance.now() - started < 3000)
})
