import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { ClusterConfigKind } from '../../src/core/kinds/cluster-config.ts'
import { ClusterRoleBindingKind } from '../../src/core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../../src/core/kinds/cluster-role.ts'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { NamespaceKind } from '../../src/core/kinds/namespace.ts'
import { ProjectConfigKind } from '../../src/core/kinds/project-config.ts'
import { ProjectKind } from '../../src/core/kinds/project.ts'
import { RoleBindingKind } from '../../src/core/kinds/role-binding.ts'
import { RoleKind } from '../../src/core/kinds/role.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { ServiceAccountKind } from '../../src/core/kinds/service-account.ts'
import { StageKind } from '../../src/core/kinds/stage.ts'
import { manifest, stageManifest, userActor } from '../admission-kit.ts'
import { autoEverywhere, type ControllersHome, startHome } from './controllers-home.ts'

const as = { actor: adminActor }
const namespace = 'demo'

const conditions = (
  object:
    | {
        status?:
          | { conditions?: { type: string; status: string; reason: string }[] | undefined }
          | undefined
      }
    | undefined,
) =>
  (object?.status?.conditions ?? []).map(
    ({ type, status, reason }) => `${type} ${status}/${reason}`,
  )

const addNamespace = (home: ControllersHome, name: string, labels = {}) =>
  home.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })

test('a Project gets its namespace, its roles and its figures', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('gate', { upstream: ['test'], steps: [] }))
  await home.addFreight('1')
  await home.clock.advance(10_000)
  const project = await home.store.get(ProjectKind, { name: 'demo' })
  assert.deepEqual(conditions(project), ['Ready True/Synced'])
  assert.deepEqual(project?.status?.stats, {
    warehouses: { count: 1, health: { healthy: 0 } },
    stages: { count: 1, health: { healthy: 1 } },
  })
  const roles = await home.store.list(RoleKind, { namespace })
  assert.deepEqual(
    roles.items.map(({ metadata }) => metadata.name),
    ['kargo-admin', 'kargo-promoter', 'kargo-viewer'],
  )
  const promote = roles.items.map(({ rules }) =>
    (rules ?? []).some(({ verbs }) => verbs.includes('promote')),
  )
  assert.deepEqual(promote, [true, true, false])
  const binding = await home.store.get(RoleBindingKind, { namespace, name: 'kargo-viewer' })
  assert.deepEqual(binding?.subjects, [{ kind: 'ServiceAccount', name: 'kargo-viewer', namespace }])
  assert.ok(await home.store.get(ClusterRoleKind, { name: 'kargo-project-admin-demo' }))
  assert.ok(await home.store.get(ClusterRoleBindingKind, { name: 'kargo-project-admin-demo' }))
})

test('who made a Project holds its roles', async (t) => {
  const home = await startHome(t)
  await home.create(manifest('Project', 'theirs', {}), { ...userActor('ann'), superuser: true })
  await home.clock.settle()
  const account = await home.store.get(ServiceAccountKind, {
    namespace: 'theirs',
    name: 'kargo-admin',
  })
  assert.equal(
    account?.metadata.annotations?.['rbac.kargo.akuity.io/claims'],
    '{"email":["ann@example.com"]}',
  )
})

test('a role that drifts is put back at once; a ServiceAccount belongs to whoever changes it', async (t) => {
  const home = await startHome(t)
  await home.clock.settle()
  const ref = { namespace, name: 'kargo-viewer' }
  const before = await home.store.get(RoleKind, ref)
  await home.store.patch(RoleKind, ref, { rules: [] }, as)
  await home.store.delete(RoleBindingKind, ref, as)
  await home.store.patch(
    ServiceAccountKind,
    ref,
    { metadata: { annotations: { mine: 'yes' } } },
    as,
  )
  await home.clock.settle()
  assert.deepEqual((await home.store.get(RoleKind, ref))?.rules, before?.rules)
  assert.ok(await home.store.get(RoleBindingKind, ref))
  const account = await home.store.get(ServiceAccountKind, ref)
  assert.equal(account?.metadata.annotations?.['mine'], 'yes')
})

