import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { hasCode } from '../../src/core/errors.ts'
import type { Json } from '../../src/core/json.ts'
import { receivers } from '../../src/plugins.gen.ts'
import type { ReceivedRequest, Receiver } from '../../src/receiver.ts'
import { secret, send, startBench } from '../webhooks/bench.ts'
import type { Samples } from '../webhooks/sample.ts'
import { samplesOf } from '../webhooks/samples/index.ts'

function samplesFor({ kind }: Receiver): Samples {
  const samples = samplesOf[kind]
  assert.ok(samples, `the receiver ${kind} has samples in test/webhooks/samples`)
  return samples
}

function request(body: string | Uint8Array, headers: Record<string, string> = {}): ReceivedRequest {
  return {
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    query: {},
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    now: 0,
  }
}

const junk = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>

/** The value with any of its parts missing, null or of another type. */
function damaged(value: Json): fc.Arbitrary<Json> {
  const parts: fc.Arbitrary<Json> = Array.isArray(value)
    ? fc.tuple(...value.map(damaged)).map((items) => [...items])
    : typeof value === 'object' && value !== null
      ? fc
          .tuple(
            ...Object.entries(value).map(([key, child]) =>
              fc
                .option(damaged(child ?? null), { freq: 8, nil: undefined })
                .map((each) => [key, each] as const),
            ),
          )
          .map((entries) => Object.fromEntries(entries.filter(([, each]) => each !== undefined)))
      : fc.constant(value)
  return fc.oneof({ weight: 12, arbitrary: parts }, { weight: 1, arbitrary: junk })
}

/** Such texts take very long where a pattern is tried from each of their characters. */
const longTexts = [':', '@', '/'].map((char) => `example.com/${char.repeat(80_000)}\n/x`)

/** The value with the items in the place of each of its lists in turn. */
function withListAt(value: Json, items: Json[]): Json[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([key, child]) =>
    withListAt(child ?? null, items).map((each) =>
      Array.isArray(value) ? value.with(Number(key), each) : { ...value, [key]: each },
    ),
  )
  return Array.isArray(value) ? [items, ...inside] : inside
}

/** The value with the text in the place of each of its texts in turn. */
function withTextAt(value: Json, text: string): Json[] {
  if (typeof value === 'string') return [text]
  if (Array.isArray(value))
    return value.flatMap((item, at) => withTextAt(item, text).map((each) => value.with(at, each)))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) =>
    withTextAt(child ?? null, text).map((each) => ({ ...value, [key]: each })),
  )
}

