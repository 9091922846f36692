import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminActor, controllerActor } from '../../core/actor.ts'
import { ConfigMapKind } from '../../core/kinds/config-map.ts'
import { finalizer } from '../../core/kinds/labels.ts'
import { NamespaceKind } from '../../core/kinds/namespace.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import {
  assertRefused,
  createDemoHome,
  createHome,
  manifest,
  stageManifest,
  userActor,
} from '../../../test/admission-kit.ts'

describe('admission of Projects', () => {
  it('makes the namespace together with the Project', async () => {
    const { store } = await createDemoHome()
    const namespace = await store.get(NamespaceKind, { name: 'demo' })
    assert.equal(namespace?.metadata.labels?.['kargo.akuity.io/project'], 'true')
    assert.deepEqual(namespace?.metadata.finalizers, [finalizer])
    const project = await store.get(ProjectKind, { name: 'demo' })
    assert.equal(project?.metadata.annotations?.['kargo.akuity.io/create-actor'], 'admin')
  })

  it('remembers who made it, whatever is asked for', async () => {
    const home = createHome()
    const asked = (actor: string): object => {
      const annotations = { 'kargo.akuity.io/create-actor': actor, other: 'x' }
      return { ...manifest('Project', 'demo', {}), metadata: { name: 'demo', annotations } }
    }
    const ann = { id: 'email:ann@example.com', controlPlane: false, superuser: true }
    const kept = { 'kargo.akuity.io/create-actor': ann.id, other: 'x' }
    assert.deepEqual((await home.create(asked('x'), ann)).object.metadata.annotations, kept)
    assert.deepEqual((await home.update(asked('y'))).object.metadata.annotations, kept)
    const bare = await home.update(manifest('Project', 'demo', {}))
    assert.deepEqual(bare.object.metadata.annotations, { 'kargo.akuity.io/create-actor': ann.id })
  })

  it('makes nothing in a dry run', async () => {
    const { store } = createHome()
    const object = {
      apiVersion: 'kargo.akuity.io/v1alpha1' as const,
      kind: 'Project' as const,
      metadata: { name: 'x' },
    }
    await store.create(ProjectKind, object, { actor: adminActor, dryRun: true })
    assert.equal(await store.get(NamespaceKind, { name: 'x' }), undefined)
  })

  it("takes over a namespace that is labelled as a Project's and refuses any other", async () => {
    const home = createHome()
    const label = { 'kargo.akuity.io/project': 'true' }
    const labelled = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', labels: label } }
    await home.create(labelled)
    await home.create(manifest('Project', 'a', {}))
    await home.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } })
    await assertRefused(home.create(manifest('Project', 'b', {})), 'AlreadyExists')
    assert.equal(await home.store.get(ProjectKind, { name: 'b' }), undefined)
  })

  it('refuses a Project whose namespace is being deleted', async () => {
    const home = await createDemoHome()
    await home.store.delete(ProjectKind, { name: 'demo' }, { actor: adminActor })
    await home.store.delete(NamespaceKind, { name: 'demo' }, { actor: adminActor })
    await assertRefused(home.create(manifest('Project', 'demo', {})), 'Conflict')
  })

  it('lets a Project go whose namespace is going', async () => {
    const home = await createDemoHome()
    const gone = { metadata: { finalizers: [] } }
    const held = { metadata: { finalizers: [finalizer] } }
    const write = { actor: controllerActor('project') }
    await home.store.patch(ProjectKind, { name: 'demo' }, held, write)
    await home.store.delete(ProjectKind, { name: 'demo' }, write)
    await home.store.delete(NamespaceKind, { name: 'demo' }, write)
    await home.store.patch(ProjectKind, { name: 'demo' }, gone, write)
    assert.equal(await home.store.get(ProjectKind, { name: 'demo' }), undefined)
  })

  it('refuses names that cannot be a namespace', async () => {
    const home = createHome()
    for (const name of ['a.b', 'A', 'x'.repeat(64), '-a', 'a_b']) {
      await assertRefused(home.create(manifest('Project', name, {})), 'Invalid', 'metadata.name')
    }
  })
})