test('deleting a Project deletes its namespace and all that is in it', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.addFreight('1')
  await home.clock.advance(10_000)
  await home.store.delete(ProjectKind, { name: 'demo' }, as)
  await home.clock.advance(600_000)
  assert.equal(await home.store.get(ProjectKind, { name: 'demo' }), undefined)
  assert.equal(await home.store.get(NamespaceKind, { name: 'demo' }), undefined)
  assert.deepEqual((await home.store.list(StageKind, { namespace })).items, [])
  assert.deepEqual((await home.store.list(RoleKind, { namespace })).items, [])
  assert.equal(
    await home.store.get(ClusterRoleKind, { name: 'kargo-project-admin-demo' }),
    undefined,
  )
})

test('deleting the namespace of a Project deletes the Project', async (t) => {
  const home = await startHome(t)
  await home.clock.settle()
  await home.store.delete(NamespaceKind, { name: 'demo' }, as)
  await home.clock.advance(600_000)
  assert.equal(await home.store.get(ProjectKind, { name: 'demo' }), undefined)
  assert.equal(await home.store.get(NamespaceKind, { name: 'demo' }), undefined)
})

test('a namespace that is to be kept stays, with all that is in it', async (t) => {
  const home = await startHome(t)
  await home.create(stageManifest('test'))
  await home.clock.settle()
  const keep = { metadata: { annotations: { 'kargo.akuity.io/keep-namespace': 'true' } } }
  await home.store.patch(ProjectKind, { name: 'demo' }, keep, as)
  await home.store.delete(ProjectKind, { name: 'demo' }, as)
  await home.clock.advance(600_000)
  assert.equal(await home.store.get(ProjectKind, { name: 'demo' }), undefined)
  const kept = await home.store.get(NamespaceKind, { name: 'demo' })
  assert.equal(kept?.metadata.labels?.['kargo.akuity.io/project'], 'true')
  assert.deepEqual(kept.metadata.finalizers ?? [], [])
  assert.ok(await home.stage('test'))
})

test('a Project whose namespace loses its label is Stalled until it has it again', async (t) => {
  const home = await startHome(t)
  await home.clock.settle()
  const label = (value: string | null) =>
    home.store.patch(
      NamespaceKind,
      { name: 'demo' },
      { metadata: { labels: { 'kargo.akuity.io/project': value } } },
      as,
    )
  await label(null)
  await home.clock.settle()
  assert.deepEqual(conditions(await home.store.get(ProjectKind, { name: 'demo' })), [
    'Ready False/EnsuringNamespaceFailed',
    'Reconciling True/Syncing',
    'Stalled True/ExistingNamespaceMissingLabel',
  ])
  await label('true')
  await home.clock.settle()
  assert.deepEqual(conditions(await home.store.get(ProjectKind, { name: 'demo' })), [
    'Ready True/Synced',
  ])
})

test('a receiver listens on a path that holds the hash of its secret, and follows when that is changed', async (t) => {
  const home = await startHome(t, { receivers: [{ kind: 'github', secretKey: 'secret' }] })
  const secret = (value: string) => ({
    ...manifest('Secret', 'hook', {}),
    data: { secret: Buffer.from(value).toString('base64') },
  })
  const path = (value: string): string =>
    `/github/${createHash('sha256').update(`demopush${value}`).digest('hex')}`
  const config = async () => home.store.get(ProjectConfigKind, { namespace, name: 'demo' })
  const spec = { webhookReceivers: [{ name: 'push', github: { secretRef: { name: 'hook' } } }] }
  await home.create(manifest('ProjectConfig', 'demo', { spec }))
  await home.clock.settle()
  assert.deepEqual(conditions(await config()), [
    'Ready False/SyncWebhookReceiversFailed',
    'Reconciling True/SyncingWebhooks',
  ])

  await home.create(secret('s3cret-value'))
  await home.clock.settle()
  assert.deepEqual(conditions(await config()), ['Ready True/Synced'])
  assert.deepEqual((await config())?.status?.webhookReceivers, [
    {
      name: 'push',
      path: path('s3cret-value'),
      url: `https://hooks.example.com${path('s3cret-value')}`,
    },
  ])
  await home.update(secret('another-one'))
  await home.clock.settle()
  assert.equal((await config())?.status?.webhookReceivers?.[0]?.path, path('another-one'))
})

