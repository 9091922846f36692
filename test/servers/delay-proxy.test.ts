import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startDelayProxy } from './delay-proxy.ts'

test('what passes arrives whole, in order and a round trip later', async () => {
  const body = randomBytes(2_000_000)
  const server = createServer((request, response) => {
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk))
    request.on('end', () => {
      response.setHeader('x-received', hash.digest('hex'))
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await startDelayProxy({ targetPort: port, roundTripMs: 60 })
  const url = proxy.through(`http://127.0.0.1:${port}/x`)
  const started = performance.now()
  const response = await fetch(url, { method: 'POST', body })
  const received = Buffer.from(await response.arrayBuffer())
  const tookMs = performance.now() - started
  assert.ok(received.equals(body))
  assert.equal(response.headers.get('x-received'), createHash('sha256').update(body).digest('hex'))
  assert.ok(tookMs >= 55, `${tookMs} ms`)
  assert.equal(proxy.connections, 1)
  await proxy.close()
  server.close()
  server.closeAllConnections()
})
