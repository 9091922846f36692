import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminActor, controllerActor } from '../../core/actor.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import {
  assertRefused,
  createDemoHome,
  freightManifest,
  type Home,
  manifest,
  stageManifest,
  userActor,
  warehouseManifest,
} from '../../../test/admission-kit.ts'

async function freightHome(): Promise<Home> {
  const home = await createDemoHome()
  await home.create(warehouseManifest)
  return home
}

function aliasOf(object: JsonObject): string {
  const { alias } = object
  return typeof alias === 'string' ? alias : ''
}

async function liveFreight(home: Home, name: string): Promise<Freight> {
  const freight = await home.store.get(FreightKind, { namespace: 'demo', name })
  assert.ok(freight !== undefined)
  return freight
}

describe('admission of Freight', () => {
  it('names Freight by its content, whatever was asked for', async () => {
    const home = await freightHome()
    const asked = { ...freightManifest('v1'), metadata: { name: 'my-freight', namespace: 'demo' } }
    const { object } = await home.create(asked)
    assert.match(object.metadata.name, /^[0-9a-f]{40}$/)
    assert.equal(object['discoveredAt'], '2026-01-01T12:00:00Z')
  })

  it('draws an alias and keeps the label like it', async () => {
    const home = await freightHome()
    const { object } = await home.create(freightManifest('v1'))
    assert.match(aliasOf(object), /^[a-z]+-[a-z]+$/)
    assert.equal(object.metadata.labels?.['kargo.akuity.io/alias'], object['alias'])
    const renamed = await home.update({ ...object, alias: 'mine' })
    assert.equal(renamed.object.metadata.labels?.['kargo.akuity.io/alias'], 'mine')
    const { alias: _alias, ...bare } = renamed.object
    const cleared = await home.update(bare)
    assert.equal(cleared.object.metadata.labels, undefined)
    const { status: _status, ...live } = await liveFreight(home, object.metadata.name)
    const labels = { 'kargo.akuity.io/alias': 'sneaky' }
    const odd = await home.update({ ...live, metadata: { ...live.metadata, labels } })
    assert.equal(odd.object.metadata.labels, undefined)
  })

  it('draws another alias when the first is taken in any Project', async () => {
    let draws = 0
    // The first draws all give the same words.
    const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(draws++ < 6 ? 0 : 128)
    const home = await createDemoHome({ random })
    await home.create(warehouseManifest)
    const first = await home.create(freightManifest('v1'))
    const second = await home.create(freightManifest('v2'))
    assert.notEqual(first.object['alias'], second.object['alias'])
    assert.equal(first.object['alias'], 'able-aardvark')
  })

  it('finds an alias even when every draw gives the same', async () => {
    const home = await createDemoHome({ random: (bytes) => new Uint8Array(bytes) })
    await home.create(warehouseManifest)
    await home.create(freightManifest('v1'))
    const { object } = await home.create(freightManifest('v2'))
    assert.match(aliasOf(object), /^able-aardvark-\d+$/)
  })

  it('refuses an alias that other Freight of the Project has, and one that is no label', async () => {
    const home = await freightHome()
    await home.create(freightManifest('v1', { alias: 'mine' }))
    await assertRefused(home.create(freightManifest('v2', { alias: 'mine' })), 'Invalid', 'alias')
    await assertRefused(home.create(freightManifest('v2', { alias: 'a b' })), 'Invalid', 'alias')
    const { object } = await home.create(freightManifest('v2'))
    await assertRefused(home.update({ ...object, alias: 'mine' }), 'AlreadyExists', 'alias')
    await home.create(manifest('Project', 'other', {}))
    const elsewhere = { ...warehouseManifest, metadata: { name: 'w', namespace: 'other' } }
    await home.create(elsewhere)
    const theirs = freightManifest('v1', { alias: 'mine' })
    await home.create({ ...theirs, metadata: { namespace: 'other', name: '' } })
  })

  it('says that the same content exists already, also with its own alias', async () => {
    const home = await freightHome()
    await home.create(freightManifest('v1', { alias: 'mine' }))
    await assertRefused(home.create(freightManifest('v1', { alias: 'mine' })), 'AlreadyExists')
    await assertRefused(home.create(freightManifest('v1')), 'AlreadyExists')
    // Also when the Warehouse would take other artifacts by now.
    const subscriptions = [{ image: { repoURL: 'nginx' } }]
    await home.update(manifest('Warehouse', 'w', { spec: { subscriptions } }))
    await assertRefused(home.create(freightManifest('v1')), 'AlreadyExists')
    await assertRefused(home.create(freightManifest('v2')), 'Invalid', 'images[0]')
  })

  it('wants one artifact for each subscription of its Warehouse', async () => {
    const home = await createDemoHome()
    await assertRefused(home.create(freightManifest('v1')), 'Invalid', 'origin.name')
    await assertRefused(home.create(freightManifest('v1', { images: [] })), 'Invalid', 'images')
    const subscriptions = [
      { image: { repoURL: 'ghcr.io/example/app' } },
      { git: { repoURL: 'https://example.com/R.git' } },
    ]
    await home.create(manifest('Warehouse', 'w', { spec: { subscriptions } }))
    const image = { repoURL: 'ghcr.io/example/app', tag: 'v1', digest: 'sha256:1' }
    const commit = { repoURL: 'https://example.com/r', id: 'abc' }
    const attempt = (images: object[], commits: object[]): Promise<unknown> =>
      home.create(freightManifest('', { images, commits }))
    await assertRefused(attempt([], []), 'Invalid')
    await assertRefused(attempt([image], []), 'Invalid', 'commits')
    await assertRefused(attempt([image, { ...image, tag: 'v2' }], [commit]), 'Invalid', 'images[1]')
    const other = { ...image, repoURL: 'GHCR.io/example/app' }
    await assertRefused(attempt([other], [commit]), 'Invalid', 'images[0]')
    const third = { repoURL: 'https://example.com/other', id: 'x' }
    await assertRefused(attempt([image], [commit, third]), 'Invalid', 'commits[1]')
    await attempt([image], [commit])
  })

  it('never changes what a Freight is', async () => {
    const home = await freightHome()
    const { object } = await home.create(freightManifest('v1'))
    const changes = {
      origin: { kind: 'Warehouse', name: 'x' },
      images: [],
      commits: [{ id: 'a' }],
      charts: [{ name: 'a' }],
      artifacts: [{ artifactType: 'a', subscriptionName: 'b', version: 'c' }],
    }
    for (const [field, value] of Object.entries(changes)) {
      await assertRefused(home.update({ ...object, [field]: value }), 'Invalid', field)
    }
    await home.update({ ...object, commits: [] })
  })

  it('keeps the time of its discovery when it is applied again without one', async () => {
    const home = await freightHome()
    const discoveredAt = '2020-01-01T00:00:00Z'
    const { object } = await home.create({ ...freightManifest('v1'), discoveredAt })
    const { discoveredAt: _discoveredAt, ...bare } = object
    const again = await home.update(bare)
    assert.equal(again.object['discoveredAt'], discoveredAt)
    const other = { ...again.object, discoveredAt: '2021-01-01T00:00:00Z' }
    assert.equal((await home.update(other)).object['discoveredAt'], other.discoveredAt)
  })

  it('is kept while a Stage is at it', async () => {
    const home = await freightHome()
    const { object } = await home.create(freightManifest('v1'))
    const { name } = object.metadata
    await home.create(stageManifest('test'))
    const ref = { namespace: 'demo', name: 'test' }
    const items = {
      'Warehouse/w': { name, origin: { kind: 'Warehouse' as const, name: 'w' } },
    }
    const actor = controllerActor('stage')
    await home.store.patchStatus(
      StageKind,
      ref,
      { status: { freightHistory: [{ id: 'x', items }] } },
      { actor },
    )
    const remove = (): Promise<unknown> =>
      home.store.delete(FreightKind, { namespace: 'demo', name }, { actor })
    await assertRefused(remove(), 'Forbidden')
    const past = [
      { id: 'y', items: {} },
      { id: 'x', items },
    ]
    await home.store.patchStatus(StageKind, ref, { status: { freightHistory: past } }, { actor })
    await remove()
  })
})

