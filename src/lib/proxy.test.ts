import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { makeGitParts } from '../../test/git-parts.ts'
import { startGitServer } from '../../test/servers/git-server.ts'
import { selfSigned } from '../../test/servers/self-signed.ts'
import { createAddressRules } from './address-rules.ts'
import { createHttp } from './http.ts'
import { proxyFor, readProxySettings } from './proxy.ts'
import { systemClock } from './system-clock.ts'

const signal = new AbortController().signal

/** A real CONNECT proxy, for which every name is this machine. */
async function startProxy(t: TestContext) {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request: IncomingMessage, near: Socket) => {
    const target = request.url ?? ''
    asked.push(target)
    const far = createConnection({ host: '127.0.0.1', port: Number(target.split(':')[1]) })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    far.once('connect', () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n')
      near.pipe(far).pipe(near)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, url: `http://127.0.0.1:${port}` }
}

test('git and http go through the proxy of the environment, which finds the name', async (t) => {
  const proxy = await startProxy(t)
  const server = await startGitServer({ tls: selfSigned })
  t.after(server.close)
  const id = await server
    .createRepo('app', { f: '1' })
    .then(() => server.git('app', 'rev-parse', 'main'))
  const settings = readProxySettings({ HTTPS_PROXY: proxy.url })
  const host = `git.example.test:${server.port}`
  const repoURL = `https://${host}/app.git`
  const { mirrors } = await makeGitParts(t, { proxyFor: (url) => proxyFor(url, settings) })
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: true, signal }
  const lease = await mirrors.open({ ...request, wanted: [id.trim()] })
  await lease.release()
  assert.deepEqual([...new Set(proxy.asked)], [host])

  proxy.asked.length = 0
  const http = createHttp({
    clock: systemClock,
    addresses: createAddressRules({ allowLoopback: true }),
    proxy: settings,
  })
  t.after(() => http.close())
  const answer = await http.fetch(`${repoURL}/info/refs?service=git-upload-pack`, {
    method: 'GET',
    headers: {},
    timeoutMs: 30_000,
    maxBytes: 100_000,
    insecureSkipTLSVerify: true,
    signal,
  })
  assert.equal(answer.status, 200)
  assert.deepEqual(proxy.asked, [host])
})

test('an address that may not be reached may not be reached through a proxy either', async (t) => {
  const proxy = await startProxy(t)
  const { mirrors } = await makeGitParts(t, { proxyFor: () => proxy.url })
  const repoURL = 'https://169.254.169.254/app.git'
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  await assert.rejects(mirrors.look(request), { code: 'Forbidden' })
  assert.deepEqual(proxy.asked, [])
})

test('the usual variables say which proxy serves which address', () => {
  const settings = readProxySettings({
    http_proxy: 'one:3128',
    HTTPS_PROXY: 'http://two:3128',
    NO_PROXY: 'inside.example, .corp.example',
  })
  const pick = (url: string): string | undefined => proxyFor(new URL(url), settings)
  assert.equal(pick('http://example.com/'), 'http://one:3128')
  assert.equal(pick('https://example.com/'), 'http://two:3128')
  for (const direct of [
    'https://inside.example/',
    'https://a.corp.example/',
    'https://localhost/',
    'https://127.0.0.1/',
    'ssh://example.com/',
  ])
    assert.equal(pick(direct), undefined, direct)
  assert.equal(readProxySettings({ NO_PROXY: 'x' }), undefined)
})
