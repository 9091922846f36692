import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { adminActor } from '../../src/core/actor.ts'
import type { Kind } from '../../src/core/kinds/kind.ts'
import { RoleBindingKind } from '../../src/core/kinds/role-binding.ts'
import { type PolicyRule, RoleKind } from '../../src/core/kinds/role.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { ServiceAccountKind } from '../../src/core/kinds/service-account.ts'
import { isAllowed } from '../../src/core/policy/authorize.ts'
import { adminToken } from './harness.ts'
import { bindRole } from './roles-kit.ts'
import { dumpOf, startTenants } from './tenants.ts'

const roles = '/v1beta1/projects/alpha/roles'
const stages: PolicyRule = {
  apiGroups: ['kargo.akuity.io'],
  resources: ['stages'],
  verbs: ['get', 'list'],
}

interface ShownRole {
  readonly kargoManaged: boolean
  readonly claims: object[]
  readonly rules: PolicyRule[]
}

/** What a test reads of an answer's JSON. */
async function json<T>(response: Response): Promise<T> {
  return (await response.json()) as T
}

test('a role is a ServiceAccount, a Role and a RoleBinding that come and go together', async () => {
  const api = await startTenants()
  const body = {
    metadata: { name: 'dev', annotations: { 'kargo.akuity.io/description': 'developers' } },
    claims: [{ name: 'groups', values: ['devs'] }],
    rules: [{ apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['*'] }],
  }
  const created = await api.as(adminToken, 'POST', roles, body)
  assert.equal(created.status, 201)
  const shown = await json<ShownRole>(created)
  assert.equal(shown.kargoManaged, true)
  assert.deepEqual(shown.claims, [{ name: 'groups', values: ['devs'] }])
  assert.ok(shown.rules[0]?.verbs.includes('promote'))
  const ref = { namespace: 'alpha', name: 'dev' }
  const made: readonly Kind[] = [ServiceAccountKind, RoleKind, RoleBindingKind]
  for (const kind of made) assert.ok(await api.store.get(kind, ref), kind.kind)
  assert.equal((await api.as(adminToken, 'POST', roles, body)).status, 409)
  assert.equal((await api.as(adminToken, 'DELETE', `${roles}/dev`)).status, 204)
  assert.equal((await api.as(adminToken, 'GET', `${roles}/dev`)).status, 404)
  assert.equal(await api.store.get(RoleBindingKind, ref), undefined)
  assert.equal(await api.store.get(RoleKind, ref), undefined)
})

test('grants add claims and permissions, revocations take exactly those', async () => {
  const api = await startTenants()
  await api.as(adminToken, 'POST', roles, { metadata: { name: 'dev' } })
  const change = async (noun: string, body: object): Promise<ShownRole> => {
    const response = await api.as(adminToken, 'POST', `${roles}/${noun}`, { role: 'dev', ...body })
    assert.equal(response.status, 200, await response.clone().text())
    return json<ShownRole>(response)
  }
  const details = { resourceType: 'stages', verbs: ['list', 'get'] }
  const email = { claims: [{ name: 'email', values: ['ann@example.com'] }] }
  assert.deepEqual((await change('grants', { resourceDetails: details })).rules, [stages])
  const named = { ...details, resourceName: 'prod', verbs: ['promote'] }
  assert.equal((await change('grants', { resourceDetails: named })).rules.length, 2)
  assert.deepEqual((await change('grants', { userClaims: email })).claims, [
    { name: 'email', values: ['ann@example.com'] },
  ])
  assert.deepEqual((await change('revocations', { userClaims: email })).claims, [])
  assert.deepEqual((await change('revocations', { resourceDetails: named })).rules, [stages])
  assert.deepEqual((await change('revocations', { resourceDetails: details })).rules, [])
})

test('a change of a role that is refused in part changes nothing', async () => {
  const api = await startTenants()
  const body = { metadata: { name: 'dev' }, rules: [stages] }
  await api.as(adminToken, 'POST', roles, body)
  await bindRole(api, 'alpha', 'delegate', mayDelegate)
  const claims = [{ name: 'email', values: ['x'.repeat(300_000)] }]
  for (const token of [adminToken, await api.token('alpha', 'delegate')]) {
    const refused = await api.as(token, 'PUT', `${roles}/dev`, { metadata: {}, rules: [], claims })
    assert.equal(refused.status, 422)
    const role = await api.store.get(RoleKind, { namespace: 'alpha', name: 'dev' })
    assert.deepEqual(role?.rules, [stages])
  }
})

