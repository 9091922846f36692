import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { NamespaceKind } from '../../src/core/kinds/namespace.ts'
import { ProjectKind } from '../../src/core/kinds/project.ts'
import { StageKind } from '../../src/core/kinds/stage.ts'
import { adminToken } from './harness.ts'
import { stageManifest, startTenants } from './tenants.ts'

interface Result {
  readonly code?: string
  readonly document: number
  readonly createdResourceManifest?: object
  readonly updatedResourceManifest?: object
  readonly deletedResourceManifest?: object
}

const project = (name: string, spec: object = {}): object => ({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Project',
  metadata: { name },
  ...spec,
})
const configMap = (namespace: string, name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, name },
  data: { key: 'value' },
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  )
}

async function results(response: Response): Promise<Result[]> {
  return ((await response.json()) as { results: Result[] }).results
}

test('GHSA-7g9x-cp9g-92mr: a failed Project document lets nothing into that Project, in any order', async () => {
  const api = await startTenants()
  const rules = [
    { apiGroups: ['kargo.akuity.io'], resources: ['projects'], verbs: ['create', 'get'] },
  ]
  const metadata = { name: 'creator' }
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
  await api.make({ ...rbac, kind: 'ClusterRole', metadata, rules })
  await api.make({
    ...rbac,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { kind: 'ClusterRole', name: 'creator' },
    subjects: [{ kind: 'ServiceAccount', name: 'kargo-user', namespace: 'kargo' }],
  })
  const token = await api.token('kargo', 'kargo-user')
  for (const [round, order] of permutations([0, 1, 2, 3]).entries()) {
    const mine = `mine-${round}`
    const batch = [
      { object: project('beta'), isRefused: true },
      { object: configMap('beta', 'intruder'), isRefused: true },
      { object: project(mine), isRefused: false },
      { object: configMap(mine, 'own'), isRefused: false },
    ]
    const documents = order.flatMap((index) => batch.slice(index, index + 1))
    const body = documents.map(({ object }) => JSON.stringify(object)).join('\n---\n')
    const response = await api.as(token, 'POST', '/v1beta1/resources', body)
    assert.equal(response.status, 201)
    for (const { document, code } of await results(response)) {
      const isRefused = documents[document - 1]?.isRefused === true
      assert.equal(code !== undefined, isRefused, `${body}: ${document} ${code}`)
    }
    assert.equal(
      await api.store.get(ConfigMapKind, { namespace: 'beta', name: 'intruder' }),
      undefined,
    )
    assert.ok(await api.store.get(ConfigMapKind, { namespace: mine, name: 'own' }))
  }
})

test('GHSA-7g9x-cp9g-92mr: nor does it for those who could write there anyway, and others go on', async () => {
  const api = await startTenants()
  for (const [round, documents] of permutations([
    project('alpha'),
    configMap('alpha', 'of-the-failed'),
    configMap('beta', 'of-another'),
  ]).entries()) {
    const body = documents.map((object) => JSON.stringify(object)).join('\n---\n')
    const response = await api.as(adminToken, 'POST', '/v1beta1/resources', body)
    const codes = (await results(response)).map(({ code }) => code)
    const made = round === 0 ? undefined : 'AlreadyExists'
    assert.deepEqual(new Set(codes), new Set(['AlreadyExists', 'Conflict', made]), body)
  }
  const failed = { namespace: 'alpha', name: 'of-the-failed' }
  assert.equal(await api.store.get(ConfigMapKind, failed), undefined)
  assert.ok(await api.store.get(ConfigMapKind, { namespace: 'beta', name: 'of-another' }))
})

