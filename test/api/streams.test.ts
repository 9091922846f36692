/** Streams over real sockets: readers that are slow, that go away, and a server that stops. */
import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { appListener, listen } from '../../src/api/listen.ts'
import { adminActor } from '../../src/core/actor.ts'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { createMemoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/store.ts'
import { type FakeClock, createFakeClock } from '../fake-clock.ts'
import { adminToken, startApi } from './harness.ts'

const watchPath = '/v1beta1/gantry/objects/configmaps?project=demo&watch=true'
const streamPath = '/v1beta1/gantry/stream?project=demo'
const paths = [watchPath, streamPath]

interface Watched {
  readonly port: number
  readonly clock: FakeClock
  /** Watches of the store that have begun and not ended. */
  open(): number
  /** Events that were taken out of the store's watches. */
  taken(): number
  /** So many changes of about 100 kB each, of what both paths tell of. */
  change(count: number): Promise<void>
  /** As at the end of the process; resolves when every connection is closed. */
  stop(graceMs: number): Promise<void>
}

const changeLogCapacity = 50

async function start(context: TestContext): Promise<Watched> {
  const clock = createFakeClock()
  const inner = createMemoryStore({ kinds: storedKinds, clock, changeLogCapacity })
  let open = 0
  let taken = 0
  const store: Store = {
    ...inner,
    async *watch(kind, query, signal) {
      open += 1
      try {
        for await (const event of inner.watch(kind, query, signal)) {
          taken += 1
          yield event
        }
      } finally {
        open -= 1
      }
    },
  }
  const stopping = new AbortController()
  const { app } = await startApi({ clock, store, stopping: stopping.signal })
  const listening = await listen(appListener(app), { host: '127.0.0.1', port: 0 })
  let isStopped = false
  const stop = (graceMs: number): Promise<void> => {
    isStopped = true
    stopping.abort()
    return listening.close(graceMs)
  }
  context.after(() => isStopped || stop(0))
  const pad = 'x'.repeat(100_000)
  const make = async <T extends KubeObject>(kind: Kind<T>, object: unknown): Promise<unknown> =>
    store.create(kind, kind.schema.parse(object), { actor: adminActor })
  let written = 0
  return {
    port: listening.port,
    clock,
    open: () => open,
    taken: () => taken,
    stop,
    async change(count) {
      for (let round = 1; round <= count; round += 1) {
        const metadata = { name: `c-${written}`, namespace: 'demo', annotations: { pad } }
        await make(ConfigMapKind, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
        await make(WarehouseKind, {
          apiVersion: 'kargo.akuity.io/v1alpha1',
          kind: 'Warehouse',
          metadata,
          spec: { subscriptions: [{ image: { repoURL: 'example.com/a' } }] },
        })
        written += 1
        // A stream that is read keeps up: what is left behind is left behind by its reader.
        if (round % 20 === 0) await quiet(() => taken)
      }
    },
  }
}

interface Reader {
  readonly socket: Socket
  /** All that has arrived so far. */
  text(): string
  readonly closed: Promise<void>
}

/** Asks for a stream; it reads nothing while it is paused. */
function ask(port: number, path: string, method = 'GET'): Reader {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => undefined)
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`,
  )
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  return { socket, text: () => text, closed }
}

/** Waits for what sockets bring about, which no clock of ours moves. */
async function until(what: string, isSo: () => boolean, turns = 2000): Promise<void> {
  for (let turn = 0; !isSo(); turn += 1) {
    if (turn > turns) assert.fail(`${what} did not come about`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Until a count stands still. */
async function quiet(count: () => number): Promise<void> {
  for (let last = -1; last !== count();) {
    last = count()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

for (const path of paths) {
  test(`a reader of ${path} that takes nothing holds back what is read for it, and is told that it missed something`, async (context) => {
    const server = await start(context)
    const reader = ask(server.port, path)
    await until('the stream', () => reader.text().includes('200 OK') && server.open() > 0)
    await quiet(server.taken)
    reader.socket.pause()
    const before = server.taken()
    await server.change(400)
    await quiet(server.taken)
    // 40 MB were written; the sockets between the two ends hold a few, and the queue of the stream the rest.
    assert.ok(server.taken() - before < 200, `${server.taken() - before} events were taken`)
    reader.socket.resume()
    const sign = path === watchPath ? 'out_of_range' : 'event: reset'
    await until('the end', () => reader.text().includes(sign))
    await until('the watches', () => server.open() === 0)
  })

  test(`a reader of ${path} that takes nothing for two minutes is cut off, one that is only told nothing is not`, async (context) => {
    const server = await start(context)
    const reader = ask(server.port, path)
    const calm = ask(server.port, '/v1beta1/gantry/objects/secrets?project=demo&watch=true')
    await until('the streams', () => reader.text().includes('200 OK') && calm.text() !== '')
    await quiet(server.taken)
    const others = 1
    assert.ok(server.open() > others)
    reader.socket.pause()
    await server.change(400)
    await quiet(server.taken)
    assert.ok(server.open() > others)
    await server.clock.advance(120_000)
    await until('the watches of the stuck reader', () => server.open() === others)
    reader.socket.resume()
    await reader.closed
    assert.ok(!reader.text().endsWith('\r\n0\r\n\r\n'), 'it was not ended, but cut off')
    await until('keepalives', () => calm.text().split(': keepalive\n\n').length > 3)
    assert.equal(server.open(), others)
    calm.socket.destroy()
    await until('the other watch', () => server.open() === 0)
  })

  test(`stopping ends ${path} at once and as a whole, whether it is read or not`, async (context) => {
    const server = await start(context)
    const readers = [ask(server.port, path), ask(server.port, path)]
    await until('the streams', () => readers.every((each) => each.text().includes('200 OK')))
    await quiet(server.taken)
    await server.change(10)
    let isStopped = false
    void server.stop(600_000).then(() => (isStopped = true))
    await until('the stop', () => isStopped, 600)
    assert.equal(server.open(), 0)
    for (const reader of readers) {
      await reader.closed
      // The last chunk of a body that came to its end.
      assert.ok(reader.text().endsWith('\r\n0\r\n\r\n'), reader.text().slice(-40))
    }
  })

  test(`a client that goes away takes the watches of ${path} with it`, async (context) => {
    const server = await start(context)
    const reader = ask(server.port, path)
    await until('the stream', () => reader.text().includes('200 OK') && server.open() > 0)
    reader.socket.destroy()
    await until('the end of the watches', () => server.open() === 0)
  })

  test(`HEAD of ${path} answers with headers and leaves nothing behind`, async (context) => {
    const server = await start(context)
    const reader = ask(server.port, path, 'HEAD')
    await until('the answer', () => reader.text().includes('200 OK'))
    assert.match(reader.text(), /content-type: text\/event-stream/i)
    await until('no watch', () => server.open() === 0)
    reader.socket.destroy()
  })
}
