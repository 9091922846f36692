import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/routes/index.ts'
import { defaultRoleNames } from '../../src/controllers/project/default-roles.ts'
import { storedKinds } from '../../src/core/kinds/index.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { bindRole } from './roles-kit.ts'
import { type Tenants, dumpOf, startTenants } from './tenants.ts'

const item = (kind: string, path: string): [string, string] => [kind, path]

const readable =
  'analysisruns analysistemplates configmaps events freights projectconfigs promotions rolebindings roles serviceaccounts stages warehouses'

/** Verbs of each default role by resource, as Kargo documents them; `*` for all of them. */
const read = ['get', 'list', 'watch']
const rights: Readonly<Record<(typeof defaultRoleNames)[number], Record<string, string[]>>> = {
  'kargo-admin': Object.fromEntries([
    ...['configmaps', 'secrets', 'serviceaccounts', 'roles', 'rolebindings', 'freights'].map(all),
    ...['projectconfigs', 'promotiontasks', 'stages', 'warehouses', 'analysistemplates'].map(all),
    ['promotions', ['create', 'delete', 'patch', ...read]],
    ['analysisruns', ['delete', ...read]],
    ['events', read],
    ['projects', ['delete', 'update']],
  ]),
  'kargo-viewer': reader(),
  'kargo-promoter': { ...reader(), stages: [...read, 'promote'], promotions: ['create', ...read] },
}

function all(resource: string): [string, string[]] {
  return [resource, ['*']]
}

function reader(): Record<string, string[]> {
  const resources = readable.split(' ')
  return Object.fromEntries(resources.map((resource) => [resource, read]))
}

/** The path with names that exist nowhere but in the pipeline of the Project. */
function pathIn(project: string, { path }: Operation): string {
  const names: Record<string, string> = {
    project,
    stage: 'prod',
    warehouse: 'web',
    freight: `${project}-freight`,
  }
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? 'absent')
  return path.includes('/approve') ? `${filled}?stage=prod` : filled
}

const inProjects = operations.filter(({ path }) => path.includes(':project'))

/** Bodies that mean nothing: what is allowed goes on to be refused for what it says. */
const send = (api: Tenants, token: string, operation: Operation, project: string) =>
  api.as(
    token,
    operation.method,
    pathIn(project, operation),
    operation.body === undefined ? undefined : '{}',
  )

test('every operation declares who may use it', () => {
  for (const { access, method, path } of operations) {
    const isNamed = typeof access === 'string' || (access.verb !== '' && access.resource !== '')
    assert.ok(isNamed, `${method} ${path}`)
    const isOpen = access === 'signed-in' && path.includes(':project')
    assert.ok(!isOpen, `${method} ${path} is in a project and open to all`)
  }
})

/** What deletes comes last, and the Project at the very end. */
function weight({ method, path }: Operation): number {
  return method === 'DELETE' ? 1000 - path.length : 0
}

test('role x operation: each default role may do what Kargo says, and gets 403 for the rest', async () => {
  for (const role of defaultRoleNames) {
    const api = await startTenants()
    const token = await api.token('alpha', role)
    for (const operation of inProjects.toSorted((a, b) => weight(a) - weight(b))) {
      const { access, method, path } = operation
      const response = await send(api, token, operation, 'alpha')
      await response.body?.cancel()
      const isAllowed = typeof access === 'string' || mayDo(role, access)
      const about = `${role}: ${method} ${path} gave ${response.status}`
      // Downstream looks at each Stage that it would promote to; there is none after prod.
      if (isAllowed) assert.notEqual(response.status, 403, about)
      else assert.equal(response.status, 403, about)
      assert.notEqual(response.status, 500, about)
      assert.notEqual(response.status, 401, about)
    }
  }
})

function mayDo(
  role: (typeof defaultRoleNames)[number],
  access: { verb: string; resource: string },
) {
  const verbs = rights[role][access.resource] ?? []
  return verbs.includes('*') || verbs.includes(access.verb)
}