test('a receiver that cannot be set up takes no other down', async (t) => {
  const home = await startHome(t, { receivers: [{ kind: 'github', secretKey: 'secret' }] })
  const system = 'kargo-system-resources'
  await addNamespace(home, system)
  await home.create({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hook', namespace: system },
    data: { secret: 'c2VjcmV0LXZhbHVl' },
  })
  const receiver = (name: string, secret: string) => ({
    name,
    github: { secretRef: { name: secret } },
  })
  await home.create(
    manifest('ClusterConfig', 'cluster', {
      spec: { webhookReceivers: [receiver('bad', 'missing'), receiver('good', 'hook')] },
    }),
  )
  await home.clock.settle()
  const config = await home.store.get(ClusterConfigKind, { name: 'cluster' })
  assert.deepEqual(
    config?.status?.webhookReceivers?.map(({ name }) => name),
    ['good'],
  )
  assert.deepEqual(conditions(config)[0], 'Ready False/SyncWebhookReceiversFailed')
})

test('what is shared is copied to every Project, kept alike, and taken back', async (t) => {
  const home = await startHome(t)
  const shared = 'kargo-shared-resources'
  await addNamespace(home, shared)
  const source = (data: object, to = '*') => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'settings',
      namespace: shared,
      labels: { team: 'a' },
      annotations: { 'kargo.akuity.io/replicate-to': to },
    },
    data,
  })
  await home.create(manifest('Project', 'other', {}))
  await home.create({ ...manifest('ConfigMap', 'settings', {}, 'other'), data: { own: 'yes' } })
  await home.create(source({ a: '1' }))
  await home.clock.settle()
  const copy = async (project: string) =>
    home.store.get(ConfigMapKind, { namespace: project, name: 'settings' })
  assert.deepEqual((await copy('demo'))?.data, { a: '1' })
  assert.equal((await copy('demo'))?.metadata.labels?.['team'], 'a')
  assert.match(
    (await copy('demo'))?.metadata.labels?.['kargo.akuity.io/replicated-sha'] ?? '',
    /^[0-9a-f]{16}$/,
  )
  assert.deepEqual((await copy('other'))?.data, { own: 'yes' })

  await home.store.patch(
    ConfigMapKind,
    { namespace: shared, name: 'settings' },
    { data: { a: '2' } },
    as,
  )
  await home.clock.settle()
  assert.deepEqual((await copy('demo'))?.data, { a: '2' })
  await home.store.patch(
    ConfigMapKind,
    { namespace: 'demo', name: 'settings' },
    { data: { a: '3' } },
    as,
  )
  await home.clock.settle()
  assert.deepEqual((await copy('demo'))?.data, { a: '2' })
  await home.create(manifest('Project', 'third', {}))
  await home.clock.settle()
  assert.deepEqual((await copy('third'))?.data, { a: '2' })

  await home.store.delete(ConfigMapKind, { namespace: shared, name: 'settings' }, as)
  await home.clock.settle()
  assert.equal(await copy('demo'), undefined)
  assert.equal(await copy('third'), undefined)
  assert.deepEqual((await copy('other'))?.data, { own: 'yes' })
  assert.equal(await copy(shared), undefined)
})

test('a shared Secret is copied only when it says what it is for', async (t) => {
  const home = await startHome(t)
  const shared = 'kargo-shared-resources'
  await addNamespace(home, shared)
  const secret = (name: string, labels: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: shared,
      labels,
      annotations: { 'kargo.akuity.io/replicate-to': '*' },
    },
    data: { key: 'dmFsdWU=' },
  })
  await home.create(secret('plain', {}))
  await home.create(secret('generic', { 'kargo.akuity.io/cred-type': 'generic' }))
  await home.clock.settle()
  const { items } = await home.store.list(SecretKind, { namespace })
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['generic'],
  )
})
