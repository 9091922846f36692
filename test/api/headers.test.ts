/** Reviewed snapshots of what every kind of answer says beside its body. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createPageFiles } from '../../src/lib/page-files.ts'
import { makeTempFolder } from '../temp-folder.ts'
import { type ApiHarness, adminPassword, adminToken, startApi } from './harness.ts'

/** On every answer: no script but the page's own, nothing from elsewhere, in no frame, no address to others. */
const common = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
const json = { 'cache-control': 'no-store', 'content-type': 'application/json' }
const gzip = { 'content-encoding': 'gzip', vary: 'accept-encoding' }
const compressed = { headers: { 'accept-encoding': 'gzip, br' } }

async function startWithPage(): Promise<ApiHarness> {
  const folder = makeTempFolder('page')
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<title>page</title>')
  await writeFile(join(folder, 'assets', 'app.js'), 'export {}')
  return startApi({ page: createPageFiles(folder) })
}

test('the headers of each kind of answer are the reviewed ones', async () => {
  const { send } = await startWithPage()
  const project = '/v1beta1/projects/demo'
  const secret = { body: JSON.stringify({ name: 'generic', data: { key: 'value' } }) }
  const login = { headers: { authorization: `Bearer ${adminPassword}` } }
  const answers: readonly [Promise<Response>, number, Record<string, string>][] = [
    [send('GET', project), 200, json],
    [send('GET', `${project}/stages/absent`), 404, json],
    [send('POST', `${project}/generic-credentials`, secret), 201, json],
    [send('GET', `${project}/generic-credentials`), 200, json],
    [send('POST', '/v1beta1/login', login), 200, json],
    [send('POST', '/v1beta1/gantry/link'), 201, json],
    [send('GET', '/v1beta1/openapi.json'), 200, json],
    [send('GET', '/v1beta1/nowhere'), 404, json],
    [send('PUT', '/nowhere'), 405, { ...json, allow: 'GET' }],
    [send('GET', project, { headers: { authorization: 'Bearer x' } }), 401, json],
    [send('GET', project, { headers: { host: 'evil.example' } }), 403, json],
    [send('GET', '/healthz'), 200, { 'cache-control': 'no-store', 'content-type': 'text/plain' }],
    [
      send('GET', '/metrics'),
      200,
      { 'cache-control': 'no-store', 'content-type': 'text/plain; version=0.0.4' },
    ],
    [
      send('GET', '/projects/demo', compressed),
      200,
      { ...gzip, 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' },
    ],
    [
      send('GET', '/assets/app.js', compressed),
      200,
      {
        ...gzip,
        'cache-control': 'public, max-age=2592000, immutable',
        'content-type': 'text/javascript; charset=utf-8',
      },
    ],
    [
      send('GET', '/assets/absent.js'),
      404,
      { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=UTF-8' },
    ],
  ]
  for (const [answer, status, expected] of answers) {
    const { status: found, headers, url } = await answer
    const about = `${url} ${JSON.stringify(expected)}`
    assert.equal(found, status, about)
    assert.deepEqual(Object.fromEntries(headers), { ...common, ...expected }, about)
  }
})

test('a stream says that nothing on the way may keep or hold it back', async () => {
  const { send } = await startApi()
  const answer = await send('GET', '/v1beta1/projects/demo/stages?watch=true')
  await answer.body?.cancel()
  assert.deepEqual(Object.fromEntries(answer.headers), {
    ...common,
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'content-type': 'text/event-stream',
    'transfer-encoding': 'chunked',
    'x-accel-buffering': 'no',
  })
})

test('a session that began over https never travels without it', async () => {
  const { app } = await startApi()
  const sign = async (more: Record<string, string>): Promise<string> => {
    const answer = await app.request('/session', {
      method: 'POST',
      headers: { host: 'localhost', 'x-gantry-request': 'page', ...more },
      body: JSON.stringify({ code: adminToken }),
    })
    return answer.headers.get('set-cookie') ?? ''
  }
  assert.match(await sign({ origin: 'https://localhost' }), /; Secure$/)
  assert.match(await sign({ 'x-forwarded-proto': 'https' }), /; Secure$/)
  assert.doesNotMatch(await sign({ origin: 'http://localhost' }), /Secure/)
})

test('a session is kept by nobody but the browser, and out of the reach of scripts and other sites', async () => {
  const { app, auth } = await startApi()
  const headers = { host: 'localhost', 'x-gantry-request': 'page' }
  const opened = await app.request(`/session?code=${auth.issueLinkCode()}`, { headers })
  const posted = await app.request('/session', {
    method: 'POST',
    headers,
    body: JSON.stringify({ code: adminToken }),
  })
  for (const answer of [opened, posted]) {
    const { 'set-cookie': cookie, ...rest } = Object.fromEntries(answer.headers)
    assert.match(
      cookie ?? '',
      /^gantry_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    )
    const place = answer === opened ? { location: '/' } : {}
    assert.deepEqual(rest, { ...common, 'cache-control': 'no-store', ...place })
  }
})