test('a grant of both kinds, of neither, of an unknown type or to an unmanaged role is refused', async () => {
  const api = await startTenants()
  await api.as(adminToken, 'POST', roles, { metadata: { name: 'dev' } })
  const unmanaged = { name: 'bare', namespace: 'alpha' }
  await api.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: unmanaged })
  const details = { resourceType: 'stages', verbs: ['get'] }
  const claims = { claims: [{ name: 'a', values: ['b'] }] }
  for (const body of [
    { role: 'dev' },
    { role: 'dev', resourceDetails: details, userClaims: claims },
    { role: 'dev', resourceDetails: { ...details, resourceType: 'stage' } },
    { role: 'dev', resourceDetails: { ...details, resourceType: 'dragons' } },
    { role: 'bare', resourceDetails: details },
  ]) {
    const response = await api.as(adminToken, 'POST', `${roles}/grants`, body)
    assert.equal(response.status, 400, JSON.stringify(body))
  }
  assert.equal(
    (await api.as(adminToken, 'POST', `${roles}/grants`, { role: 'no', userClaims: claims }))
      .status,
    404,
  )
})

const rule = fc.record({
  apiGroups: fc.constant<string[]>(['kargo.akuity.io']),
  resources: fc.subarray(['stages', 'warehouses', 'freights'], { minLength: 1, maxLength: 2 }),
  verbs: fc.subarray(['get', 'list', 'delete', 'promote'], { minLength: 1 }),
  resourceNames: fc.constantFrom<string[][]>([], ['prod']),
})

/** Everything that could be asked for. */
const requests = ['kargo.akuity.io'].flatMap((group) =>
  ['stages', 'warehouses', 'freights'].flatMap((resource) =>
    ['get', 'list', 'delete', 'promote'].flatMap((verb) =>
      ['prod', 'other', undefined].map((name) => ({ group, resource, verb, name })),
    ),
  ),
)

/** Whether these rights hold all that those give: found out by asking, not by comparing rules. */
function holdsAll(held: readonly PolicyRule[], wanted: PolicyRule): boolean {
  return requests.every((request) => !isAllowed([wanted], request) || isAllowed(held, request))
}

/** What a delegate needs to manage roles at all. */
const mayDelegate: PolicyRule[] = [
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] },
  { apiGroups: [''], resources: ['serviceaccounts', 'secrets'], verbs: ['*'] },
  { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['list'] },
]

test('GHSA-wp4p-hr79-q4g8: nobody can give more than they hold, whichever way they try', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { maxLength: 3 }), rule, async (held, wanted) => {
      const api = await startTenants()
      const own = [...mayDelegate, ...held]
      const metadata = (name: string) => ({ name, namespace: 'alpha' })
      const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
      const bind = async (name: string, rules: readonly object[], subject: string) => {
        await api.make({ ...rbac, kind: 'Role', metadata: metadata(name), rules })
        const roleRef = { kind: 'Role', name }
        const subjects = [{ kind: 'ServiceAccount', name: subject }]
        await api.make({
          ...rbac,
          kind: 'RoleBinding',
          metadata: metadata(name),
          roleRef,
          subjects,
        })
      }
      for (const name of ['delegate', 'strong'])
        await api.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(name) })
      await bind('delegate', own, 'delegate')
      await bind('strong', [wanted], 'strong')
      const token = await api.token('alpha', 'delegate')
      const mayGive = holdsAll(own, wanted)
      const expected = (status: number): number => (mayGive ? status : 403)

      const create = { metadata: { name: 'made' }, rules: [wanted] }
      assert.equal((await api.as(token, 'POST', roles, create)).status, expected(201))
      assert.equal((await api.store.get(RoleKind, metadata('made'))) !== undefined, mayGive)
      assert.equal(
        (await api.store.get(ServiceAccountKind, metadata('made'))) !== undefined,
        mayGive,
      )

      assert.equal(
        (await api.as(token, 'POST', roles, { metadata: { name: 'empty' } })).status,
        201,
      )
      const put = await api.as(token, 'PUT', `${roles}/empty`, create)
      assert.equal(put.status, expected(200))

      const mapped = { metadata: metadata('strong'), apiVersion: 'v1', kind: 'ServiceAccount' }
      const notes = { 'rbac.kargo.akuity.io/claims': '{"email":["me@example.com"]}' }
      const claimed = { ...mapped, metadata: { ...mapped.metadata, annotations: notes } }
      assert.equal(
        (await api.as(token, 'PUT', '/v1beta1/resources', claimed)).status,
        expected(200),
      )

      const issued = await api.as(token, 'POST', `${roles}/strong/api-tokens`, { name: 'mine' })
      assert.equal(issued.status, expected(201))
      assert.equal((await api.store.get(SecretKind, metadata('mine'))) !== undefined, mayGive)

      const binding = {
        ...rbac,
        kind: 'RoleBinding',
        metadata: metadata('sly'),
        roleRef: { kind: 'Role', name: 'strong' },
        subjects: [{ kind: 'ServiceAccount', name: 'delegate' }],
      }
      assert.equal(
        (await api.as(token, 'POST', '/v1beta1/resources', binding)).status,
        expected(201),
      )
    }),
    { numRuns: 25 },
  )
})

