import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { adminToken } from './harness.ts'
import { bindRole } from './roles-kit.ts'
import { type Tenants, freightManifest, stageManifest, startTenants } from './tenants.ts'

interface Answered {
  readonly promotions: { readonly metadata: { name: string }; readonly spec: { stage: string } }[]
  readonly results: { stage: string; promotion?: string; error?: string; code?: string }[]
  readonly errors?: string
}

const path = '/v1beta1/projects/alpha/stages/test/promotions/downstream'
const freight = { freight: 'alpha-freight' }

/** After `test` come `prod`, `east` and, through no steps of its own, `flow`; the Freight has passed `test`. */
async function startFan(): Promise<Tenants> {
  const api = await startTenants()
  await api.make(stageManifest('alpha', 'east', 'test'))
  await api.make(withSteps('flow', undefined))
  const [found] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  const ref = { namespace: 'alpha', name: found?.metadata.name ?? '' }
  const verifiedIn = { test: { verifiedAt: '2026-01-01T11:00:00Z' } }
  const options = { actor: { ...adminActor, controlPlane: true } }
  await api.store.patchStatus(FreightKind, ref, { status: { verifiedIn } }, options)
  return api
}

/** A Stage after `test`, with these steps or no template at all. */
function withSteps(name: string, steps: readonly object[] | undefined): object {
  const stage = stageManifest('alpha', name, 'test') as { spec: { requestedFreight: object[] } }
  const { requestedFreight } = stage.spec
  const spec = { requestedFreight, ...(steps && { promotionTemplate: { spec: { steps } } }) }
  return { ...stage, spec }
}

async function promoted(api: Tenants): Promise<string[]> {
  const { items } = await api.store.list(PromotionKind, { namespace: 'alpha' })
  return items.map(({ spec }) => spec.stage).toSorted()
}

test('every Stage right after one is promoted to, but not those that Freight passes through by itself', async () => {
  const api = await startFan()
  const response = await api.as(await api.token('alpha', 'kargo-promoter'), 'POST', path, freight)
  assert.equal(response.status, 201)
  const { promotions, results, errors } = (await response.json()) as Answered
  assert.equal(errors, undefined)
  assert.deepEqual(promotions.map(({ spec }) => spec.stage).toSorted(), ['east', 'prod'])
  assert.deepEqual(
    results,
    promotions.map(({ spec, metadata }) => ({ stage: spec.stage, promotion: metadata.name })),
  )
  assert.deepEqual(await promoted(api), ['east', 'prod'])
})

test('when some could not be created the others are, and each Stage says what came of it', async () => {
  const api = await startFan()
  await api.make(withSteps('broken', [{ task: { name: 'absent' } }]))
  const response = await api.as(adminToken, 'POST', path, freight)
  assert.equal(response.status, 207)
  const { promotions, results, errors } = (await response.json()) as Answered
  assert.equal(promotions.length, 2)
  assert.match(errors ?? '', /^broken: .*absent/)
  assert.deepEqual(
    results.map(({ stage, promotion, code }) => [stage, promotion !== undefined, code]),
    [
      ['broken', false, 'Invalid'],
      ['east', true, undefined],
      ['prod', true, undefined],
    ],
  )
  assert.deepEqual(await promoted(api), ['east', 'prod'])
})

test('without the right to promote to each of them, or with one that the Freight may not enter, none is promoted to', async () => {
  const api = await startFan()
  const promote = (stage: string) => ({
    apiGroups: ['kargo.akuity.io'],
    resources: ['stages'],
    resourceNames: [stage],
    verbs: ['promote'],
  })
  const read = { apiGroups: ['kargo.akuity.io'], resources: ['stages'], verbs: ['get', 'list'] }
  await bindRole(api, 'alpha', 'east-only', [read, promote('east')])
  await bindRole(api, 'alpha', 'upstream-only', [read, promote('test')])
  for (const [status, account, project] of [
    [403, 'east-only', 'alpha'],
    [403, 'upstream-only', 'alpha'],
    [403, 'kargo-viewer', 'alpha'],
    [404, 'kargo-admin', 'beta'],
  ] as const) {
    const response = await api.as(await api.token(project, account), 'POST', path, freight)
    assert.equal(response.status, status, account)
  }
  const origin = { kind: 'Warehouse', name: 'other' }
  const away = withSteps('away', [{ uses: 'copy', config: { inPath: 'a', outPath: 'b' } }]) as {
    spec: object
  }
  const requestedFreight = [{ origin, sources: { stages: ['test'] } }]
  await api.make({ ...away, spec: { ...away.spec, requestedFreight } })
  const response = await api.as(adminToken, 'POST', path, freight)
  assert.equal(response.status, 400)
  assert.match(((await response.json()) as { error: string }).error, /away/)
  assert.deepEqual(await promoted(api), [])
})

test('Freight that was not verified in the Stage before is refused for all', async () => {
  const api = await startFan()
  await api.make(freightManifest('alpha', 'fresh', '2.0.0'))
  assert.equal((await api.as(adminToken, 'POST', path, { freightAlias: 'fresh' })).status, 400)
  assert.deepEqual(await promoted(api), [])
})

test('what names no Freight, two, or none that is there is refused, and so is a Stage with nothing after it', async () => {
  const api = await startFan()
  const of = (stage: string): string => path.replace('test', stage)
  for (const [status, stage, body] of [
    [400, 'test', {}],
    [400, 'test', { ...freight, freightAlias: 'alpha-freight' }],
    [400, 'test', { origin: 'Warehouse/web' }],
    [404, 'test', { freight: 'absent' }],
    [404, 'test', { freight: 'beta-freight' }],
    [404, 'absent', freight],
    [404, 'prod', freight],
  ] as const) {
    const response = await api.as(adminToken, 'POST', of(stage), body)
    assert.equal(response.status, status, `${stage} ${JSON.stringify(body)}`)
  }
  assert.deepEqual(await promoted(api), [])
})

test('when only Stages without steps come after one, the answer says that nothing has to be promoted', async () => {
  const api = await startTenants()
  const stage = withSteps('gate', undefined) as { spec: { requestedFreight: object[] } }
  const requestedFreight = [
    { origin: { kind: 'Warehouse', name: 'web' }, sources: { stages: ['prod'] } },
  ]
  await api.make({ ...stage, spec: { requestedFreight } })
  const response = await api.as(adminToken, 'POST', path.replace('test', 'prod'), freight)
  assert.equal(response.status, 404)
  assert.match(((await response.json()) as { error: string }).error, /gate by itself/)
})
