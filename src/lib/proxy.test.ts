import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeGitParts } from '../../test/git-parts.ts'
import { startForwardProxy, type ForwardProxyOptions } from '../../test/servers/forward-proxy.ts'
import { startGitServer } from '../../test/servers/git-server.ts'
import { selfSigned } from '../../test/servers/self-signed.ts'
import { createAddressRules } from './address-rules.ts'
import { createHttp } from './http.ts'
import { proxyFor, proxySecrets, readProxySettings } from './proxy.ts'
import { systemClock } from './system-clock.ts'

const signal = new AbortController().signal

async function startProxy(t: TestContext, options: ForwardProxyOptions = {}) {
  const proxy = await startForwardProxy(options)
  t.after(() => proxy.close())
  return proxy
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
  assert.deepEqual([...new Set(proxy.tunnelled)], [host])

  proxy.tunnelled.length = 0
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
  assert.deepEqual(proxy.tunnelled, [host])
})

test('an address that may not be reached may not be reached through a proxy either', async (t) => {
  const proxy = await startProxy(t)
  const { mirrors } = await makeGitParts(t, { proxyFor: () => proxy.url })
  const repoURL = 'https://169.254.169.254/app.git'
  const request = { project: 'demo', repoURL, insecureSkipTLSVerify: false, signal }
  await assert.rejects(mirrors.look(request), { code: 'Forbidden' })
  assert.deepEqual(proxy.tunnelled, [])
})

test('S26: names under which clouds tell who a machine is are asked of no proxy', async (t) => {
  const proxy = await startProxy(t)
  const settings = { http: proxy.url, https: proxy.url }
  const addresses = createAddressRules({ allowLoopback: true })
  const http = createHttp({ clock: systemClock, addresses, proxy: settings })
  t.after(() => http.close())
  const { mirrors } = await makeGitParts(t, { proxyFor: (url) => proxyFor(url, settings) })
  const init = { method: 'GET', headers: {}, timeoutMs: 10_000, maxBytes: 1000, signal }
  for (const name of [
    'metadata.google.internal',
    'Metadata.Google.Internal.',
    'metadata.goog',
    'instance-data.ec2.internal',
  ]) {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${name}/latest`
      await assert.rejects(http.fetch(url, init), { code: 'Forbidden' }, url)
      await assert.rejects(
        http.fetch(url, { ...init, proxy: proxy.url }),
        { code: 'Forbidden' },
        url,
      )
      const request = {
        project: 'demo',
        repoURL: `${url}/a.git`,
        insecureSkipTLSVerify: true,
        signal,
      }
      await assert.rejects(mirrors.look(request), { code: 'Forbidden' }, url)
    }
  }
  assert.deepEqual([proxy.tunnelled, proxy.forwarded], [[], []])
})

test('S27: what is this machine here need not be so for a proxy: no credential goes there over plain http', async (t) => {
  const proxy = await startProxy(t)
  // As where a name leads to loopback, which counts as secure.
  const addresses = { ...createAddressRules({ allowLoopback: true }), isSecure: async () => true }
  const http = createHttp({ clock: systemClock, addresses, proxy: { http: proxy.url } })
  t.after(() => http.close())
  const init = { method: 'GET', headers: {}, timeoutMs: 10_000, maxBytes: 1000, signal }
  const secret = { ...init, carriesCredential: true }
  await assert.rejects(http.fetch('http://here.example.test/', secret), { code: 'Forbidden' })
  await assert.rejects(http.fetch('http://127.0.0.1/', { ...secret, proxy: proxy.url }), {
    code: 'Forbidden',
  })
  assert.deepEqual([proxy.tunnelled, proxy.forwarded], [[], []])
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

test('NO_PROXY names hosts, domains, ports, addresses and networks', () => {
  const isDirect = (entry: string, url: string): boolean =>
    proxyFor(new URL(url), { http: 'http://p', https: 'http://p', no: [entry] }) === undefined
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['git.example', 'https://git.example/', true],
    ['git.example', 'https://a.git.example/', true],
    ['git.example', 'https://agit.example/', false],
    ['*.git.example', 'https://a.git.example/', true],
    ['GIT.example', 'https://git.example/', true],
    ['git.example:8443', 'https://git.example:8443/', true],
    ['git.example:8443', 'https://git.example/', false],
    ['git.example:443', 'https://git.example/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['10.1.2.3', 'http://10.1.2.3:8080/', true],
    ['2.3', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::1]/', true],
    ['[fd00::1]:80', 'http://[fd00::1]/', true],
    ['*', 'https://example.com/', true],
    ['', 'https://example.com/', false],
  ]
  for (const [entry, url, isIt] of cases)
    assert.equal(isDirect(entry, url), isIt, `${entry} ${url}`)
  const spaced = readProxySettings({ http_proxy: 'p:1', no_proxy: 'a.example b.example' })
  assert.deepEqual(spaced?.no, ['a.example', 'b.example'])
  const small = readProxySettings({ http_proxy: 'small:1', HTTP_PROXY: 'large:1' })
  assert.equal(small?.http, 'http://small:1')
})

test('what is no proxy is an error that names the variable and quotes nothing', () => {
  for (const bad of [
    'http://',
    'http://u:canary-12345@:1',
    'http://u:canary-12345@ho st',
    'socks5://u:canary-12345@host:1080',
    'file:///etc',
    'http://u:canary-12345%zz@host:1',
    'http://u:canary/12345@host:1',
    'http://host:99999',
  ])
    for (const name of ['HTTP_PROXY', 'https_proxy', 'ALL_PROXY'])
      assert.throws(
        () => readProxySettings({ [name]: bad }),
        (error: Error & { code?: string }) =>
          error.code === 'BadRequest' &&
          error.message.startsWith(`${name} `) &&
          !error.message.includes('canary'),
        bad,
      )
})

test('S15: the password of a proxy is a secret in each of its spellings', () => {
  const settings = readProxySettings({
    HTTPS_PROXY: 'http://u:p%40ss%2fword-1@host:1',
    HTTP_PROXY: 'http://host',
  })
  assert.deepEqual(proxySecrets(settings), ['p%40ss%2fword-1', 'p@ss/word-1'])
  assert.deepEqual(proxySecrets(undefined), [])
})
