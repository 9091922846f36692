import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startForwardProxy } from '../../test/servers/forward-proxy.ts'
import { startGitServer } from '../../test/servers/git-server.ts'
import { selfSigned } from '../../test/servers/self-signed.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import { silentLogger } from '../core/log.ts'
import { createRedactor } from '../core/redact.ts'
import { systemClock } from '../lib/system-clock.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { capabilitiesOfSteps, toolsOfSources } from './controllers.ts'
import { type Outside, openOutside } from './outside.ts'

async function open(
  t: TestContext,
  parts: AsyncDisposableStack,
  env: NodeJS.ProcessEnv,
  { host = '127.0.0.1', redactor = createRedactor() } = {},
): Promise<Outside> {
  const dataPath = await mkdtemp(join(tmpdir(), 'gantry-outside-'))
  t.after(() => rm(dataPath, { recursive: true, force: true, maxRetries: 3 }))
  return openOutside(parts, {
    dataPath,
    host,
    env,
    clock: systemClock,
    log: silentLogger,
    redactor,
    store: createMemoryStore({ kinds: [SecretKind], clock: systemClock }),
    sharedNamespace: 'shared',
  })
}

test('steps and sources are handed what they may have, and nothing behind it', async (t) => {
  await using parts = new AsyncDisposableStack()
  const outside = await open(t, parts, {})
  const handed = (given: object): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(given).map(([name, part]) => [name, Object.keys(Object(part)).toSorted()]),
    )
  const { git, ...plain } = handed(capabilitiesOfSteps(outside))
  assert.deepEqual(plain, {
    credentials: ['find'],
    http: ['fetch'],
    yaml: ['read', 'setImages', 'setScalars'],
  })
  assert.ok(git?.includes('borrow') && !git.includes('close'))
  const { settings: _, ...sources } = handed(toolsOfSources(outside, {}))
  assert.deepEqual(sources, {
    cache: ['get', 'put'],
    credentials: ['find'],
    documents: ['read'],
    http: ['fetch'],
    mirrors: ['look', 'open', 'refs'],
    registries: ['open'],
  })
})

test("a machine's identity service is asked for Gantry's own identity alone, and through no proxy", async (t) => {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(502).end()
  })
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const { port } = proxy.address() as AddressInfo
  const address = `http://127.0.0.1:${port}`
  const env = { HTTP_PROXY: address, HTTPS_PROXY: address, CREDENTIAL_PROVIDERS_ENABLED: 'true' }
  await using parts = new AsyncDisposableStack()
  const outside = await open(t, parts, env)
  const { signal } = new AbortController()
  const request = { project: 'demo', type: 'image', url: 'example.azurecr.io/app', signal } as const
  await outside.credentials.find(request).catch(() => undefined)
  assert.deepEqual(asked, [])
  const metadata = outside.http.fetch('http://169.254.169.254/metadata/identity/oauth2/token', {
    method: 'GET',
    headers: { metadata: 'true' },
    timeoutMs: 5000,
    maxBytes: 1000,
    signal,
  })
  await assert.rejects(metadata, { code: 'Forbidden' })

  const secret = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' }
  const elsewhere = await open(t, parts, { ...env, ...secret })
  await assert.rejects(elsewhere.credentials.find(request), { code: 'Unreachable' })
  assert.deepEqual([...new Set(asked)], ['login.microsoftonline.com:443'])
})

test('git and requests go through the proxies of the environment, with their account, and what NO_PROXY names does not', async (t) => {
  const account = { username: 'gantry', password: 'canary/9@3 proxy' }
  const proxy = await startForwardProxy({ account })
  const secure = await startGitServer({ tls: selfSigned })
  const plain = await startGitServer()
  t.after(() => Promise.all([proxy.close(), secure.close(), plain.close()]))
  const hosts = {
    secure: `git.example.test:${secure.port}`,
    plain: `plain.example.test:${plain.port}`,
  }
  for (const server of [secure, plain]) await server.createRepo('app', { f: '1' })
  const redactor = createRedactor()
  const env = { https_proxy: proxy.urlWithAccount, HTTP_PROXY: proxy.urlWithAccount }
  const { signal } = new AbortController()
  const use = async (outside: Outside, repoURL: string) => {
    const request = { project: 'demo', repoURL, insecureSkipTLSVerify: true, signal }
    const lease = await outside.git.borrow(request)
    await lease.release()
    const url = `${repoURL}/info/refs?service=git-upload-pack`
    const answer = await outside.http.fetch(url, {
      method: 'GET',
      headers: {},
      timeoutMs: 30_000,
      maxBytes: 100_000,
      insecureSkipTLSVerify: true,
      signal,
    })
    assert.equal(answer.status, 200)
  }
  await using parts = new AsyncDisposableStack()
  // Listening for everybody, so that loopback is out of reach: but not the proxy that the operator runs there.
  const outside = await open(t, parts, env, { host: '0.0.0.0', redactor })
  await use(outside, `https://${hosts.secure}/app.git`)
  assert.deepEqual([...new Set(proxy.tunnelled)], [hosts.secure])
  await use(outside, `http://${hosts.plain}/app.git`)
  assert.ok(proxy.forwarded.length >= 3)
  for (const url of proxy.forwarded) assert.equal(new URL(url).host, hosts.plain)
  for (const form of ['canary/9@3 proxy', encodeURIComponent(account.password)])
    assert.ok(!redactor.redact(`told: ${form}`).includes('canary'))

  const wrong = await open(t, parts, { HTTPS_PROXY: proxy.url }, { redactor })
  await assert.rejects(use(wrong, `https://${hosts.secure}/app.git`), { code: 'Unreachable' })

  // Nobody but the proxy knows these names.
  const direct = await open(t, parts, { ...env, NO_PROXY: '.example.test' })
  const before = proxy.tunnelled.length
  await assert.rejects(use(direct, `https://${hosts.secure}/app.git`), { code: 'Unreachable' })
  assert.equal(proxy.tunnelled.length, before)
  await assert.rejects(open(t, parts, { HTTPS_PROXY: 'socks5://host:1' }), { code: 'BadRequest' })
})