for (const receiver of receivers) {
  describe(`receiver ${receiver.kind}`, () => {
    const { samples, sign, idHeader, config = {} } = samplesFor(receiver)
    const whole = { ...config, secretRef: { name: 's' } }

    for (const { name, headers, body, expect } of samples) {
      test(`understands ${name}`, () => {
        const reading = receiver.read(request(JSON.stringify(body), { ...headers }), whole)
        if (typeof expect === 'string') assert.equal(reading.type, expect)
        else assert.deepEqual(reading.type === 'targets' && reading.targets, expect)
      })
    }

    test('takes good deliveries, over HTTP, and says what it did', async (t) => {
      const { addReceiver, outcomes } = await startBench(t)
      const address = await addReceiver(receiver.kind)
      for (const { headers, body, expect } of samples) {
        const answer = await send(address, receiver.kind, body, headers)
        const status = expect === 'unsupported' ? receiver.unsupported : 200
        assert.equal(answer.status, status)
        const key = expect === 'unsupported' ? 'error' : expect === 'actions' ? 'results' : 'msg'
        assert.ok(answer.body[key] !== undefined, JSON.stringify(answer.body))
      }
      const allowed = new Set(['accepted', 'ignored', 'unsupported'])
      assert.ok((await outcomes()).every((outcome) => allowed.has(outcome)))
    })

    test('turns away what is forged before it parses anything', async (t) => {
      const { addReceiver, outcomes, url } = await startBench(t)
      const address = await addReceiver(receiver.kind)
      const [first] = samples
      assert.ok(first)
      const wrong = address.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
      assert.equal((await send(wrong, receiver.kind, first.body, first.headers)).status, 404)
      assert.equal((await send(`${url}/${receiver.kind}/x`, receiver.kind, first.body)).status, 404)
      if (sign === undefined) return
      const forged = await send(address, receiver.kind, 'not JSON', first.headers, 'another secret')
      assert.equal(forged.status, 401)
      const unsigned = await fetch(address, {
        method: 'POST',
        body: '{}',
        headers: { ...first.headers },
      })
      assert.equal(unsigned.status, 401)
      assert.deepEqual(await outcomes(), ['forged', 'forged'])
    })

    test('acts once on what is delivered twice', async (t) => {
      const { addReceiver, outcomes } = await startBench(t)
      const address = await addReceiver(receiver.kind)
      const [first] = samples
      assert.ok(first)
      const headers = { ...first.headers, ...(idHeader !== undefined && { [idHeader]: 'one' }) }
      await send(address, receiver.kind, first.body, headers)
      assert.equal((await send(address, receiver.kind, first.body, headers)).status, 200)
      if (idHeader !== undefined) {
        const renamed = { ...headers, [idHeader]: 'two' }
        assert.equal((await send(address, receiver.kind, first.body, renamed)).status, 200)
      }
      const [accepted, ...others] = await outcomes()
      assert.equal(accepted, 'accepted')
      assert.ok(others.every((outcome) => outcome === 'replay'))
    })

    test('refuses what is huge or malformed with 4xx', async (t) => {
      const { addReceiver, outcomes } = await startBench(t)
      const address = await addReceiver(receiver.kind)
      const headers = samples[0]?.headers ?? {}
      const huge = JSON.stringify({ filler: 'x'.repeat(2 * 1024 * 1024) })
      assert.equal((await send(address, receiver.kind, huge, headers)).status, 413)
      for (const body of ['', '{', '\u0000', '[]', 'null', '1', '"x"', '['.repeat(100_000)]) {
        const { status } = await send(address, receiver.kind, body, headers)
        // Expressions may do with no body, and with any JSON.
        const isGeneric =
          ['', '[]', 'null', '1', '"x"'].includes(body) && receiver.kind === 'generic'
        if (!isGeneric) assert.equal(status, 400, body.slice(0, 10))
      }
      assert.equal((await outcomes())[0], 'too-large')
    })

    test('never fails on a body with parts missing, null or of another type', () => {
      for (const { headers, body } of samples) {
        fc.assert(
          fc.property(fc.oneof(damaged(body), junk), (value) => {
            try {
              receiver.read(request(JSON.stringify(value), { ...headers }), whole)
            } catch (thrown) {
              assert.ok(hasCode(thrown, 'BadRequest'), String(thrown))
            }
          }),
          { numRuns: 60 },
        )
      }
    })

    test('reads texts of any length at once', () => {
      for (const { name, headers, body } of samples) {
        for (const text of longTexts) {
          for (const value of withTextAt(body, text)) {
            const started = performance.now()
            try {
              receiver.read(request(JSON.stringify(value), { ...headers }), whole)
            } catch (thrown) {
              assert.ok(hasCode(thrown, 'BadRequest'), String(thrown))
            }
            assert.ok(performance.now() - started < 3000, name)
          }
        }
      }
    })

    test('ends at the first items of a list that are wrong', () => {
      for (const { name, headers, body } of samples) {
        for (const value of withListAt(body, Array(400_000).fill(1))) {
          const long = request(JSON.stringify(value), { ...headers })
          const started = performance.now()
          try {
            receiver.read(long, whole)
          } catch (thrown) {
            assert.ok(hasCode(thrown, 'BadRequest'), String(thrown))
          }
          assert.ok(performance.now() - started < 2000, name)
        }
      }
    })

    test('never fails on headers and bytes that are junk', () => {
      const verify = receiver.verify?.bind(receiver)
      fc.assert(
        fc.property(fc.uint8Array(), fc.string(), (bytes, text) => {
          const names = [
            'x-hub-signature-256',
            'x-hub-signature',
            'x-gitlab-token',
            'authorization',
          ]
          const headers = Object.fromEntries(
            [...names, 'x-jfrog-event-auth'].map((name) => [name, text]),
          )
          if (verify !== undefined) {
            assert.throws(
              () => verify(request(bytes, headers), secret),
              (thrown) => hasCode(thrown, 'Unauthorized'),
            )
          }
          try {
            receiver.read(request(bytes, headers), whole)
          } catch (thrown) {
            assert.ok(hasCode(thrown, 'BadRequest'), String(thrown))
          }
        }),
        { numRuns: 60 },
      )
    })
  })
}