test('S14, S21: nothing of another tenant can be told from what does not exist, and nothing changes', async () => {
  const api = await startTenants()
  const before = await everything(api)
  for (const role of defaultRoleNames) {
    const token = await api.token('alpha', role)
    for (const operation of inProjects) {
      const theirs = await send(api, token, operation, 'beta')
      const absent = await send(api, token, operation, 'gamma')
      const about = `${role}: ${operation.method} ${operation.path}`
      assert.equal(theirs.status, 404, about)
      assert.equal(absent.status, 404, about)
      const [a, b] = [await theirs.text(), await absent.text()]
      assert.equal(a.replaceAll('beta', 'gamma'), b, about)
    }
    for (const { plural } of storedKinds) {
      for (const [method, name] of [
        ['GET', ''],
        ['GET', '/prod'],
        ['DELETE', '/prod'],
      ] as const) {
        const path = `/v1beta1/gantry/objects/${plural}${name}`
        const theirs = await api.as(token, method, `${path}?project=beta`)
        const absent = await api.as(token, method, `${path}?project=gamma`)
        assert.ok([404, 403].includes(theirs.status), `${role}: ${method} ${path} ${theirs.status}`)
        assert.equal(theirs.status, absent.status, `${role}: ${method} ${path}`)
        assert.equal((await theirs.text()).replaceAll('beta', 'gamma'), await absent.text())
      }
    }
    for (const path of ['stream?project=', 'waiting?project=']) {
      const theirs = await api.as(token, 'GET', `/v1beta1/gantry/${path}beta`)
      assert.equal(theirs.status, 404, path)
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'mine', namespace: 'beta' },
        data: { a: 'b' },
      }
      const response = await api.as(token, method, '/v1beta1/resources?upsert=true', body)
      assert.equal(response.status, 404, `${role}: ${method} /resources`)
    }
    for (const query of ['', '?mine=true', '?mine=false']) {
      const answer = await api.as(token, 'GET', `/v1beta1/projects${query}`)
      const { items } = (await answer.json()) as { items: { metadata: { name: string } }[] }
      assert.deepEqual(
        items.map(({ metadata }) => metadata.name),
        ['alpha'],
      )
    }
  }
  assert.deepEqual(await everything(api), before)
})

test('what one may read and not delete is Forbidden, by whatever way', async () => {
  const api = await startTenants()
  const token = await api.token('alpha', 'kargo-promoter')
  const objects = '/v1beta1/gantry/objects'
  const statusOf = async (path: string): Promise<unknown[]> => {
    const response = await api.as(token, 'DELETE', path)
    const { code, error }: { code?: string; error?: string } = JSON.parse(await response.text())
    return [response.status, code, error?.includes('may not delete')]
  }
  const forbidden = [403, 'Forbidden', true]
  assert.deepEqual(await statusOf(`${objects}/stages/test?project=alpha`), forbidden)
  assert.deepEqual(await statusOf(`${objects}/stages/nowhere?project=alpha`), forbidden)
  assert.deepEqual(await statusOf(`${objects}/projects/alpha`), forbidden)
  // What one may not read is not there.
  for (const path of ['secrets/x?project=alpha', 'stages/test?project=beta', 'projects/beta'])
    assert.deepEqual(await statusOf(`${objects}/${path}`), [404, 'NotFound', false], path)
})

test('S13: a namespace in the manifest of what lives in none gives no right to it', async () => {
  const api = await startTenants()
  await bindRole(api, 'alpha', 'boss', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }])
  const token = await api.token('alpha', 'boss')
  const kargo = 'kargo.akuity.io/v1alpha1'
  const before = await everything(api)
  for (const [method, manifest] of [
    ['DELETE', { apiVersion: kargo, kind: 'Project', metadata: { name: 'beta' } }],
    ['DELETE', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'beta' } }],
    ['PUT', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'beta' } }],
    ['POST', { apiVersion: kargo, kind: 'Project', metadata: { name: 'gamma' } }],
    ['POST', { apiVersion: kargo, kind: 'ClusterConfig', metadata: { name: 'cluster' }, spec: {} }],
  ] as const) {
    const metadata = { ...manifest.metadata, namespace: 'alpha' }
    const body = { ...manifest, metadata }
    const response = await api.as(token, method, '/v1beta1/resources', body)
    assert.equal(response.status, 403, `${method} ${manifest.kind}`)
  }
  assert.deepEqual(await everything(api), before)
})

