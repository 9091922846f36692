import assert from 'node:assert/strict'
import { createServer as createTlsServer } from 'node:https'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { selfSigned } from '../../test/servers/self-signed.ts'
import { hasCode, type ErrorCode } from '../core/errors.ts'
import { evaluate } from '../core/expr/index.ts'
import type { HttpInit } from '../core/http.ts'
import { createAddressRules, type AddressOptions } from './address-rules.ts'
import { createHttp } from './http.ts'
import { answerEnvironment } from './http-answer.ts'
import { systemClock } from './system-clock.ts'

function make(t: TestContext, rules: AddressOptions = { allowLoopback: true }) {
  const http = createHttp({ clock: systemClock, addresses: createAddressRules(rules) })
  t.after(http.close)
  return http
}

async function listen(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`
}

async function serve(t: TestContext, handler: RequestListener): Promise<string> {
  return `http://${await listen(t, createServer(handler))}`
}

const init = (more: Partial<HttpInit> = {}): HttpInit => ({
  method: 'GET',
  headers: {},
  timeoutMs: 5000,
  maxBytes: 1_000_000,
  signal: new AbortController().signal,
  ...more,
})

const fails = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

test('status, headers and body come back, whatever the status', async (t) => {
  const url = await serve(t, (request, response) => {
    response.writeHead(418, { 'X-Method': request.method, 'set-cookie': ['a=1', 'b=2'] })
    request.pipe(response)
  })
  const answer = await make(t).fetch(url, init({ method: 'POST', body: 'hello' }))
  assert.equal(answer.status, 418)
  assert.equal(answer.headers['x-method'], 'POST')
  assert.deepEqual(
    answer.rawHeaders?.filter(([name]) => name === 'set-cookie').map(([, value]) => value),
    ['a=1', 'b=2'],
  )
  assert.equal(Buffer.from(answer.body).toString(), 'hello')
})

test('a connection serves on after a HEAD, where the server keeps it', async (t) => {
  let connections = 0
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-length': '5' }).end(),
  )
  server.on('connection', () => (connections += 1))
  const url = `http://${await listen(t, server)}`
  const http = make(t)
  for (let round = 0; round < 20; round += 1) await http.fetch(url, init({ method: 'HEAD' }))
  // The first may be left for another while it is being looked after.
  assert.ok(connections <= 2, `${connections} connections`)
})

test('S30: nothing of one request stays for the next: no cookie, no header, no credential', async (t) => {
  const seen: Record<string, unknown>[] = []
  const url = await serve(t, (request, response) => {
    seen.push(request.headers)
    response.writeHead(200, { 'set-cookie': 'session=of-another; Path=/' })
    response.end()
  })
  const http = make(t)
  await http.fetch(url, init({ headers: { authorization: 'Bearer of-one', 'x-of': 'one' } }))
  await http.fetch(url, init())
  const [, second = {}] = seen
  assert.equal(seen.length, 2)
  for (const name of ['cookie', 'authorization', 'x-of']) assert.equal(name in second, false, name)
})

test('S26: refused addresses get no connection, by name, by number and by redirect', async (t) => {
  let reached = 0
  const inner = await serve(t, (_, response) => {
    reached += 1
    response.end()
  })
  const port = new URL(inner).port
  const http = make(t, { allowLoopback: false })
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]']) {
    await assert.rejects(http.fetch(`http://${host}:${port}/`, init()), fails('Forbidden'), host)
  }
  await assert.rejects(http.fetch('http://169.254.169.254/', init()), fails('Forbidden'))
  assert.equal(reached, 0)

  const outer = await serve(t, (_, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
  })
  await assert.rejects(make(t).fetch(outer, init()), fails('Forbidden'))
})

test('S25: nothing that could be a credential follows a redirect to another origin', async (t) => {
  const seen: IncomingMessage['headers'][] = []
  const other = await serve(t, (request, response) => {
    seen.push(request.headers)
    response.end('there')
  })
  const url = await serve(t, (request, response) => {
    const location = request.url === '/near' ? '/same' : `${other}/x`
    if (request.url === '/same') response.end(request.headers['private-token'])
    else response.writeHead(307, { location }).end()
  })
  const headers = { Authorization: 'Bearer t', Cookie: 'c', 'Private-Token': 'p', accept: 'a/b' }
  const http = make(t)
  assert.equal((await http.fetch(`${url}/far`, init({ headers }))).status, 200)
  assert.deepEqual(Object.keys(seen[0] ?? {}).sort(), [
    'accept',
    'connection',
    'host',
    'user-agent',
  ])
  const near = await http.fetch(`${url}/near`, init({ headers }))
  assert.equal(Buffer.from(near.body).toString(), 'p')
})

