/** What holds for every route that the router knows: a new one is covered by being there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryJournal } from '../../src/journals/memory.ts'
import { createAuthenticator } from '../../src/api/auth.ts'
import { securityHeaders } from '../../src/api/protect.ts'
import { adminActor } from '../../src/core/actor.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { adminPassword, adminToken } from './harness.ts'
import {
  type Route,
  filledPath,
  isInProject,
  isWrite,
  nameOf,
  operationOf,
  routesOf,
} from './routes-kit.ts'
import { type Tenants, dumpOf, startTenants } from './tenants.ts'

/** Reviewed: routes that are not operations. A new one has to be added here by hand. */
const besideOperations = [
  'ALL /*',
  'ALL /v1beta1/*',
  'DELETE /session',
  'GET /*',
  'GET /session',
  'GET /v1beta1/openapi.json',
  'POST /session',
]

/** Reviewed: what answers without anyone being signed in, and with what when nothing else is sent. */
const openRoutes: Readonly<Record<string, number>> = {
  'GET /healthz': 200,
  'GET /readyz': 200,
  'GET /metrics': 200,
  'GET /v1beta1/system/public-server-config': 200,
  'POST /v1beta1/login': 400,
  'DELETE /session': 204,
  // The page, and what answers where there is nothing.
  'GET /*': 404,
  'ALL /*': 405,
  'ALL /v1beta1/*': 404,
}

/** Reviewed: what anyone signed in may call; each looks at rights by itself or tells nothing of anyone's. */
const signedInRoutes = [
  'DELETE /v1beta1/gantry/objects/:kind/:name',
  'DELETE /v1beta1/resources',
  'GET /v1beta1/gantry/catalog',
  'GET /v1beta1/gantry/kinds',
  'GET /v1beta1/gantry/objects/:kind',
  'GET /v1beta1/gantry/objects/:kind/:name',
  'GET /v1beta1/gantry/stream',
  'GET /v1beta1/gantry/waiting',
  'GET /v1beta1/openapi.json',
  'GET /v1beta1/projects',
  'GET /v1beta1/system/controller-heartbeats',
  'GET /v1beta1/system/server-config',
  'GET /v1beta1/system/server-version',
  'POST /v1beta1/gantry/link',
  'POST /v1beta1/resources',
  'PUT /v1beta1/resources',
]

