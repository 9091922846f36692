/** What the API asks controllers for by annotations: to look now, to end something, to verify again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { fakeEpoch } from '../fake-clock.ts'
import type { Kind, KubeObject } from '../../src/core/kinds/kind.ts'
import { ClusterConfigKind } from '../../src/core/kinds/cluster-config.ts'
import { ProjectConfigKind } from '../../src/core/kinds/project-config.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { StageKind } from '../../src/core/kinds/stage.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { refreshToken } from '../../src/api/routes/objects.ts'
import { adminToken } from './harness.ts'
import { type Tenants, startTenants } from './tenants.ts'

const base = '/v1beta1/projects/alpha'
const controller = { actor: { ...adminActor, controlPlane: true } }

async function startWithPromotion(): Promise<Tenants & { promotion: string }> {
  const api = await startTenants()
  const metadata = { name: 'cluster' }
  const apiVersion = 'kargo.akuity.io/v1alpha1'
  await api.make({ apiVersion, kind: 'ClusterConfig', metadata, spec: {} })
  const path = `${base}/stages/test/promotions`
  const made = await api.as(adminToken, 'POST', path, { freight: 'alpha-freight' })
  const { name } = ((await made.json()) as KubeObject).metadata
  return { ...api, promotion: name }
}

interface Refreshable {
  readonly kind: Kind
  readonly path: string
  readonly name: string
  readonly namespace?: string
}

const refreshables = (promotion: string): readonly Refreshable[] => [
  { kind: WarehouseKind, path: `${base}/warehouses/`, name: 'web', namespace: 'alpha' },
  { kind: StageKind, path: `${base}/stages/`, name: 'test', namespace: 'alpha' },
  { kind: PromotionKind, path: `${base}/promotions/`, name: promotion, namespace: 'alpha' },
  { kind: ProjectConfigKind, path: `${base}/config`, name: 'alpha', namespace: 'alpha' },
  { kind: ClusterConfigKind, path: '/v1beta1/system/cluster-config', name: 'cluster' },
]

const pathOf = ({ path, name }: Refreshable): string => (path.endsWith('/') ? path + name : path)
const noteOf = ({ metadata }: KubeObject, name: string): string | undefined =>
  metadata.annotations?.[`kargo.akuity.io/${name}`]

test('a refresh leaves a new token on the object, however soon it comes after the last, and changes nothing else', async () => {
  const api = await startWithPromotion()
  for (const target of refreshables(api.promotion)) {
    const { kind, name, namespace } = target
    const stored = (): Promise<KubeObject | undefined> =>
      api.store.get<KubeObject>(kind, { name, namespace })
    const before = await stored()
    const tokens = new Set<string | undefined>()
    for (let time = 0; time < 5; time += 1) {
      const response = await api.as(adminToken, 'POST', `${pathOf(target)}/refresh`)
      assert.equal(response.status, 200, pathOf(target))
      const shown = (await response.json()) as KubeObject
      assert.deepEqual(shown, await stored())
      tokens.add(noteOf(shown, 'refresh'))
    }
    assert.equal(tokens.size, 5, pathOf(target))
    const after = await stored()
    assert.equal([...tokens][0], '2026-01-01T12:00:00Z')
    assert.deepEqual(withoutTraces(after), withoutTraces(before))
  }
})

/** An object without what a request by annotation may change. */
function withoutTraces(object: KubeObject | undefined): object {
  const { resourceVersion: _version, annotations = {}, ...metadata } = object?.metadata ?? {}
  const { 'kargo.akuity.io/refresh': _refresh, ...notes } = annotations
  return { ...object, metadata: { ...metadata, annotations: notes } }
}

test('no two tokens of a second are alike, and none goes back', () => {
  let token: string | undefined
  for (const ms of [0, 0, 0, 400, 400, 999, 999, 1000, 1000, 5000]) {
    const next = refreshToken(fakeEpoch + ms, token)
    assert.ok(token === undefined || Date.parse(next) > Date.parse(token), `${token} ${next}`)
    token = next
  }
  assert.equal(token, '2026-01-01T12:00:05Z')
  for (const foreign of ['', 'now', '+275760-09-13T00:00:00.000Z', '2099-01-01T00:00:00Z'])
    assert.equal(refreshToken(fakeEpoch, foreign), '2026-01-01T12:00:00Z')
})

test('who may not change an object may not have it refreshed, and what is not there is 404', async () => {
  const api = await startWithPromotion()
  const tokens: readonly [number, string][] = [
    [403, await api.token('alpha', 'kargo-viewer')],
    [403, await api.token('alpha', 'kargo-promoter')],
    [404, await api.token('beta', 'kargo-admin')],
  ]
  for (const target of refreshables(api.promotion)) {
    const { kind, name, namespace } = target
    for (const [status, token] of tokens) {
      const response = await api.as(token, 'POST', `${pathOf(target)}/refresh`)
      // The installation's configuration is in no Project.
      assert.equal(response.status, namespace === undefined ? 403 : status, pathOf(target))
    }
    const object = await api.store.get<KubeObject>(kind, { name, namespace })
    assert.equal(object && noteOf(object, 'refresh'), undefined)
    const absent = target.path.endsWith('/') ? `${target.path}absent` : undefined
    if (absent === undefined) await api.as(adminToken, 'DELETE', pathOf(target))
    const path = `${absent ?? pathOf(target)}/refresh`
    assert.equal((await api.as(adminToken, 'POST', path)).status, 404, path)
  }
})