describe('admission of what belongs to a Project', () => {
  it('tells a missing namespace from one that is no Project', async () => {
    const home = createHome()
    await assertRefused(home.create(stageManifest('test')), 'NotFound')
    await home.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'demo' } })
    await assertRefused(home.create(stageManifest('test')), 'Invalid', 'metadata.namespace')
  })

  it('checks names, labels and annotations as Kubernetes does', async () => {
    const home = await createDemoHome()
    const withMeta = (metadata: object): object => ({
      ...manifest('ConfigMap', 'x', {}),
      metadata: { name: 'x', namespace: 'demo', ...metadata },
    })
    await assertRefused(home.create(withMeta({ name: 'No' })), 'Invalid', 'metadata.name')
    await assertRefused(home.create(withMeta({ name: '' })), 'Invalid', 'metadata.name')
    const long = 'x'.repeat(64)
    await assertRefused(
      home.create(withMeta({ labels: { a: long } })),
      'Invalid',
      'metadata.labels',
    )
    await assertRefused(home.create(withMeta({ labels: { '/a': 'x' } })), 'Invalid')
    const notes = 'metadata.annotations'
    await assertRefused(home.create(withMeta({ annotations: { 'a b': '' } })), 'Invalid', notes)
    const huge = { a: 'x'.repeat(262_145) }
    await assertRefused(home.create(withMeta({ annotations: huge })), 'Invalid', notes)
    await assertRefused(home.create(withMeta({ labels: { 'a/b/c': '' } })), 'Invalid')
    const finalizers = ['not a name']
    await assertRefused(home.create(withMeta({ finalizers })), 'Invalid', 'metadata.finalizers')
    await home.create(withMeta({ labels: { 'example.com/a': 'B_c.d' }, finalizers: ['a.b/c'] }))
    await home.create(manifest('Role', 'system:reader', {}))
  })

  it('names and drops fields that its kind does not know', async () => {
    const { store } = await createDemoHome()
    const object = {
      apiVersion: 'v1' as const,
      kind: 'ConfigMap' as const,
      metadata: { name: 'x', namespace: 'demo' },
      data: { a: 'b' },
      dta: {},
    }
    const warnings: string[] = []
    const warn = (warning: string): number => warnings.push(warning)
    const stored = await store.create(ConfigMapKind, object, { actor: adminActor, warn })
    assert.equal('dta' in stored, false)
    assert.equal(warnings.length, 1)
    const wrong = store.patch(
      ConfigMapKind,
      { namespace: 'demo', name: 'x' },
      { data: { a: 5 } },
      { actor: adminActor },
    )
    await assertRefused(wrong, 'Invalid', 'data.a')
  })
})

describe('the audit', () => {
  it('says who wrote what, for every write of a person and none of our own parts', async () => {
    const home = await createDemoHome()
    const ref = { namespace: 'demo', name: 'x' }
    await home.create(manifest('ConfigMap', 'x', {}))
    await home.update(manifest('ConfigMap', 'x', { data: { a: 'b' } }))
    await home.update(manifest('ConfigMap', 'x', {}), controllerActor('any'))
    await home.store.delete(ConfigMapKind, ref, { actor: adminActor })
    const { records } = await home.journal.range({ kind: 'audit', subject: 'ConfigMap/demo/x' })
    assert.deepEqual(
      records.map(({ payload }) => payload),
      ['CREATE', 'UPDATE', 'DELETE'].map((operation) => ({ actor: 'admin', operation })),
    )
  })
})

describe('admission of Secrets and ConfigMaps', () => {
  it('folds clear values into data', async () => {
    const home = await createDemoHome()
    const body = { data: { a: 'YQ==' }, stringData: { b: 'grün', a: 'x' } }
    const { object } = await home.create(manifest('Secret', 's', body))
    assert.deepEqual(object['data'], { a: 'eA==', b: 'Z3LDvG4=' })
    assert.equal(object['stringData'], undefined)
    assert.equal(object['type'], 'Opaque')
  })

  it('judges a value in time that grows with its length', async () => {
    const home = await createDemoHome()
    const started = performance.now()
    const secret = (a: string): object => manifest('Secret', 's', { data: { a } })
    await assertRefused(home.create(secret(`${' '.repeat(200_000)}!`)), 'Invalid', 'data.a')
    await home.create(secret(`YQ==${'\n'.repeat(200_000)}`))
    assert.ok(performance.now() - started < 3000)
  })

  it('refuses values that are no base64, bad keys and a change of type', async () => {
    const home = await createDemoHome()
    await assertRefused(
      home.create(manifest('Secret', 's', { data: { a: '*' } })),
      'Invalid',
      'data.a',
    )
    await assertRefused(
      home.create(manifest('Secret', 's', { data: { 'a/b': '' } })),
      'Invalid',
      'data',
    )
    await assertRefused(
      home.create(manifest('ConfigMap', 's', { data: { ' ': '' } })),
      'Invalid',
      'data',
    )
    await home.create(manifest('Secret', 's', {}))
    await assertRefused(home.update(manifest('Secret', 's', { type: 'x' })), 'Invalid', 'type')
  })

  it('keeps immutable ones as they are', async () => {
    const home = await createDemoHome()
    for (const kind of ['Secret', 'ConfigMap']) {
      const frozen = { data: { a: 'YQ==' }, immutable: true }
      await home.create(manifest(kind, 's', frozen))
      await assertRefused(
        home.update(manifest(kind, 's', { ...frozen, data: {} })),
        'Invalid',
        'data',
      )
      const free = { ...frozen, immutable: false }
      await assertRefused(home.update(manifest(kind, 's', free)), 'Invalid', 'immutable')
    }
  })

  it('leaves copies of shared ones to their controller', async () => {
    const home = await createDemoHome()
    const copy = manifest('Secret', 's', {})
    copy.metadata['labels'] = { 'kargo.akuity.io/replicated-from': 's' }
    await assertRefused(home.create(copy, userActor('dev')), 'Forbidden')
    await home.create(copy, controllerActor('shared-resources'))
    const plain = manifest('Secret', 's', {})
    await assertRefused(home.update(plain, userActor('dev')), 'Forbidden')
    const ref = { namespace: 'demo', name: 's' }
    const attempt = home.store.delete(SecretKind, ref, { actor: userActor('dev') })
    await assertRefused(attempt, 'Forbidden')
    await home.store.delete(SecretKind, ref, { actor: controllerActor('shared-resources') })
    await home.create(manifest('Secret', 'own', {}), userActor('dev'))
  })
})
