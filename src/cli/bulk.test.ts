import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { sendManifests } from './bulk.ts'
import { createClient } from './client.ts'

const large = 'x'.repeat(600_000)

function configMap(name: string): { readonly place: string; readonly value: unknown } {
  const metadata = { name, namespace: 'demo' }
  return {
    place: `${name}.yaml:1`,
    value: { apiVersion: 'v1', kind: 'ConfigMap', metadata, large },
  }
}

test('when the server goes away between two requests, what it said before is not lost', async (t) => {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    if (requests > 1) return void request.socket.destroy()
    const error = { document: 1, name: 'a', error: 'the disk is full', code: 'Unavailable' }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ results: [error] }))
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)

  const said: string[] = []
  const io = {
    out: (text: string) => void said.push(`out: ${text}`),
    err: (text: string) => void said.push(text),
  }
  const url = `http://127.0.0.1:${address.port}`
  const client = createClient({ url, token: undefined, insecureSkipTlsVerify: false })
  const request = { method: 'PUT', query: {}, done: 'applied', suffix: '' } as const
  const manifests = ['a', 'b', 'c'].map(configMap)
  await assert.rejects(sendManifests(io, client, manifests, request), /cannot reach/)
  assert.equal(requests, 2)
  assert.deepEqual(said, [
    'error: a.yaml:1: the disk is full',
    'error: only 1 of 3 manifests were sent',
  ])
})