test('GHSA-wp4p-hr79-q4g8: nobody makes a token of an account that has more rights in another Project', async () => {
  const api = await startTenants()
  await bindRole(api, 'alpha', 'clerk', mayDelegate)
  await api.make({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'ci', namespace: 'alpha' },
  })
  const token = await api.token('alpha', 'clerk')
  const issue = async (name: string): Promise<number> =>
    (await api.as(token, 'POST', `${roles}/ci/api-tokens`, { name })).status
  assert.equal(await issue('before'), 201)
  await api.make({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'ci', namespace: 'beta' },
    roleRef: { kind: 'Role', name: 'kargo-promoter' },
    subjects: [{ kind: 'ServiceAccount', name: 'ci', namespace: 'alpha' }],
  })
  assert.equal(await issue('after'), 403)
  assert.equal(await api.store.get(SecretKind, { namespace: 'alpha', name: 'after' }), undefined)
})

test('a token is shown once, kept as a hash, listed by role, and worth nothing once it is revoked', async () => {
  const api = await startTenants()
  const made = await api.as(adminToken, 'POST', `${roles}/kargo-viewer/api-tokens`, { name: 'ci' })
  assert.equal(made.status, 201)
  const { data } = await json<{ data: { token: string } }>(made)
  const token = Buffer.from(data.token, 'base64').toString()
  assert.match(token, /^ey/)
  const viewed = await api.as(token, 'GET', '/v1beta1/projects/alpha/stages')
  assert.equal(viewed.status, 200)
  const stored = await dumpOf(api, SecretKind)
  assert.ok(!stored.includes(token) && !stored.includes(data.token))
  const tokens = '/v1beta1/projects/alpha/api-tokens'
  for (const [query, count] of [
    ['', 1],
    ['?role=kargo-viewer', 1],
    ['?role=kargo-admin', 0],
  ] as const) {
    const { items } = await json<{ items: object[] }>(
      await api.as(adminToken, 'GET', `${tokens}${query}`),
    )
    assert.equal(items.length, count, query)
    assert.ok(!JSON.stringify(items).includes(data.token))
  }
  assert.equal((await api.as(adminToken, 'DELETE', `${tokens}/ci`)).status, 204)
  assert.equal((await api.as(token, 'GET', '/v1beta1/projects')).status, 401)
})

test('a token ends with its time, with its role, and does not come back with a role of the same name', async () => {
  const api = await startTenants()
  const short = await api.token('alpha', 'kargo-viewer', 60)
  const long = await api.token('alpha', 'kargo-viewer')
  const status = async (token: string): Promise<number> =>
    (await api.as(token, 'GET', '/v1beta1/projects/alpha/stages')).status
  assert.deepEqual([await status(short), await status(long)], [200, 200])
  await api.clock.advance(60_000)
  assert.deepEqual([await status(short), await status(long)], [401, 200])
  const ref = { namespace: 'alpha', name: 'kargo-viewer' }
  const account = await api.store.get(ServiceAccountKind, ref)
  assert.equal((await api.as(adminToken, 'DELETE', `${roles}/kargo-viewer`)).status, 204)
  assert.equal(await status(long), 401)
  const metadata = { ...ref, annotations: account?.metadata.annotations }
  await api.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  assert.equal(await status(long), 401)
})

test('an altered token is worth nothing', async () => {
  const api = await startTenants()
  const token = await api.token('alpha', 'kargo-viewer')
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = Buffer.from(payload, 'base64url').toString()
  const admin = Buffer.from(claims.replaceAll('kargo-viewer', 'kargo-admin')).toString('base64url')
  const other = Buffer.from(claims.replaceAll('alpha', 'beta')).toString('base64url')
  for (const forged of [
    `${header}.${admin}.${signature}`,
    `${header}.${other}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -2)}AA`,
    `${token}x`,
  ]) {
    assert.equal((await api.as(forged, 'GET', '/v1beta1/projects')).status, 401)
  }
})

test(
  'a stream ends within five seconds after its token was revoked or its role taken away',
  { timeout: 30_000 },
  async () => {
    for (const path of [
      '/v1beta1/projects/alpha/stages?watch=true',
      '/v1beta1/gantry/stream?project=alpha',
      '/v1beta1/gantry/objects/stages?project=alpha&watch=true',
    ]) {
      for (const take of [SecretKind, RoleBindingKind]) {
        const api = await startTenants()
        const token = await api.token('alpha', 'kargo-viewer')
        const response = await api.as(token, 'GET', path)
        assert.equal(response.status, 200)
        const ended = response.text()
        await api.clock.advance(10_000)
        const name = take === SecretKind ? 'token-1' : 'kargo-viewer'
        await api.store.delete(take, { namespace: 'alpha', name }, { actor: adminActor })
        await api.clock.advance(5000)
        assert.match(await ended, /"name":"prod"/)
      }
    }
  },
)