test('redirects change the method as browsers do, and have an end', async (t) => {
  const url = await serve(t, (request, response) => {
    const status = Number(request.url?.slice(1))
    if (Number.isNaN(status)) response.end(request.method)
    else response.writeHead(status, { location: status === 310 ? '/310' : '/end' }).end()
  })
  const http = make(t)
  const methodAfter = async (status: number): Promise<string> => {
    const answer = await http.fetch(`${url}/${status}`, init({ method: 'PUT', body: 'b' }))
    return Buffer.from(answer.body).toString()
  }
  assert.deepEqual([await methodAfter(303), await methodAfter(308)], ['GET', 'PUT'])
  const manual = await http.fetch(`${url}/302`, init({ redirect: 'manual' }))
  assert.equal(manual.status, 302)

  const loop = await serve(t, (_, response) => response.writeHead(302, { location: '/' }).end())
  await assert.rejects(http.fetch(loop, init()), fails('Unreachable'))
})

test('S3: a body is bounded, also after decompression', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const url = await serve(t, (request, response) => {
    if (request.url === '/bomb') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    } else if (request.url === '/br') {
      response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync('small'))
    } else {
      const pour = (): void => void response.write(Buffer.alloc(65536), pour)
      pour()
    }
  })
  const http = make(t)
  const before = process.memoryUsage().rss
  await assert.rejects(http.fetch(`${url}/bomb`, init()), fails('TooLarge'))
  await assert.rejects(http.fetch(`${url}/endless`, init()), fails('TooLarge'))
  assert.ok(process.memoryUsage().rss - before < 100_000_000)
  assert.equal(Buffer.from((await http.fetch(`${url}/br`, init())).body).toString(), 'small')
})

test('what was never sent is Unreachable, what was cut off in the middle is not known', async (t) => {
  const url = await serve(t, (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/hang') return
    request.on('data', () => undefined)
    request.on('end', () => response.destroy())
  })
  const http = make(t)
  const post = (more: Partial<HttpInit> = {}): HttpInit => init({ method: 'POST', ...more })
  await assert.rejects(http.fetch('http://127.0.0.1:1/', post()), fails('Unreachable'))
  await assert.rejects(http.fetch('http://no-such-host.invalid/', post()), fails('Unreachable'))
  await assert.rejects(http.fetch(url, post()), fails('OutcomeUnknown'))
  await assert.rejects(http.fetch(url, init()), fails('Unreachable'))
  await assert.rejects(http.fetch(`${url}/hang`, post({ timeoutMs: 100 })), fails('OutcomeUnknown'))
  await assert.rejects(http.fetch(`${url}/hang`, init({ timeoutMs: 100 })), fails('Timeout'))
  await assert.rejects(
    http.fetch(`${url}/hang`, init({ signal: AbortSignal.timeout(50) })),
    fails('Canceled'),
  )
  await assert.rejects(http.fetch('ftp://x/', init()), fails('BadRequest'))
})

test('S15: user info in a URL becomes a header and is in no error', async (t) => {
  const url = await serve(t, (request, response) => response.end(request.headers.authorization))
  const http = make(t)
  const secret = url.replace('://', '://user:p%40ss-canary@')
  const answer = await http.fetch(secret, init())
  assert.equal(
    Buffer.from(answer.body).toString(),
    `Basic ${Buffer.from('user:p@ss-canary').toString('base64')}`,
  )
  for (const bad of ['http://user:canary@127.0.0.1:1/?token=canary', 'nonsense://u:canary@h/']) {
    await assert.rejects(http.fetch(bad, init()), (error) => !String(error).includes('canary'))
  }
})

