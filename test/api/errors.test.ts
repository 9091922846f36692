/** What every refusal looks like: `error` and `code`, perhaps `details` and `field`, under Kargo's status. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GantryError, errorCodes } from '../../src/core/errors.ts'
import { operations } from '../../src/api/routes/index.ts'
import { adminPassword, adminToken, startApi } from './harness.ts'
import { filledPath, nameOf } from './routes-kit.ts'
import { dumpOf, startTenants } from './tenants.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'

interface Problem {
  readonly error: string
  readonly code: string
  readonly details?: readonly string[]
  readonly field?: string
}

/** The refusal, when it has the shape that every one has. */
async function problemOf(response: Response, about: string): Promise<Problem> {
  assert.equal(response.headers.get('content-type'), 'application/json', about)
  const problem = (await response.json()) as Problem
  const { error, code, details = [], field = 'x', ...more } = problem
  assert.deepEqual(more, {}, about)
  assert.match(error, /\S/, about)
  assert.ok(!error.endsWith('.'), `${about}: ${error}`)
  assert.ok(Object.hasOwn(errorCodes, code), `${about}: ${code}`)
  assert.ok(details.every((detail) => typeof detail === 'string') && field !== '', about)
  return problem
}

test('each class of failure has its status, its code and the one shape', async () => {
  const api = await startTenants()
  const base = '/v1beta1/projects/alpha'
  const viewer = await api.token('alpha', 'kargo-viewer')
  const stale = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'map', namespace: 'alpha' },
  }
  await api.make(stale)
  const elsewhere = { metadata: { name: 'kargo-viewer', namespace: 'beta' } }
  const promote = `${base}/stages/test/promotions`
  const cases: readonly [number, string, string | undefined, Promise<Response>][] = [
    [400, 'BadRequest', undefined, api.as(adminToken, 'POST', promote, '{')],
    [400, 'BadRequest', undefined, api.as(adminToken, 'POST', promote, 'null')],
    [400, 'BadRequest', 'freight', api.as(adminToken, 'POST', promote, { freight: 1 })],
    [400, 'BadRequest', 'groupBy', api.as(adminToken, 'GET', `${base}/freight?groupBy=x`)],
    [400, 'BadRequest', 'limit', api.as(adminToken, 'GET', `${base}/stages?limit=-1`)],
    [400, 'BadRequest', 'page', api.as(adminToken, 'GET', '/v1beta1/projects?page=-1')],
    [400, 'BadRequest', 'pageSize', api.as(adminToken, 'GET', '/v1beta1/projects?pageSize=all')],
    [401, 'Unauthorized', undefined, api.as('x', 'GET', `${base}/stages`)],
    [403, 'Forbidden', undefined, api.as(viewer, 'DELETE', `${base}/stages/test`)],
    [404, 'NotFound', undefined, api.as(adminToken, 'GET', `${base}/stages/absent`)],
    [404, 'NotFound', undefined, api.as(adminToken, 'GET', '/v1beta1/projects/absent')],
    [404, 'NotFound', undefined, api.as(adminToken, 'GET', '/v1beta1/absent')],
    [405, 'MethodNotAllowed', undefined, api.as(adminToken, 'PATCH', `${base}/stages`)],
    [405, 'MethodNotAllowed', undefined, api.as(adminToken, 'PUT', '/absent')],
    [
      409,
      'AlreadyExists',
      'metadata.name',
      api.as(adminToken, 'POST', '/v1beta1/resources', stale),
    ],
    [
      409,
      'Conflict',
      'metadata.namespace',
      api.as(adminToken, 'PUT', `${base}/roles/kargo-viewer`, elsewhere),
    ],
    [413, 'TooLarge', undefined, api.as(adminToken, 'POST', promote, ' '.repeat(1024 * 1024 + 1))],
    [
      422,
      'Invalid',
      'metadata.name',
      api.as(adminToken, 'POST', `${base}/configmaps`, { name: 'A B', data: { a: 'b' } }),
    ],
    [501, 'NotSupported', undefined, api.as(adminToken, 'GET', `${base}/analysis-runs/x/logs`)],
  ]
  for (const [status, code, field, answer] of cases) {
    const response = await answer
    const about = `${status} ${code} ${response.url}`
    const problem = await problemOf(response, about)
    assert.deepEqual([response.status, problem.code, problem.field], [status, code, field], about)
  }
})