test('an abort says on the Promotion who asked, and does nothing once it has ended', async () => {
  const api = await startWithPromotion()
  const ref = { namespace: 'alpha', name: api.promotion }
  const path = `${base}/promotions/${api.promotion}/abort`
  const phased = async (phase: string): Promise<KubeObject> =>
    api.store.patchStatus(PromotionKind, ref, { status: { phase } }, controller)
  for (const account of ['kargo-viewer', 'kargo-promoter'])
    assert.equal((await api.as(await api.token('alpha', account), 'POST', path)).status, 403)
  const stranger = await api.token('beta', 'kargo-admin')
  assert.equal((await api.as(stranger, 'POST', path)).status, 404)
  assert.equal((await api.as(adminToken, 'POST', `${base}/promotions/absent/abort`)).status, 404)
  for (const phase of ['Succeeded', 'Failed', 'Errored', 'Aborted']) {
    const before = await phased(phase)
    const response = await api.as(adminToken, 'POST', path)
    assert.equal(response.status, 200, phase)
    assert.deepEqual(await response.json(), before)
    assert.deepEqual(await api.store.get(PromotionKind, ref), before)
  }
})

for (const phase of ['Pending', 'Running']) {
  test(`a ${phase} Promotion is asked to end, by whoever asked first and last`, async () => {
    const api = await startWithPromotion()
    const ref = { namespace: 'alpha', name: api.promotion }
    await api.store.patchStatus(PromotionKind, ref, { status: { phase } }, controller)
    const path = `${base}/promotions/${api.promotion}/abort`
    for (const [token, actor] of [
      [
        await api.token('alpha', 'kargo-admin'),
        'kubernetes:system:serviceaccount:alpha:kargo-admin',
      ],
      [adminToken, 'admin'],
    ] as const) {
      const response = await api.as(token, 'POST', path)
      assert.equal(response.status, 200)
      const found = await api.store.get(PromotionKind, ref)
      assert.deepEqual(await response.json(), found)
      const request: unknown = JSON.parse((found && noteOf(found, 'abort')) ?? '')
      assert.deepEqual(request, { action: 'terminate', actor })
      assert.equal(found?.status?.phase, phase)
    }
  })
}

/** Gives the Stage `test` Freight with a verification in this phase. */
async function verifying(api: Tenants, phase: string): Promise<KubeObject> {
  const verificationHistory = [{ id: 'the-latest', phase }]
  const status = { freightHistory: [{ id: 'c', items: {}, verificationHistory }] }
  return api.store.patchStatus(
    StageKind,
    { namespace: 'alpha', name: 'test' },
    { status },
    controller,
  )
}

test('a verification is asked for again, or to end, by its id and who asks; one that is over has no end to ask for', async () => {
  const api = await startTenants()
  const path = `${base}/stages/test/verification`
  const ask = async (suffix: string): Promise<KubeObject> => {
    const response = await api.as(adminToken, 'POST', path + suffix)
    assert.equal(response.status, 200)
    const shown = (await response.json()) as KubeObject
    assert.deepEqual(shown, await api.store.get(StageKind, { namespace: 'alpha', name: 'test' }))
    return shown
  }
  for (const phase of ['Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive']) {
    const before = await verifying(api, phase)
    assert.deepEqual(await ask('/abort'), before, phase)
  }
  const request = { id: 'the-latest', actor: 'admin' }
  assert.deepEqual(JSON.parse(noteOf(await ask(''), 'reverify') ?? ''), request)
  for (const phase of ['Pending', 'Running']) {
    await verifying(api, phase)
    assert.deepEqual(JSON.parse(noteOf(await ask('/abort'), 'abort') ?? ''), request, phase)
  }
})

test('a verification is asked for by nobody without the right, and not where there is none', async () => {
  const api = await startTenants()
  const before = await api.store.get(StageKind, { namespace: 'alpha', name: 'test' })
  const viewer = await api.token('alpha', 'kargo-viewer')
  const stranger = await api.token('beta', 'kargo-admin')
  for (const suffix of ['', '/abort']) {
    for (const [status, token, stage] of [
      [409, adminToken, 'test'],
      [404, adminToken, 'absent'],
      [403, viewer, 'test'],
      [403, viewer, 'absent'],
      [404, stranger, 'test'],
    ] as const) {
      const path = `${base}/stages/${stage}/verification${suffix}`
      assert.equal((await api.as(token, 'POST', path)).status, status, `${status} ${path}`)
    }
  }
  assert.deepEqual(await api.store.get(StageKind, { namespace: 'alpha', name: 'test' }), before)
})