test('user info that is not encoded as it must be is refused before anything is sent', async (t) => {
  for (const url of ['http://%zz@127.0.0.1:1/', 'http://a:%ff@127.0.0.1:1/'])
    await assert.rejects(make(t).fetch(url, init()), fails('BadRequest'), url)
})

test('S34: a header called like something of every object is a header like any other', async (t) => {
  const url = await serve(t, (request, response) => {
    response.writeHead(200, ['constructor', 'a', '__proto__', 'b', 'content-type', 'text/plain'])
    response.end(String(request.headers['constructor']))
  })
  const answer = await make(t).fetch(url, init({ headers: { constructor: 'c' } }))
  assert.equal(Buffer.from(answer.body).toString(), 'c')
  assert.equal(answer.headers['constructor'], 'a')
  assert.ok(Object.hasOwn(answer.headers, '__proto__'))
  const env = await answerEnvironment(answer, undefined, { read: () => Promise.resolve(null) })
  const said = evaluate('response.header("Constructor") + response.headers["__proto__"][0]', env)
  assert.equal(said, 'ab')
})

test('S27: a credential of the store does not travel over plain http', async (t) => {
  const http = make(t, { allowLoopback: true })
  await assert.rejects(
    http.fetch('http://192.0.2.1/', init({ carriesCredential: true })),
    fails('Forbidden'),
  )
  const url = await serve(t, (_, response) => response.end())
  assert.equal((await http.fetch(url, init({ carriesCredential: true }))).status, 200)
})

test('S9: an untrusted certificate is refused unless the caller says otherwise', async (t) => {
  const server = createTlsServer({ key: selfSigned.key, cert: selfSigned.cert }, (_, response) =>
    response.end('ok'),
  )
  const url = `https://${await listen(t, server)}`
  const http = make(t)
  await assert.rejects(http.fetch(url, init({ method: 'POST' })), fails('Unreachable'))
  assert.equal((await http.fetch(url, init({ insecureSkipTLSVerify: true }))).status, 200)
  await assert.rejects(http.fetch(url, init()), fails('Unreachable'))
})

test('S9, S26: no header says which host is meant: its address alone does', async (t) => {
  const names: string[] = []
  const server = createTlsServer(
    {
      ...selfSigned,
      SNICallback: (name, done) => {
        names.push(name)
        done(null)
      },
    },
    (request, response) => response.end(request.headers.host),
  )
  const host = await listen(t, server)
  const http = make(t)
  for (const name of ['Host', 'host', 'HOST']) {
    const headers = { [name]: 'localhost' }
    await assert.rejects(http.fetch(`https://${host}`, init({ headers })), fails('Unreachable'))
    const trusting = init({ headers, insecureSkipTLSVerify: true })
    assert.equal((await http.fetch(`https://${host}`, trusting)).body.toString(), host)
  }
  // The name in the certificate would be looked for under the one in the header.
  assert.deepEqual(names, [])
})

test('a proxy that the caller names is used, and its address is checked too', async (t) => {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end('by proxy')
  })
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
    socket.end('HTTP/1.1 502 no\r\n\r\n')
  })
  const url = `http://${await listen(t, proxy)}`
  const answer = make(t).fetch('http://example.invalid/a', init({ proxy: url }))
  await answer.catch(() => undefined)
  assert.equal(asked.length, 1)
  assert.match(asked[0] ?? '', /example\.invalid/u)
  await assert.rejects(
    make(t, { allowLoopback: false }).fetch('http://example.invalid/', init({ proxy: url })),
    fails('Forbidden'),
  )
})

test('K#6659: ten thousand error replies leave no connections behind', async (t) => {
  const rounds = process.env['GANTRY_LONG'] === '1' ? 10_000 : 300
  let sockets = 0
  const server = createServer((_, response) => response.writeHead(500).end('x'.repeat(2000)))
  server.on('connection', () => {
    sockets += 1
  })
  const url = `http://${await listen(t, server)}`
  const http = make(t)
  for (let round = 0; round < rounds; round += 1) {
    await http.fetch(url, init({ maxBytes: 100 })).catch(() => undefined)
    await http.fetch(url, init())
  }
  const open = await new Promise<number>((resolve) => {
    server.getConnections((_, count) => resolve(count))
  })
  assert.ok(open <= 3, `${open} of ${sockets}`)
})
