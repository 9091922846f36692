import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createFakeClock } from '../../test/fake-clock.ts'
import type { DocumentRequest } from '../core/documents.ts'
import type { Json } from '../core/json.ts'
import { createAddressRules } from './address-rules.ts'
import { createDocuments, type DocumentsOptions } from './documents.ts'
import { createHttp } from './http.ts'
import { jsonReader } from './json-reader.ts'
import { createPace } from './pace.ts'
import { systemClock } from './system-clock.ts'
import { createYaml } from './yaml-thread/yaml.ts'

type Answer = (response: ServerResponse, headers: IncomingHttpHeaders, path: string) => void

const second = 1000
const noon = Date.parse('2026-01-01T12:00:00Z')

/** A server that answers as told, and a process that reads from it; its clock moves when it is told to. */
async function setUp(t: TestContext, more: Partial<DocumentsOptions> = {}) {
  const script: Answer[] = []
  let last: Answer = (response) => response.end('"nothing was told"')
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    last = script.shift() ?? last
    last(response, request.headers, request.url ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const http = createHttp({
    clock: systemClock,
    addresses: createAddressRules({ allowLoopback: true }),
  })
  const clock = createFakeClock()
  const yaml = createYaml({ clock })
  const pace = createPace({ clock, ratePerSecond: 1000 })
  const documents = createDocuments({ http, clock, yaml, pace, ...more })
  t.after(async () => {
    await Promise.all([http.close(), yaml.close()])
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/index.json`
  const read = async (request: Partial<DocumentRequest> = {}): Promise<Json> => {
    let isOver = false
    const answer = documents
      .read({
        url,
        accept: 'application/json',
        insecureSkipTLSVerify: false,
        maxBytes: 100_000,
        reader: jsonReader,
        signal: new AbortController().signal,
        ...request,
      })
      .finally(() => {
        isOver = true
      })
    answer.catch(() => undefined)
    // What waits before it tries again waits on this clock.
    while (!isOver) await clock.advance(100)
    return answer
  }
  return {
    url,
    clock,
    read,
    answers: (...answers: readonly Answer[]) => void script.push(...answers),
    asked: () => asked,
  }
}

function says(text: string, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  return (response) => response.writeHead(status, headers).end(text)
}

test('the third refusal in a row is RateLimited, and says when to come back', async (t) => {
  const { read, answers, asked } = await setUp(t)
  answers(says('', { 'retry-after': '1' }, 429))
  await assert.rejects(read(), { code: 'RateLimited', retryAfterMs: 1000 })
  assert.equal(asked(), 3)
})

test('a refusal without a time is waited for, and asked for again', async (t) => {
  const { read, answers, asked } = await setUp(t)
  answers(says('', {}, 429), says('1'))
  assert.equal(await read(), 1)
  assert.equal(asked(), 2)
})

test('503 with Retry-After is a refusal too, and 403 with nothing left', async (t) => {
  for (const [status, headers] of [
    [503, { 'retry-after': '600' }],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '600' }],
  ] as const) {
    const { read, answers, asked } = await setUp(t)
    answers(says('', headers, status))
    await assert.rejects(read(), { code: 'RateLimited', retryAfterMs: 600_000 })
    assert.equal(asked(), 1)
  }
})

test('a server that fails is asked three times, and then it is Unreachable', async (t) => {
  const { read, answers, asked } = await setUp(t)
  answers(says('', {}, 502), says('', {}, 504), says('1'))
  assert.equal(await read(), 1)
  answers(says('', {}, 503))
  await assert.rejects(read(), { code: 'Unreachable' })
  assert.equal(asked(), 6)
})

test('each status has its code, and the hint that fits', async (t) => {
  const { read, answers } = await setUp(t)
  const credential = { username: 'u', password: 'canary', fingerprint: 'f' }
  for (const [status, code] of [
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [410, 'NotFound'],
    [418, 'Invalid'],
    [204, 'Invalid'],
    [304, 'Invalid'],
    [501, 'Unreachable'],
  ] as const) {
    answers(says('', {}, status))
    await assert.rejects(read(), { code }, String(status))
    await assert.rejects(read({ credential }), (thrown: Error) => {
      assert.ok(!thrown.message.includes('canary'))
      assert.ok(!thrown.message.includes('no Secret'))
      return true
    })
  }
})

test('with an ETag what did not change is not sent again, and what did is', async (t) => {
  const { read, answers } = await setUp(t)
  const conditions: (string | undefined)[] = []
  const answer: Answer = (response, headers) => {
    conditions.push(headers['if-none-match'])
    if (headers['if-none-match'] === '"a"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"a"' }).end('[1]')
  }
  answers(answer)
  for (let round = 0; round < 3; round += 1) assert.deepEqual(await read(), [1])
  answers(says('[2]', { etag: '"b"' }), answer)
  assert.deepEqual(await read(), [2])
  assert.deepEqual(await read(), [1])
  assert.deepEqual(conditions, [undefined, '"a"', '"a"', '"b"'])
})

test('a date tells what changed, but not within the second of the change', async (t) => {
  for (const [ageMs, expected] of [
    [5 * second, 'a date'],
    [0, undefined],
  ] as const) {
    const { read, answers } = await setUp(t)
    const seen: (string | undefined)[] = []
    const changed = new Date(noon - ageMs).toUTCString()
    answers((response, headers) => {
      seen.push(headers['if-modified-since'])
      if (headers['if-modified-since'] === changed) response.writeHead(304).end()
      else {
        const date = new Date(noon).toUTCString()
        response.writeHead(200, { date, 'last-modified': changed }).end('1')
      }
    })
    assert.equal(await read(), 1)
    assert.equal(await read(), 1)
    assert.deepEqual(seen, [undefined, expected && changed])
  }
})

test('what could not be read is not remembered: its ETag brings it again', async (t) => {
  const { read, answers, url } = await setUp(t)
  answers(says('{"cut', { etag: '"a"' }))
  await assert.rejects(read(), { code: 'Invalid', message: new RegExp(`^cannot read ${url}: `) })
  answers((response, headers) => {
    assert.equal(headers['if-none-match'], undefined)
    response.writeHead(200, { etag: '"a"' }).end('{}')
  })
  assert.deepEqual(await read(), {})
})

test('a document is unpacked, and too large is what it is unpacked', async (t) => {
  const { read, answers, url } = await setUp(t)
  const pack = (text: string): Answer => {
    const packed = gzipSync(text)
    return (response, headers) => {
      assert.equal(headers['accept-encoding'], 'gzip')
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
    }
  }
  answers(pack('[1]'))
  assert.deepEqual(await read(), [1])
  answers(pack(`"${'x'.repeat(10_000_000)}"`))
  const message = new RegExp(`^cannot read ${url}: `)
  await assert.rejects(read(), { code: 'TooLarge', message })
})

test('what is said of an address leaves out its query', async (t) => {
  const { read, answers, url } = await setUp(t)
  for (const [answer, code] of [
    [says('', {}, 404), 'NotFound'],
    [says('x'), 'Invalid'],
    [says('', { 'retry-after': '600' }, 429), 'RateLimited'],
  ] as const) {
    answers(answer)
    await assert.rejects(
      read({ url: `${url}?key=canary` }),
      (thrown: Error & { code?: string }) => {
        assert.equal(thrown.code, code)
        assert.ok(!thrown.message.includes('canary'), thrown.message)
        return true
      },
    )
  }
})

test('nothing that one credential, view of TLS, header or reader brought is shown to another', async (t) => {
  const { read, answers, asked, clock } = await setUp(t)
  answers(says('1', { etag: '"a"' }))
  const alice = { username: 'alice', password: 'a', fingerprint: 'alice' }
  const since = clock.monotonic()
  const variants: Partial<DocumentRequest>[] = [
    {},
    { credential: alice },
    { credential: { ...alice, fingerprint: 'bob' } },
    { insecureSkipTLSVerify: true },
    { headers: { a: '1' } },
    { headers: { a: '2' } },
    { accept: '*/*' },
    { reader: { ...jsonReader, name: 'another' } },
  ]
  for (let round = 0; round < 2; round += 1)
    for (const variant of variants) await read({ ...variant, since })
  assert.equal(asked(), variants.length)
  await read({ headers: { b: '1', a: '1' }, since })
  await read({ headers: { a: '1', b: '1' }, since })
  assert.equal(asked(), variants.length + 1)
})

test('what is too much to remember is asked for again', async (t) => {
  const { read, answers, asked, url } = await setUp(t, { maxRemembered: 5_000 })
  answers((response, headers, path) => {
    if (headers['if-none-match'] !== undefined) response.writeHead(304).end()
    else response.writeHead(200, { etag: '"a"' }).end(JSON.stringify(path.padEnd(3_000)))
  })
  const since = 0
  await read({ since })
  await read({ since })
  assert.equal(asked(), 1)
  await read({ url: `${url}?2`, since })
  await read({ since })
  assert.equal(asked(), 3)
})

test('a password is not sent over plain http to another machine', async (t) => {
  const { read } = await setUp(t)
  const credential = { username: 'u', password: 'p', fingerprint: 'f' }
  const url = 'http://192.0.2.1/index.json'
  await assert.rejects(read({ url, credential }), { code: 'Forbidden' })
})

test('an abort ends the wait for another try', async (t) => {
  const { read, answers } = await setUp(t)
  const controller = new AbortController()
  answers((response) => {
    response.writeHead(500).end()
    controller.abort(new Error('enough'))
  })
  await assert.rejects(read({ signal: controller.signal }))
})