interface Asked {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** Sends a request with these headers and nothing else; the path has the route's parameters filled in. */
async function ask(api: Tenants, route: Route, headers: Record<string, string>): Promise<Asked> {
  const method = route.method === 'ALL' ? 'PUT' : route.method
  const path = filledPath(route, 'alpha').replace('*', 'absent')
  const body = isWrite(route) ? { body: '{}' } : {}
  const response = await api.app.request(path, { method, headers, ...body })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const isOpen = (route: Route): boolean => nameOf(route) in openRoutes
const here = { host: 'localhost' }
const named = { ...here, 'x-gantry-request': '1' }

/** Everything that is stored, to see that nothing changed. */
async function stored(api: Tenants): Promise<string> {
  return (await Promise.all(storedKinds.map((kind) => dumpOf(api, kind)))).join('\n')
}

test('the routes are the operations and the reviewed rest', async () => {
  const { app } = await startTenants()
  const beside = routesOf(app).filter((route) => operationOf(route) === undefined)
  assert.deepEqual(beside.map(nameOf).toSorted(), besideOperations)
})

test('without signing in, the reviewed routes answer and every other is 401', async () => {
  const api = await startTenants()
  const before = await stored(api)
  for (const route of routesOf(api.app)) {
    const { status, text, headers } = await ask(api, route, named)
    assert.equal(status, openRoutes[nameOf(route)] ?? 401, nameOf(route))
    if (!isOpen(route)) assert.deepEqual(Object.keys(JSON.parse(text)), ['error', 'code'])
    assert.deepEqual(securityHeadersIn(headers), securityHeaders, nameOf(route))
  }
  assert.equal(await stored(api), before)
})

test('a token that has expired, was revoked or was made for something else is 401 on every route', async () => {
  const api = await startTenants()
  const made = {
    revoked: await api.token('alpha', 'kargo-admin'),
    expired: await api.token('alpha', 'kargo-admin', 60),
    'expired login': await api.auth.login(adminPassword, ''),
  }
  const revoked = { namespace: 'alpha', name: 'token-1' }
  await api.store.delete(SecretKind, revoked, { actor: adminActor })
  await api.clock.advance(24 * 3_600_000 + 1)
  const loginAt = (issuer: string, token: string): Promise<string> =>
    createAuthenticator({
      clock: api.clock,
      journal: createMemoryJournal(),
      adminToken: token,
      adminPassword,
      issuer,
      tokenActor: async () => undefined,
    }).login(adminPassword, '')
  const tokens: Record<string, string> = {
    ...made,
    unknown: 'x',
    'session as a bearer': (await api.auth.redeem(adminToken)).split(/[=;]/)[1] ?? '',
    'of another installation': await loginAt(
      'http://localhost',
      'the token of another installation',
    ),
    'of another issuer': await loginAt('http://elsewhere', adminToken),
  }
  const before = await stored(api)
  for (const [what, token] of Object.entries(tokens)) {
    for (const route of routesOf(api.app).filter((each) => !isOpen(each))) {
      if (route.path === '/session') continue
      const { status, text } = await ask(api, route, { ...named, authorization: `Bearer ${token}` })
      assert.equal(status, 401, `${nameOf(route)}: ${what}: ${text}`)
    }
  }
  assert.equal(await stored(api), before)
})

test('a token of another Project gets 404 in a Project and 403 outside of any, but for the reviewed routes', async () => {
  const api = await startTenants()
  const authorization = `Bearer ${await api.token('beta', 'kargo-admin')}`
  const before = await stored(api)
  for (const route of routesOf(api.app).filter((each) => !isOpen(each))) {
    const name = nameOf(route)
    if (route.path === '/session' || signedInRoutes.includes(name)) continue
    const { status, text } = await ask(api, route, { ...here, authorization })
    assert.equal(status, isInProject(route) ? 404 : 403, `${name}: ${text}`)
  }
  assert.equal(await stored(api), before)
})

test('what anyone signed in may call is the reviewed list', async () => {
  const { app } = await startTenants()
  const found = routesOf(app).filter(
    (route) => operationOf(route)?.access === 'signed-in' || route.path.endsWith('openapi.json'),
  )
  assert.deepEqual(found.map(nameOf).toSorted(), signedInRoutes)
})

test('a page of another origin, another site or a rebound name gets 403 on every route, signed in or not', async () => {
  const api = await startTenants()
  const before = await stored(api)
  const cookie = (await api.auth.redeem(adminToken)).split(';')[0] ?? ''
  const strangers: readonly Record<string, string>[] = [
    { ...named, origin: 'https://evil.example' },
    { ...named, origin: 'http://localhost:81' },
    { ...named, origin: 'null' },
    { ...named, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    { ...named, host: 'evil.example' },
    { ...named, host: 'localhost.evil.example:8080' },
    { ...named, host: '127.0.0.1.nip.io' },
  ]
  for (const route of routesOf(api.app)) {
    for (const stranger of strangers) {
      for (const proof of [{}, { cookie }, { authorization: `Bearer ${adminToken}` }]) {
        const answer = await ask(api, route, { ...stranger, ...proof })
        const about = `${nameOf(route)} ${JSON.stringify({ ...stranger, ...proof })}`
        assert.equal(answer.status, 403, about)
        assert.deepEqual(Object.keys(JSON.parse(answer.text)), ['error', 'code'], about)
        assert.equal(answer.headers.get('access-control-allow-origin'), null, about)
        assert.deepEqual(securityHeadersIn(answer.headers), securityHeaders, about)
      }
    }
  }
  assert.equal(await stored(api), before)
})

test('a write without a header that a form cannot send is 403 on every route, with a session or without', async () => {
  const api = await startTenants()
  const before = await stored(api)
  const cookie = (await api.auth.redeem(adminToken)).split(';')[0] ?? ''
  for (const route of routesOf(api.app).filter(isWrite)) {
    if (route.method === 'ALL' && route.path === '/*') continue
    for (const headers of [here, { ...here, cookie }])
      assert.equal((await ask(api, route, headers)).status, 403, nameOf(route))
  }
  assert.equal(await stored(api), before)
})

/** Of an answer's headers those that protect whoever reads it in a browser. */
function securityHeadersIn(headers: Headers): Record<string, string | null> {
  return Object.fromEntries(Object.keys(securityHeaders).map((name) => [name, headers.get(name)]))
}
