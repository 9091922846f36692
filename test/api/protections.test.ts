import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { createRedactor } from '../../src/core/redact.ts'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { createAuthenticator } from '../../src/api/auth.ts'
import { operations } from '../../src/api/routes/index.ts'
import { hasCode } from '../../src/core/errors.ts'
import { createFakeClock } from '../fake-clock.ts'
import { adminPassword, adminToken, startApi } from './harness.ts'

/** Reviewed: what may be called without signing in. A new public operation has to be added here by hand. */
const publicOperations = [
  'GET /healthz',
  'GET /metrics',
  'GET /readyz',
  'GET /v1beta1/system/public-server-config',
  'POST /v1beta1/login',
]

const pathOf = (path: string): string => path.replaceAll(/:\w+/g, 'demo')

test('the list of public operations is the reviewed one', () => {
  const found = operations
    .filter(({ access }) => access === 'public')
    .map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(found.sort(), publicOperations)
})

test('every other operation gives nothing without a valid token', async () => {
  const { app } = await startApi()
  const forged = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('http://localhost')
    .setAudience('gantry')
    .setSubject('admin')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode('another key of thirty-two bytes!'))
  const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"admin","iss":"http://localhost","aud":"gantry","exp":9999999999}')}.`
  const tokens = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    `Bearer ${forged}`,
    `Bearer ${unsigned}`,
    `Basic ${btoa(`admin:${adminToken}`)}`,
  ]
  for (const { method, path, access } of operations.filter(
    (operation) => operation.access !== 'public',
  )) {
    for (const token of tokens) {
      const response = await app.request(pathOf(path), {
        method,
        headers: {
          host: 'localhost',
          'x-gantry-request': '1',
          ...(token !== undefined && { authorization: token }),
        },
      })
      assert.equal(
        response.status,
        401,
        `${method} ${path} (${JSON.stringify(access)}) with ${JSON.stringify(token)}`,
      )
    }
  }
})

test('path tricks do not get around signing in', async () => {
  const { app } = await startApi()
  for (const path of [
    '/v1beta1/projects/x.css',
    '/v1beta1//projects',
    '/V1beta1/projects',
    '/v1beta1/projects;a=b',
    '/v1beta1/projects%2fdemo',
    '/v1beta1/openapi.json',
  ]) {
    const response = await app.request(path, { headers: { host: 'localhost' } })
    assert.ok([401, 404].includes(response.status), `${path}: ${response.status}`)
    assert.doesNotMatch(await response.text(), /"name":"demo"/)
  }
})

test('a rebound host name gets nothing', async () => {
  const { send } = await startApi()
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '']) {
    const response = await send('GET', '/v1beta1/projects', { headers: { host } })
    assert.equal(response.status, 403, host)
  }
})

test('a page of another origin gets nothing', async () => {
  const { send } = await startApi()
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'http://localhost:9999' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ]) {
    const read = await send('GET', '/v1beta1/projects', { headers })
    assert.equal(read.status, 403, JSON.stringify(headers))
    const write = await send('DELETE', '/v1beta1/projects/demo', { headers })
    assert.equal(write.status, 403, JSON.stringify(headers))
  }
  assert.equal((await send('GET', '/v1beta1/projects/demo')).status, 200)
})

test('a write with a session cookie needs the header that no form can send', async () => {
  const { app, auth } = await startApi()
  const cookie = (await auth.redeem(auth.issueLinkCode())).split(';')[0] ?? ''
  const headers = { host: 'localhost', cookie }
  assert.equal((await app.request('/v1beta1/projects', { headers })).status, 200)
  assert.equal(
    (await app.request('/v1beta1/projects/demo', { method: 'DELETE', headers })).status,
    403,
  )
  const named = { ...headers, 'x-gantry-request': 'page' }
  assert.equal(
    (await app.request('/v1beta1/projects/demo', { method: 'DELETE', headers: named })).status,
    204,
  )
})

test('a link signs a browser in once, and not after ten minutes', async () => {
  const { app, auth, clock } = await startApi()
  const open = (code: string) =>
    app.request(`/session?code=${code}`, { headers: { host: 'localhost' } })
  const code = auth.issueLinkCode()
  const headers = { host: 'localhost' }
  const looked = await app.request(`/session?code=${code}`, { method: 'HEAD', headers })
  assert.deepEqual([looked.status, looked.headers.get('set-cookie')], [204, null])
  const first = await open(code)
  assert.equal(first.status, 303)
  assert.match(first.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/)
  assert.equal((await open(code)).status, 401)
  const late = auth.issueLinkCode()
  await clock.advance(10 * 60_000 + 1)
  assert.equal((await open(late)).status, 401)
})

test('whatever a link says besides, it leads to the page and nowhere else', async () => {
  const { app, auth } = await startApi()
  for (const place of [
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    '%2f%2fevil.example',
    '/%0d%0aset-cookie:a=b',
    '\u2215\u2215evil.example',
  ])
    for (const name of ['redirectTo', 'next', 'returnTo', 'url']) {
      const query = new URLSearchParams({ code: auth.issueLinkCode(), [name]: place })
      const answer = await app.request(`/session?${query}`, { headers: { host: 'localhost' } })
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/'], place)
      assert.equal(answer.headers.getSetCookie().length, 1)
    }
})