test('what the server itself cannot do has its status too, and says no more than it should', async () => {
  for (const [code, status, seconds] of [
    ['RateLimited', 429, '2'],
    ['Internal', 500, null],
    ['Unavailable', 503, null],
    ['Timeout', 504, null],
  ] as const) {
    const error = new GantryError(code, 'why it failed', {
      ...(seconds !== null && { retryAfterMs: 1500 }),
    })
    const api = await startApi({ authorize: () => Promise.reject(error) })
    const response = await api.send('GET', '/v1beta1/projects/demo/stages')
    assert.equal(response.status, status)
    assert.equal(response.headers.get('retry-after'), seconds)
    const expected = code === 'Internal' ? 'internal server error' : 'why it failed'
    assert.deepEqual(await problemOf(response, code), { error: expected, code })
  }
  const failed = await startApi({ failure: () => new Error('the disk is full') })
  const response = await failed.send('GET', '/v1beta1/projects')
  assert.equal(response.status, 503)
  assert.equal((await problemOf(response, 'failed')).code, 'Unavailable')
})

test('a login without a password is 400, with a wrong one 403', async () => {
  const api = await startApi()
  const login = (authorization: string): Promise<Response> =>
    api.send('POST', '/v1beta1/login', { headers: { authorization } })
  for (const [status, code, header] of [
    [400, 'BadRequest', ''],
    [400, 'BadRequest', `Basic ${btoa(`admin:${adminPassword}`)}`],
    [403, 'Forbidden', 'Bearer wrong'],
  ] as const) {
    const response = await login(header)
    assert.equal(response.status, status, header)
    assert.equal((await problemOf(response, header)).code, code)
  }
})

const withBody = operations.filter(({ body }) => body !== undefined)

test('a body that is too large is 413 on every operation that takes one, and only for who may call it', async () => {
  const api = await startTenants()
  const before = await dumpOf(api, SecretKind)
  for (const operation of withBody) {
    const body = `{"name":"${'x'.repeat(operation.body?.maxBytes ?? 0)}"}`
    const path = filledPath(operation, 'alpha')
    const response = await api.as(adminToken, operation.method, path, body)
    assert.equal(response.status, 413, nameOf(operation))
    assert.equal((await problemOf(response, path)).code, 'TooLarge')
    assert.equal((await api.as('x', operation.method, path, body)).status, 401, path)
  }
  assert.equal(await dumpOf(api, SecretKind), before)
})

test('a body that says too little of its length is refused while it is read', async () => {
  const api = await startApi()
  let sent = 0
  const piece = new Uint8Array(64 * 1024).fill(32)
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += piece.byteLength
      controller.enqueue(piece)
    },
  })
  const response = await api.app.request('/v1beta1/resources', {
    method: 'POST',
    headers: { host: 'localhost', authorization: `Bearer ${adminToken}`, 'content-length': '10' },
    body: endless,
    duplex: 'half',
  } as RequestInit)
  assert.equal(response.status, 413)
  assert.ok(sent < 5 * 1024 * 1024, `${sent} bytes were read`)
})

test('what is no JSON, or JSON of another shape, is 400 on every operation that takes JSON', async () => {
  const api = await startTenants()
  for (const operation of withBody.filter(({ body }) => body?.type === 'json')) {
    const path = filledPath(operation, 'alpha')
    for (const body of ['{', '{"a":}', '\u0000', '[]', '"text"', 'null', '17']) {
      const response = await api.as(adminToken, operation.method, path, body)
      const about = `${nameOf(operation)} ${body}`
      assert.equal(response.status, 400, about)
      assert.equal((await problemOf(response, about)).code, 'BadRequest')
    }
  }
})

