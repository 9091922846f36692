import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import { createYaml } from '../../src/lib/yaml-thread/yaml.ts'
import { startApi } from './harness.ts'

const headers = { 'content-type': 'text/plain', 'x-gantry': '1' }

test('while a manifest of 4 MB is read, everybody else is answered', async (t) => {
  const yaml = createYaml({ clock: systemClock })
  t.after(() => yaml.close())
  const api = await startApi({ yaml })
  const values = Array.from({ length: 150_000 }, (_, at) => `  key-${at}: a value of it\n`).join('')
  const body = `apiVersion: example.com/v1\nkind: Unknown\nmetadata: {name: big}\ndata:\n${values}`
  assert.ok(body.length > 4_000_000)

  let isAnswered = false
  const big = api
    .send('POST', '/v1beta1/resources', { headers, body })
    .finally(() => (isAnswered = true))
  let answered = 0
  while (!isAnswered) {
    await nextTurn()
    const other = await api.send('GET', '/v1beta1/projects/demo')
    assert.equal(other.status, 200)
    answered += 1
  }
  // A few are answered before it is begun with.
  assert.ok(answered > 50, String(answered))
  assert.equal((await big).status, 501)
})

test('an apply of many documents gives each its result, place and order, whichever thread read it', async (t) => {
  const document = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: demo, name: ${name}}\ndata: {key: value}\n`
  const documents = Array.from({ length: 120 }, (_, at) =>
    at === 50 ? 'kind: [\n' : document(`map-${at}`),
  )
  const body = documents.join('---\n')
  const answers: unknown[] = []
  for (const inlineLength of [Infinity, 0]) {
    const yaml = createYaml({ clock: systemClock, inlineLength })
    t.after(() => yaml.close())
    const api = await startApi({ yaml })
    const response = await api.send('POST', '/v1beta1/resources', { headers, body })
    const { results } = (await response.json()) as { results: { name: string; error?: string }[] }
    answers.push(results.map(({ name, error }) => ({ name, error })))
    const { items } = await api.store.list(ConfigMapKind, { namespace: 'demo' })
    assert.equal(items.length, 119)
  }
  const [here, away] = answers
  assert.deepEqual(away, here)
  assert.equal(Array.isArray(away) && away.length, 120)
})

test('a caller who goes away takes a text that is being read along', async (t) => {
  const started = Promise.withResolvers<Worker>()
  const onThread = (worker: Worker): void => started.resolve(worker)
  const yaml = createYaml({ clock: systemClock, inlineLength: 0, idleMs: 1e9, onThread })
  t.after(() => yaml.close())
  const api = await startApi({ yaml })
  const leave = new AbortController()
  const request = new Request('http://localhost/v1beta1/resources', {
    method: 'POST',
    headers: { ...headers, host: 'localhost', authorization: 'Bearer a-very-secret-admin-token' },
    body: 'a:\n'.concat('- b: [1, 2, 3, x]\n'.repeat(150_000)),
    signal: leave.signal,
  })
  const answer = api.app.request(request)
  const ended = once(await started.promise, 'exit')
  leave.abort()
  assert.equal((await answer).status, 503)
  await ended
})