test('one document fails the request, several have a result each and the good ones stay', async () => {
  const api = await startTenants()
  const send = (method: string, body: object, query = '') =>
    api.as(adminToken, method, `/v1beta1/resources${query}`, body)
  const unknown = { apiVersion: 'example.com/v1', kind: 'Dragon', metadata: { name: 'd' } }
  assert.equal((await send('POST', unknown)).status, 501)
  assert.equal((await send('POST', project('alpha'))).status, 409)
  assert.equal((await send('PUT', configMap('alpha', 'absent'))).status, 404)
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [configMap('alpha', 'a'), unknown, configMap('alpha', 'b')],
  }
  const codes = (await results(await send('POST', list))).map(({ code }) => code)
  assert.deepEqual(
    codes.filter((code) => code !== undefined),
    ['NotSupported'],
  )
  assert.equal(codes.length, 3)
  assert.ok(await api.store.get(ConfigMapKind, { namespace: 'alpha', name: 'b' }))
  const again = await results(await send('PUT', list, '?upsert=true&skipUnknown=true'))
  assert.equal(again.filter(({ updatedResourceManifest }) => updatedResourceManifest).length, 2)
})

test('a replacement leaves the status alone and drops what the manifest does not say', async () => {
  const api = await startTenants()
  const stage = { ...stageManifest('alpha', 'test'), status: { health: { status: 'Healthy' } } }
  const response = await api.as(adminToken, 'PUT', '/v1beta1/resources', stage)
  assert.equal(response.status, 200)
  const stored = await api.store.get(StageKind, { namespace: 'alpha', name: 'test' })
  assert.equal(stored?.status?.health, undefined)
})

test('the namespace of a Project stays its own when a manifest of it does not say so', async () => {
  const api = await startTenants()
  const namespace = (labels: object): object => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'alpha', labels },
  })
  const labelsAfter = async (labels: object): Promise<unknown> => {
    const path = '/v1beta1/resources?upsert=true'
    const { status } = await api.as(adminToken, 'PUT', path, namespace(labels))
    assert.equal(status, 200)
    return (await api.store.get(NamespaceKind, { name: 'alpha' }))?.metadata.labels
  }
  const project = 'kargo.akuity.io/project'
  assert.deepEqual(await labelsAfter({ team: 'a' }), { team: 'a', [project]: 'true' })
  assert.deepEqual(await labelsAfter({}), { [project]: 'true' })
  assert.deepEqual(await labelsAfter({ [project]: 'false' }), { [project]: 'false' })
})

test('projects go last when everything is deleted, and dry runs write nothing', async () => {
  const api = await startTenants()
  const body = JSON.stringify([project('alpha'), stageManifest('alpha', 'prod')])
  const dry = await api.as(
    adminToken,
    'PUT',
    '/v1beta1/resources?upsert=true&dryRun=true',
    project('new'),
  )
  assert.equal(dry.status, 200)
  assert.equal(await api.store.get(ProjectKind, { name: 'new' }), undefined)
  const deleted = await results(await api.as(adminToken, 'DELETE', '/v1beta1/resources', body))
  assert.deepEqual(
    deleted.map(({ document }) => document),
    [2, 1],
  )
  assert.equal(await api.store.get(StageKind, { namespace: 'alpha', name: 'prod' }), undefined)
})

test('a JSON array is several documents, each with a result of its own', async () => {
  const api = await startTenants()
  const map = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'alpha' },
  })
  const send = async (method: string, names: readonly string[]): Promise<[number, string[]]> => {
    const body = JSON.stringify(names.map(map))
    const response = await api.as(adminToken, method, '/v1beta1/resources', body)
    const { results } = (await response.json()) as { results: Record<string, unknown>[] }
    const kinds = ['createdResourceManifest', 'deletedResourceManifest', 'error']
    return [response.status, results.map((each) => kinds.filter((kind) => kind in each).join())]
  }
  assert.deepEqual(await send('POST', ['one']), [201, ['createdResourceManifest']])
  assert.deepEqual(await send('POST', ['one', 'two']), [201, ['error', 'createdResourceManifest']])
  assert.deepEqual(await send('DELETE', ['one', 'no']), [200, ['deletedResourceManifest', 'error']])
  assert.deepEqual(await send('POST', []), [201, []])
})