test('the refusal of a body says what was given, what was expected, and where', async () => {
  const { send } = await startApi()
  const path = '/v1beta1/projects/demo/roles/grants'
  const body = JSON.stringify({
    role: 7,
    resourceDetails: { resourceType: 'stages', verbs: 'get' },
  })
  const response = await send('POST', path, { body })
  const { details, field } = await problemOf(response, path)
  assert.deepEqual(details, [
    'role: Invalid type. Expected: string, given: integer',
    'resourceDetails.verbs: Invalid type. Expected: array, given: string',
  ])
  assert.equal(field, 'role')
})

test('JSON is JSON whatever its content type says', async () => {
  const { send } = await startApi()
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    const body = JSON.stringify({ name: type.replaceAll('/', '-'), data: { a: 'b' } })
    const headers = { 'content-type': type }
    const response = await send('POST', '/v1beta1/projects/demo/configmaps', { headers, body })
    assert.equal(response.status, 201, type)
  }
})

test('every path refuses the methods that it has not, and names those that it has', async () => {
  const { send } = await startApi()
  const paths = new Set(operations.map(({ path }) => path).filter((path) => path.startsWith('/v1')))
  for (const path of paths) {
    const has = operations
      .filter((operation) => operation.path === path)
      .map(({ method }) => method)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      const filled = filledPath({ method, path }, 'demo')
      const isMet = operations.some(
        (each) =>
          each.method === method &&
          new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path.replaceAll(':', '')),
      )
      if (isMet) continue
      const response = await send(method, filled.replace(/\?.*/, ''))
      assert.equal(response.status, 405, `${method} ${path}`)
      const allow = (response.headers.get('allow') ?? '').split(', ')
      for (const each of has) assert.ok(allow.includes(each), `${method} ${path}: ${allow.join()}`)
    }
  }
})

test('Events are read, one or all of a Project, and nothing else is done with them', async () => {
  const api = await startTenants()
  const path = '/v1beta1/gantry/objects/events'
  const approve = '/v1beta1/projects/alpha/freight/alpha-freight/approve?stage=prod'
  await api.as(adminToken, 'POST', approve)
  type Event = { metadata: { name: string }; reason: string }
  const listed = (await (await api.as(adminToken, 'GET', `${path}?project=alpha`)).json()) as {
    items: Event[]
  }
  const event = listed.items.find(({ reason }) => reason === 'FreightApproved')
  const name = event?.metadata.name ?? ''
  const one = await api.as(adminToken, 'GET', `${path}/${name}?project=alpha`)
  assert.equal(one.status, 200)
  assert.deepEqual(await one.json(), event)
  const manifest = { ...event }
  for (const [status, code, method, where, body] of [
    [404, 'NotFound', 'GET', `${path}/${name}?project=beta`, undefined],
    [404, 'NotFound', 'GET', `${path}/absent?project=alpha`, undefined],
    [501, 'NotSupported', 'GET', `${path}?project=alpha&watch=true`, undefined],
    [501, 'NotSupported', 'DELETE', `${path}/${name}?project=alpha`, undefined],
    [501, 'NotSupported', 'POST', '/v1beta1/resources', manifest],
    [501, 'NotSupported', 'DELETE', '/v1beta1/resources', manifest],
  ] as const) {
    const response = await api.as(adminToken, method, where, body)
    assert.equal(response.status, status, `${method} ${where}`)
    assert.equal((await problemOf(response, where)).code, code)
  }
  const viewer = await api.token('alpha', 'kargo-viewer')
  assert.equal((await api.as(viewer, 'GET', `${path}/${name}?project=alpha`)).status, 200)
  const stranger = await api.token('beta', 'kargo-admin')
  assert.equal((await api.as(stranger, 'GET', `${path}/${name}?project=alpha`)).status, 404)
})
