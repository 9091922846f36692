import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts'

const body = JSON.stringify({ versions: ['1.0.0', '1.1.0'] })
const target = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.setHeader('x-received', Buffer.concat(chunks).toString())
    response.end(body)
  })
})
let proxy: FaultProxy

before(async () => {
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  proxy = await startFaultProxy({ targetPort: (target.address() as AddressInfo).port })
})
beforeEach(() => {
  proxy.heal()
  proxy.log.length = 0
})
after(async () => {
  await proxy.close()
  target.close()
  target.closeAllConnections()
})

test('without a fault everything passes as it is', async () => {
  const response = await fetch(proxy.through('http://example.test/a?b=c'), {
    method: 'POST',
    body: 'hello',
    headers: { authorization: 'Basic eA==' },
  })
  assert.equal(await response.text(), body)
  assert.equal(response.headers.get('x-received'), 'hello')
  assert.deepEqual(proxy.log, [
    { method: 'POST', path: '/a?b=c', authorization: 'Basic eA==', fault: 'none' },
  ])
})

test('a black hole answers nothing until it is healed', async () => {
  proxy.inject({ fault: { kind: 'black-hole' } })
  let isSettled = false
  const asked = fetch(`${proxy.url}/x`).finally(() => {
    isSettled = true
  })
  const refused = assert.rejects(asked)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(isSettled, false)
  proxy.heal()
  await refused
  assert.equal(await (await fetch(`${proxy.url}/x`)).text(), body)
})

test('a reset and an early end are failures of the connection', async () => {
  proxy.inject({ fault: { kind: 'reset' }, times: 1 })
  await assert.rejects(fetch(`${proxy.url}/x`))
  proxy.inject({ fault: { kind: 'early-eof', afterBytes: 3 }, times: 1 })
  const response = await fetch(`${proxy.url}/x`)
  assert.equal(response.status, 200)
  await assert.rejects(response.text())
})

test('a slow answer comes byte by byte', async () => {
  proxy.inject({ fault: { kind: 'slow-loris', everyMs: 1 }, times: 1 })
  assert.equal(await (await fetch(`${proxy.url}/x`)).text(), body)
})

test('a truncated body looks whole, a wrong length does not', async () => {
  proxy.inject({ fault: { kind: 'truncated' }, times: 1 })
  assert.equal(await (await fetch(`${proxy.url}/x`)).text(), body.slice(0, body.length / 2))
  proxy.inject({ fault: { kind: 'wrong-length', by: 10 }, times: 1 })
  await assert.rejects((await fetch(`${proxy.url}/x`)).text())
})

test('a status and a redirect are answered instead, for the requests they are for', async () => {
  proxy.inject({
    path: /index/,
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
  })
  const limited = await fetch(`${proxy.url}/index.yaml`)
  assert.equal(limited.status, 429)
  assert.equal(limited.headers.get('retry-after'), '7')
  assert.equal((await fetch(`${proxy.url}/other`)).status, 200)
  proxy.heal()
  proxy.inject({ fault: { kind: 'redirect', to: 'http://localhost:9' } })
  const moved = await fetch(`${proxy.url}/index.yaml?x=1`, { redirect: 'manual' })
  assert.equal(moved.status, 307)
  assert.equal(moved.headers.get('location'), 'http://localhost:9/index.yaml?x=1')
})

test('a fault hits as often as it was told', async () => {
  proxy.inject({ fault: { kind: 'status', status: 500 }, times: 2 })
  const statuses = []
  for (let round = 0; round < 3; round += 1) {
    statuses.push((await fetch(`${proxy.url}/x`)).status)
  }
  assert.deepEqual(statuses, [500, 500, 200])
})