test('a session ends by itself and by signing out', async () => {
  const { app, auth, clock } = await startApi()
  const cookie = (await auth.redeem(adminToken)).split(';')[0] ?? ''
  const headers = { host: 'localhost', cookie, 'x-gantry-request': '1' }
  assert.equal((await app.request('/v1beta1/projects', { headers })).status, 200)
  await app.request('/session', { method: 'DELETE', headers })
  assert.equal((await app.request('/v1beta1/projects', { headers })).status, 401)
  const other = { host: 'localhost', cookie: (await auth.redeem(adminToken)).split(';')[0] ?? '' }
  await clock.advance(13 * 3_600_000)
  assert.equal((await app.request('/v1beta1/projects', { headers: other })).status, 401)
})

test('a session that was ended stays ended when the server starts again', async () => {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  const start = () =>
    createAuthenticator({
      clock,
      journal,
      adminToken,
      adminPassword: undefined,
      issuer: 'gantry',
      tokenActor: async () => undefined,
    })
  const first = start()
  const sessionOf = async (): Promise<Headers> =>
    new Headers({ cookie: (await first.redeem(adminToken)).split(';')[0] ?? '' })
  const [ended, other] = [await sessionOf(), await sessionOf()]
  await first.logout(ended)
  for (const auth of [first, start()]) {
    await assert.rejects(auth.authenticate(ended), (thrown) => hasCode(thrown, 'Unauthorized'))
    assert.equal((await auth.authenticate(other)).superuser, true)
  }
  await first.logout(ended)
  assert.equal((await journal.range({ kind: 'audit' })).records.length, 1)
})

test('a login gives a token that works until it expires, and guessing is slowed down', async () => {
  const { app, send, clock } = await startApi()
  const login = (password: string) =>
    send('POST', '/v1beta1/login', { headers: { authorization: `Bearer ${password}` } })
  const { idToken } = (await (await login(adminPassword)).json()) as { idToken: string }
  const headers = { host: 'localhost', authorization: `Bearer ${idToken}` }
  assert.equal((await app.request('/v1beta1/projects', { headers })).status, 200)
  for (let attempt = 0; attempt < 10; attempt += 1) assert.equal((await login('wrong')).status, 403)
  assert.equal((await login(adminPassword)).status, 429)
  await clock.advance(61_000)
  assert.equal((await login(adminPassword)).status, 200)
  await clock.advance(25 * 3_600_000)
  assert.equal((await app.request('/v1beta1/projects', { headers })).status, 401)
})

test('S10: with another password or admin token, what was signed before is worth nothing', async () => {
  const clock = createFakeClock()
  const journal = createMemoryJournal()
  const make = (password: string, token = adminToken) =>
    createAuthenticator({
      clock,
      journal,
      adminToken: token,
      adminPassword: password,
      issuer: 'http://localhost',
      tokenActor: async () => undefined,
    })
  const before = make('the old password')
  const bearer = new Headers({
    authorization: `Bearer ${await before.login('the old password', '')}`,
  })
  const session = new Headers({ cookie: (await before.redeem(adminToken)).split(';')[0] ?? '' })
  for (const proof of [bearer, session]) {
    assert.equal((await make('the old password').authenticate(proof)).superuser, true)
    for (const after of [make('a new password'), make('the old password', 'another admin token')])
      await assert.rejects(after.authenticate(proof), (error) => hasCode(error, 'Unauthorized'))
  }
})

test('a body that is too large is refused before it is parsed', async () => {
  const { send } = await startApi()
  const response = await send('PUT', '/v1beta1/resources', {
    body: 'x'.repeat(4 * 1024 * 1024 + 1),
  })
  assert.equal(response.status, 413)
})

test('internal failures show no text of theirs, and secrets are masked in the others', async () => {
  const { app } = await startApi({
    authorize: () => Promise.reject(new Error('token=hunter2hunter2')),
  })
  const response = await app.request('/v1beta1/projects/demo/stages', {
    headers: { host: 'localhost', authorization: `Bearer ${adminToken}` },
  })
  assert.equal(response.status, 500)
  assert.deepEqual(await response.json(), { error: 'internal server error', code: 'Internal' })
})

test('S15: what something waits for is told without secrets', async () => {
  const redactor = createRedactor()
  redactor.add('a-secret-in-an-address')
  const message = 'cannot reach https://me:a-secret-in-an-address@example.com'
  const inspect = () => [{ kind: 'Stage', name: 'test', error: { code: 'Unavailable', message } }]
  const { send } = await startApi({ redactor, inspect })
  const answer = await send('GET', '/v1beta1/gantry/waiting?project=demo')
  const text = await answer.text()
  assert.match(text, /cannot reach/)
  assert.ok(!text.includes('a-secret-in-an-address'))
})
