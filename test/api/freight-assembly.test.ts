import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { type Freight, FreightKind } from '../../src/core/kinds/freight.ts'
import { RoleKind } from '../../src/core/kinds/role.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { type Tenants, startTenants } from './tenants.ts'

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`
const path = '/v1beta1/projects/alpha/warehouses/web/freight'

async function start(): Promise<Tenants> {
  const api = await startTenants()
  for (const project of ['alpha', 'beta']) {
    const references = ['3.0.0', '2.0.0', '1.9.0'].map((tag, index) => ({
      tag,
      digest: digest(String(index)),
    }))
    const images = [{ repoURL: `example.com/${project}`, references }]
    const status = { discoveredArtifacts: { images } }
    const ref = { namespace: project, name: 'web' }
    await api.store.patchStatus(WarehouseKind, ref, { status }, { actor: adminActor })
  }
  return api
}

const freightOf = async (api: Tenants): Promise<readonly Freight[]> =>
  (await api.store.list(FreightKind, { namespace: 'alpha' })).items

const choose = (version: string) => ({
  artifacts: [{ subscription: 'example.com/alpha', version }],
})

test('Freight is made of the best artifacts, or of those that were chosen, and an event says by whom', async () => {
  const api = await start()
  const admin = await api.token('alpha', 'kargo-admin')
  for (const [body, tag] of [
    [{}, '3.0.0'],
    [{ ...choose('1.9.0'), alias: 'old-owl' }, '1.9.0'],
  ] as const) {
    const answer = await api.as(admin, 'POST', path, body)
    assert.equal(answer.status, 201)
    const { metadata }: Freight = await answer.json()
    const stored = await api.store.get(FreightKind, { namespace: 'alpha', name: metadata.name })
    assert.equal(stored?.images?.[0]?.tag, tag)
    assert.deepEqual(stored.origin, { kind: 'Warehouse', name: 'web' })
    assert.ok(stored.alias && stored.discoveredAt)
  }
  const made = (await freightOf(api)).find(({ alias }) => alias === 'old-owl')
  const { records } = await api.journal.range({ kind: 'event', subjectPrefix: 'Freight/alpha/' })
  const event = records.find(({ subject }) => subject.endsWith(made?.metadata.name ?? '-'))
  assert.match(JSON.stringify(event?.payload), /FreightCreated.*old-owl was made by kubernetes:/u)
})

test('the same artifacts again are 409, and the answer says which Freight holds them', async () => {
  const api = await start()
  const admin = await api.token('alpha', 'kargo-admin')
  assert.equal((await api.as(admin, 'POST', path, { alias: 'brave-lynx' })).status, 201)
  const again = await api.as(admin, 'POST', path, choose('3.0.0'))
  assert.equal(again.status, 409)
  assert.match(await again.text(), /brave-lynx/u)
  assert.equal((await freightOf(api)).length, 2)
})

test('a dry run answers with the Freight and makes none', async () => {
  const api = await start()
  const admin = await api.token('alpha', 'kargo-admin')
  const answer = await api.as(admin, 'POST', `${path}?dryRun=true`, choose('2.0.0'))
  const { images }: Freight = await answer.json()
  assert.equal(images?.[0]?.tag, '2.0.0')
  assert.equal((await freightOf(api)).length, 1)
})

test('what was not found is refused, and so is what the Warehouse no longer asks for', async () => {
  const api = await start()
  const admin = await api.token('alpha', 'kargo-admin')
  const unknown = await api.as(admin, 'POST', path, choose('9.9.9'))
  assert.equal(unknown.status, 422)
  const { field }: { field?: string } = await unknown.json()
  assert.equal(field, 'artifacts[0].version')
  const stranger = { artifacts: [{ subscription: 'example.com/beta', version: '3.0.0' }] }
  assert.equal((await api.as(admin, 'POST', path, stranger)).status, 422)
  assert.equal((await api.as(admin, 'POST', path, { artifacts: 'all' })).status, 400)
  const spec = { subscriptions: [{ image: { repoURL: 'example.com/elsewhere' } }] }
  const ref = { namespace: 'alpha', name: 'web' }
  await api.store.patch(WarehouseKind, ref, { spec }, { actor: adminActor })
  assert.equal((await api.as(admin, 'POST', path, {})).status, 422)
  assert.equal((await freightOf(api)).length, 1)
})

test('it takes the rights to create Freight and to read the Warehouse; of other Projects nothing can be told', async () => {
  const api = await start()
  for (const role of ['kargo-viewer', 'kargo-promoter']) {
    const token = await api.token('alpha', role)
    assert.equal((await api.as(token, 'POST', path, {})).status, 403, role)
  }
  const stranger = await api.token('beta', 'kargo-admin')
  assert.equal((await api.as(stranger, 'POST', path, {})).status, 404)
  const rules = [
    { apiGroups: ['kargo.akuity.io'], resources: ['freights'], verbs: ['create'] },
    { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['list'] },
  ]
  const ref = { namespace: 'alpha', name: 'kargo-viewer' }
  await api.store.patch(RoleKind, ref, { rules }, { actor: adminActor })
  const blind = await api.token('alpha', 'kargo-viewer')
  const answer = await api.as(blind, 'POST', path, choose('nothing like it'))
  assert.equal(answer.status, 403)
  assert.doesNotMatch(await answer.text(), /3\.0\.0/u)
  assert.equal((await freightOf(api)).length, 1)
})
