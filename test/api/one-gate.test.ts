import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Freight, FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { adminToken } from './harness.ts'
import { type Tenants, freightManifest, stageManifest, startTenants } from './tenants.ts'

/**
 * Every way in which someone with all rights could bring Freight to `prod` that was never verified in `test`, each with
 * what it sends. None makes a Promotion of `prod`, whatever it answers.
 */
type Way = (api: Tenants, freight: Freight) => Promise<readonly Response[]>

const base = '/v1beta1/projects/alpha'
const group = 'kargo.akuity.io/v1alpha1'
const long = '2020-01-01T00:00:00Z'

const promotionTo = (stage: string, freight: string, more: object = {}): object => ({
  apiVersion: group,
  kind: 'Promotion',
  metadata: { namespace: 'alpha', name: 'by-hand' },
  spec: { stage, freight, steps: [{ uses: 'copy', config: { inPath: 'a', outPath: 'b' } }] },
  ...more,
})

const promote = (api: Tenants, freight: string) =>
  api.as(adminToken, 'POST', `${base}/stages/prod/promotions`, { freight })

/** Writes the document in both ways in which documents are written. */
const write = async (api: Tenants, document: object): Promise<Response[]> => [
  await api.as(adminToken, 'POST', '/v1beta1/resources', document),
  await api.as(adminToken, 'PUT', '/v1beta1/resources?upsert=true', document),
]

const ways: Readonly<Record<string, Way>> = {
  'asking for it': async (api, { metadata }) => [await promote(api, metadata.name)],
  'asking by the alias of the Freight': async (api, { alias = '' }) => [
    await api.as(adminToken, 'POST', `${base}/stages/prod/promotions`, { freightAlias: alias }),
  ],
  'asking for all that is downstream': async (api, { metadata }) => [
    await api.as(adminToken, 'POST', `${base}/stages/test/promotions/downstream`, {
      freight: metadata.name,
    }),
  ],
  'writing a Promotion': (api, { metadata }) => write(api, promotionTo('prod', metadata.name)),
  'writing a Promotion as if a controller had made it': (api, { metadata }) =>
    write(
      api,
      promotionTo('prod', metadata.name, {
        metadata: {
          namespace: 'alpha',
          name: 'by-controller',
          annotations: { 'kargo.akuity.io/create-actor': 'controller:stage' },
        },
      }),
    ),
  'writing a Promotion that says that it was let in': (api, { metadata }) =>
    write(
      api,
      promotionTo('prod', metadata.name, { status: { phase: 'Running', startedAt: long } }),
    ),
  'writing into the Freight that it was verified or approved': async (api, freight) => [
    ...(await write(api, {
      ...freight,
      apiVersion: group,
      kind: 'Freight',
      status: {
        verifiedIn: { test: { verifiedAt: long } },
        approvedFor: { prod: { approvedAt: long } },
      },
    })),
    await promote(api, freight.metadata.name),
  ],
  'new Freight that brings its verification along': async (api) => [
    ...(await write(api, {
      ...freightManifest('alpha', 'forged', '9.9.9'),
      status: {
        verifiedIn: { test: { verifiedAt: long, longestSoak: '1000h' } },
        approvedFor: { prod: { approvedAt: long } },
      },
    })),
    await api.as(adminToken, 'POST', `${base}/stages/prod/promotions`, { freightAlias: 'forged' }),
  ],
  'changing where a Promotion to another Stage goes': async (api, { metadata }) => {
    const made = await api.as(adminToken, 'POST', `${base}/stages/test/promotions`, {
      freight: metadata.name,
    })
    assert.equal(made.status, 201)
    const [promotion] = (await api.store.list(PromotionKind, { namespace: 'alpha' })).items
    const changed = promotionTo('prod', metadata.name, { metadata: promotion?.metadata })
    return [made, await api.as(adminToken, 'PUT', '/v1beta1/resources?upsert=true', changed)]
  },
  'a Stage that says that the Freight is its own already': async (api, { metadata }) => [
    ...(await write(api, {
      ...stageManifest('alpha', 'prod', 'test'),
      status: {
        freightHistory: [{ id: 'x', items: { 'Warehouse/web': { name: metadata.name } } }],
      },
    })),
    await promote(api, metadata.name),
  ],
}

for (const [name, way] of Object.entries(ways)) {
  test(`S39: no Freight gets past the gate by ${name}`, async () => {
    const api = await startTenants()
    const [freight] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
    assert.ok(freight)
    const answers = await way(api, freight)
    const { items } = await api.store.list(PromotionKind, { namespace: 'alpha' })
    assert.deepEqual(
      items.filter(({ spec }) => spec.stage === 'prod').map(({ metadata }) => metadata.name),
      [],
      JSON.stringify(await Promise.all(answers.map((answer) => answer.text()))),
    )
    const { status } = (await api.store.get(FreightKind, freight.metadata)) ?? {}
    assert.equal(status?.verifiedIn?.['test'], undefined)
    assert.equal(status?.approvedFor?.['prod'], undefined)
  })
}

test('and once it is approved, the same ways are open', async () => {
  const api = await startTenants()
  const [freight] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  assert.ok(freight)
  const approved = await api.as(
    adminToken,
    'POST',
    `${base}/freight/${freight.metadata.name}/approve?stage=prod`,
  )
  assert.equal(approved.status, 200)
  assert.equal((await promote(api, freight.metadata.name)).status, 201)
  const written = promotionTo('prod', freight.metadata.name)
  assert.equal((await api.as(adminToken, 'POST', '/v1beta1/resources', written)).status, 201)
  const { items } = await api.store.list(PromotionKind, { namespace: 'alpha' })
  assert.deepEqual(
    items.map(({ spec }) => spec.stage),
    ['prod', 'prod'],
  )
})