test('S14: a Project shows nothing of the history of an earlier one of its name', async () => {
  const api = await startTenants()
  const token = await api.token('alpha', 'kargo-viewer')
  const at = (time: number, name: string) => [
    {
      time,
      kind: 'event' as const,
      subject: 'Stage/alpha/test',
      payload: { kind: 'Event', metadata: { name: `test.${name}` } },
    },
    {
      time,
      kind: 'delivery' as const,
      subject: 'WebhookReceiver/alpha/hook',
      payload: { message: name },
    },
  ]
  const now = api.clock.now()
  await api.journal.append([...at(now - 86_400_000, 'theirs'), ...at(now, 'ours')])
  for (const path of [
    '/v1beta1/projects/alpha/events',
    '/v1beta1/projects/alpha/webhook-deliveries',
    '/v1beta1/gantry/objects/events?project=alpha',
  ]) {
    const text = await (await api.as(token, 'GET', path)).text()
    assert.ok(text.includes('ours') && !text.includes('theirs'), path)
  }
  const event = '/v1beta1/gantry/objects/events/test.'
  assert.equal((await api.as(token, 'GET', `${event}theirs?project=alpha`)).status, 404)
  assert.equal((await api.as(token, 'GET', `${event}ours?project=alpha`)).status, 200)
})

async function everything(api: Tenants): Promise<[string, string][]> {
  const kinds = storedKinds.filter(({ kind }) => kind !== 'Secret')
  return Promise.all(kinds.map(async (kind) => item(kind.kind, await dumpOf(api, kind))))
}

test('GHSA-5vvm-67pj-72g4: approve, promote and promote downstream need the verb promote, on each Stage', async () => {
  const api = await startTenants()
  const base = '/v1beta1/projects/alpha'
  const [found] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  const freight = { freight: found?.metadata.name }
  const attempts = (token: string) =>
    Promise.all(
      [
        api.as(token, 'POST', `${base}/stages/test/promotions`, freight),
        api.as(token, 'POST', `${base}/stages/test/promotions/downstream`, freight),
        api.as(token, 'POST', `${base}/freight/alpha-freight/approve?stage=prod`),
        api.as(token, 'POST', '/v1beta1/resources', {
          apiVersion: 'kargo.akuity.io/v1alpha1',
          kind: 'Promotion',
          metadata: { namespace: 'alpha', name: 'by-hand' },
          spec: { stage: 'test', ...freight, steps: [{ uses: 'copy' }] },
        }),
      ].map(async (answer) => (await answer).status),
    )
  assert.deepEqual(await attempts(await api.token('alpha', 'kargo-viewer')), [403, 403, 403, 403])
  assert.deepEqual((await api.store.list(PromotionKind)).items, [])
  const rules = [
    { apiGroups: ['kargo.akuity.io'], resources: ['*'], verbs: ['get', 'list', 'create', 'patch'] },
    {
      apiGroups: ['kargo.akuity.io'],
      resources: ['stages'],
      resourceNames: ['test'],
      verbs: ['promote'],
    },
  ]
  await bindRole(api, 'alpha', 'only-test', rules)
  const token = await api.token('alpha', 'only-test')
  assert.deepEqual(await attempts(token), [201, 403, 403, 201])
  const { items } = await api.store.list(PromotionKind)
  assert.deepEqual(
    items.map(({ spec }) => spec.stage),
    ['test', 'test'],
  )
  for (const {
    metadata: { annotations },
  } of items) {
    assert.equal(
      annotations?.['kargo.akuity.io/create-actor'],
      'kubernetes:system:serviceaccount:alpha:only-test',
    )
  }
})