describe('approving Freight', () => {
  async function approvable(): Promise<{ home: Home; approve: Approve }> {
    const home = await freightHome()
    await home.create(stageManifest('prod', { upstream: ['test'] }))
    const { object } = await home.create(freightManifest('v1'))
    const ref = { namespace: 'demo', name: object.metadata.name }
    const approve: Approve = (stage, actor = adminActor) =>
      home.store.patchStatus(
        FreightKind,
        ref,
        { status: { approvedFor: { [stage]: { approvedAt: '2026-01-01T12:00:00Z' } } } },
        { actor },
      )
    return { home, approve }
  }
  type Approve = (stage: string, actor?: typeof adminActor) => Promise<unknown>

  it('takes the promote right on the Stage', async () => {
    const { home, approve } = await approvable()
    await assertRefused(approve('prod', userActor('dev')), 'Forbidden')
    const rules = [
      {
        apiGroups: ['kargo.akuity.io'],
        resources: ['stages'],
        resourceNames: ['prod'],
        verbs: ['promote'],
      },
    ]
    await home.create(manifest('Role', 'promoter', { rules }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    const roleRef = { kind: 'Role', name: 'promoter' }
    await home.create(manifest('RoleBinding', 'dev', { roleRef, subjects }))
    await approve('prod', userActor('dev'))
    await home.create(stageManifest('uat'))
    await assertRefused(approve('uat', userActor('dev')), 'Forbidden')
  })

  it('is for a Stage that exists and asks for the origin', async () => {
    const { home, approve } = await approvable()
    await assertRefused(approve('gone'), 'Invalid', 'status.approvedFor.gone')
    const origin = { kind: 'Warehouse', name: 'other' }
    const requestedFreight = [{ origin, sources: { direct: true } }]
    await home.create(stageManifest('other', { spec: { requestedFreight } }))
    await assertRefused(approve('other'), 'Invalid', 'status.approvedFor.other')
  })

  it('is not for a Stage that is being deleted, or the next one of its name would have it', async () => {
    const { home, approve } = await approvable()
    const stage = { namespace: 'demo', name: 'prod' }
    const finalizers = ['example.com/wait']
    await home.store.patch(StageKind, stage, { metadata: { finalizers } }, { actor: adminActor })
    await home.store.delete(StageKind, stage, { actor: adminActor })
    await assertRefused(approve('prod'), 'Invalid', 'status.approvedFor.prod')
  })

  it('is journaled once, with who did it', async () => {
    const { home, approve } = await approvable()
    await approve('prod')
    await approve('prod')
    const records = await approvals(home)
    assert.equal(records.length, 1)
    assert.equal(records[0]?.payload['reason'], 'FreightApproved')
    assert.match(JSON.stringify(records[0]?.payload), /"event.kargo.akuity.io\/actor":"admin"/)
  })

  it('asks only for what is new, and trusts what its own parts have checked', async () => {
    const { home, approve } = await approvable()
    await approve('prod')
    const rules = [
      { apiGroups: ['*'], resources: ['stages'], resourceNames: ['uat'], verbs: ['*'] },
    ]
    await home.create(manifest('Role', 'uat', { rules }))
    const subjects = [{ kind: 'ServiceAccount', name: 'dev', namespace: 'demo' }]
    await home.create(
      manifest('RoleBinding', 'dev', { roleRef: { kind: 'Role', name: 'uat' }, subjects }),
    )
    await home.create(stageManifest('uat'))
    await approve('uat', userActor('dev'))
    await approve('gone', controllerActor('api'))
    const records = await approvals(home)
    assert.deepEqual(
      records.map(({ payload }) => JSON.stringify(payload).match(/stage-name":"(\w+)/)?.[1]),
      ['prod', 'uat'],
    )
  })

  it('refuses a status that is not one', async () => {
    const { home } = await approvable()
    const { items } = await home.store.list(FreightKind)
    const ref = { namespace: 'demo', name: items[0]?.metadata.name ?? '' }
    const patch = { status: { approvedFor: { prod: 5 } } }
    await assertRefused(
      home.store.patchStatus(FreightKind, ref, patch, { actor: adminActor }),
      'Invalid',
      'status.approvedFor.prod',
    )
  })
})

async function approvals(home: Home) {
  const { records } = await home.journal.range({ kind: 'event' })
  return records.filter(({ payload }) => payload['reason'] === 'FreightApproved')
}
