import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionRequestKind } from '../../src/core/kinds/promotion-request.ts'
import { StageKind } from '../../src/core/kinds/stage.ts'
import { WarehouseKind } from '../../src/core/kinds/warehouse.ts'
import { getCondition } from '../../src/runtime/conditions.ts'
import { freightManifest, manifest, stageManifest } from '../admission-kit.ts'
import {
  autoEverywhere,
  type ControllersHome,
  projectConfig,
  startHome,
} from './controllers-home.ts'

const as = { actor: adminActor }

const sources = (more: object) => ({
  spec: {
    requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: more }],
  },
})

/** When the Freight entered the Stage, epoch milliseconds. */
async function enteredAt(home: ControllersHome, freight: string, stage: string): Promise<number> {
  return Date.parse((await home.freight(freight)).status?.currentlyIn?.[stage]?.since ?? '')
}

test('auto-promotion starts at the exact moment at which the soak time ends', async (t) => {
  const home = await startHome(t)
  const { clock } = home
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('uat', sources({ stages: ['test'], requiredSoakTime: '1h30m' })))
  const freight = await home.addFreight('1')
  await clock.advance(30_000)
  const ends = (await enteredAt(home, freight, 'test')) + 90 * 60_000
  const item = home.manager.inspect().find(({ name }) => name === 'uat')
  assert.deepEqual(
    item?.reasons.map(({ code }) => code),
    ['Soaking'],
  )
  assert.equal(item.nextLook, ends)
  await clock.advanceTo(ends - 1)
  assert.deepEqual(await home.promotions('uat'), [])
  await clock.advance(1)
  assert.deepEqual(await home.promotions('uat'), ['1:Running'])
})

test('a soak that the wall clock jumps over ends when that is noticed', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('uat', sources({ stages: ['test'], requiredSoakTime: '1h' })))
  await home.addFreight('1')
  await home.clock.advance(30 * 60_000)
  home.clock.jump(40 * 60_000)
  await home.clock.advance(31_000)
  assert.equal(await home.at('uat'), '1')
})

test('S40: a wall clock set back a day ends no soak early; set right again, it ends when it should', async (t) => {
  const day = 86_400_000
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('uat', sources({ stages: ['test'], requiredSoakTime: '1h' })))
  const freight = await home.addFreight('1')
  await home.clock.advance(30 * 60_000)
  const ends = (await enteredAt(home, freight, 'test')) + 3_600_000
  home.clock.jump(-day)
  await home.clock.advance(31_000)
  assert.deepEqual(await home.promotions('uat'), [])
  const item = home.manager.inspect().find(({ name }) => name === 'uat')
  assert.deepEqual([item?.nextLook, item?.reasons.map(({ code }) => code)], [ends, ['Soaking']])
  home.clock.jump(day)
  await home.clock.advanceTo(ends - 1)
  assert.deepEqual(await home.promotions('uat'), [])
  await home.clock.advance(31_000)
  assert.equal(await home.at('uat'), '1')
})

test('Freight passes through a control-flow Stage, which has no Promotions and holds nothing', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('gate', { upstream: ['test'], steps: [] }))
  await home.create(stageManifest('prod', { upstream: ['gate'] }))
  const freight = await home.addFreight('1')
  await home.clock.advance(10_000)
  assert.equal(await home.at('prod'), '1')
  assert.equal(await home.condition('gate', 'Ready'), 'True/Ready')
  const { status } = await home.freight(freight)
  assert.deepEqual(Object.keys(status?.verifiedIn ?? {}).sort(), ['gate', 'prod', 'test'])
  assert.deepEqual(Object.keys(status?.currentlyIn ?? {}).sort(), ['prod', 'test'])
  assert.equal((await home.stage('gate')).status?.freightSummary, 'N/A')
  assert.deepEqual(await home.promotions('gate'), [])
})

test('a control-flow Stage that asks for a soak lets Freight through at its exact end', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(
    stageManifest('gate', { ...sources({ stages: ['test'], requiredSoakTime: '2h' }), steps: [] }),
  )
  await home.create(stageManifest('prod', { upstream: ['gate'] }))
  const freight = await home.addFreight('1')
  await home.clock.advance(30_000)
  const ends = (await enteredAt(home, freight, 'test')) + 2 * 3_600_000
  await home.clock.advanceTo(ends - 1)
  assert.equal((await home.freight(freight)).status?.verifiedIn?.['gate'], undefined)
  await home.clock.advance(1)
  const passed = (await home.freight(freight)).status?.verifiedIn?.['gate']?.verifiedAt
  assert.equal(Date.parse(passed ?? ''), ends)
  await home.clock.advance(5000)
  assert.equal(await home.at('prod'), '1')
})

test('a soak behind a control-flow Stage is measured in the Stages before it', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('gate', { upstream: ['test'], steps: [] }))
  await home.create(stageManifest('prod', sources({ stages: ['gate'], requiredSoakTime: '3h' })))
  const freight = await home.addFreight('1')
  await home.clock.advance(30_000)
  const ends = (await enteredAt(home, freight, 'test')) + 3 * 3_600_000
  await home.clock.advanceTo(ends - 1)
  assert.deepEqual(await home.promotions('prod'), [])
  await home.clock.advance(1)
  assert.deepEqual(await home.promotions('prod'), ['1:Running'])
})

test('a Stage that follows its upstream does so through a control-flow Stage, backwards too', async (t) => {
  const home = await startHome(t)
  await home.create(projectConfig({ stageSelector: { name: 'prod' }, autoPromotionEnabled: true }))
  await home.create(stageManifest('test'))
  await home.create(stageManifest('gate', { upstream: ['test'], steps: [] }))
  const follow = { autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } }
  await home.create(stageManifest('prod', sources({ stages: ['gate'], ...follow })))
  const [one, two] = [await home.addFreight('1'), await home.addFreight('2')]
  for (const [name, tag] of [
    [one, '1'],
    [two, '2'],
    [one, '1'],
  ] as const) {
    await home.promote('test', name)
    await home.clock.advance(60_000)
    assert.equal(await home.at('prod'), tag)
  }
})

test('promoting something else by hand holds auto-promotion until the newest is promoted by hand', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  const old = await home.addFreight('1')
  await home.clock.advance(60_000)
  await home.addFreight('2')
  await home.clock.advance(60_000)
  assert.equal(await home.at('test'), '2')
  await home.promote('test', old)
  await home.clock.advance(60_000)
  assert.equal(await home.at('test'), '1')
  const newest = await home.addFreight('3')
  await home.clock.advance(86_400_000)
  assert.equal(await home.at('test'), '1')
  const { status } = await home.stage('test')
  assert.equal(status?.effectiveAutoPromotionHolds?.['Warehouse/w']?.freightName, old)
  assert.equal(status.autoPromotionHolds?.['Warehouse/w']?.actor, 'admin')
  const item = home.manager.inspect().find(({ name }) => name === 'test')
  assert.deepEqual(
    item?.reasons.map(({ code }) => code),
    ['HeldBack'],
  )

  await home.promote('test', newest)
  await home.clock.advance(60_000)
  assert.equal((await home.stage('test')).status?.autoPromotionHolds, undefined)
  await home.addFreight('4')
  await home.clock.advance(60_000)
  assert.equal(await home.at('test'), '4')
})

test('a Stage that asks for verification is blocked, and says so', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  const spec = { verification: { analysisTemplates: [{ name: 'errors' }] } }
  await home.create(stageManifest('test', { spec }))
  await home.addFreight('1')
  await home.clock.advance(60_000)
  assert.deepEqual(await home.promotions('test'), [])
  const item = home.manager.inspect().find(({ name }) => name === 'test')
  assert.deepEqual(
    item?.reasons.map(({ code }) => code),
    ['NotSupported'],
  )
})

test('what verification is asked for later, while it cannot be run, is not passed on', async (t) => {
  const home = await startHome(t)
  await home.create(
    stageManifest('test', { spec: { verification: { analysisTemplates: [{ name: 'e' }] } } }),
  )
  const freight = await home.addFreight('1')
  await home.store.patchStatus(
    StageKind,
    { namespace: 'demo', name: 'test' },
    {
      status: {
        lastPromotion: {
          name: 'test.0.x',
          status: { phase: 'Succeeded', startedAt: '2026-01-01T00:00:00Z' },
        },
        freightHistory: [
          {
            id: 'c',
            items: { 'Warehouse/w': { name: freight, origin: { kind: 'Warehouse', name: 'w' } } },
          },
        ],
      },
    },
    { actor: { id: 'controller:restore', controlPlane: true, superuser: true } },
  )
  await home.clock.advance(60_000)
  assert.equal(await home.condition('test', 'Verified'), 'False/NotSupported')
  assert.equal(await home.condition('test', 'Ready'), 'False/NotSupported')
  assert.equal((await home.freight(freight)).status?.verifiedIn, undefined)
})

test('queued automatic Promotions make way for newer ones where that was asked for', async (t) => {
  const home = await startHome(t, { promotionMs: 60_000 })
  const stage = stageManifest('test')
  stage.metadata['annotations'] = { 'gantry/supersede-queued': 'true' }
  await home.create(autoEverywhere)
  await home.create(stage)
  for (const tag of ['1', '2', '3']) {
    await home.addFreight(tag)
    await home.clock.advance(2000)
  }
  assert.deepEqual(await home.promotions('test'), ['1:Running', '2:Aborted', '3:Pending'])
  await home.clock.advance(200_000)
  assert.equal(await home.at('test'), '3')
  assert.equal(await home.condition('test', 'Ready'), 'True/Verified')
})

test('a Stage in a pipeline that cannot work says what is wrong, and comes right by itself', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('a', { upstream: ['b'] }))
  await home.create(stageManifest('b', { upstream: ['a'] }))
  await home.addFreight('1')
  await home.clock.settle()
  assert.equal(await home.condition('a', 'Ready'), 'False/UpstreamCycle')
  const conditions = (await home.stage('b')).status?.conditions ?? []
  assert.match(conditions.find(({ type }) => type === 'Ready')?.message ?? '', /b -> a -> b/)

  await home.store.patch(
    StageKind,
    { namespace: 'demo', name: 'a' },
    {
      spec: {
        requestedFreight: [
          { origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true, stages: ['b'] } },
        ],
      },
    },
    as,
  )
  await home.clock.advance(10_000)
  assert.equal(await home.at('b'), '1')
  assert.equal(await home.condition('b', 'Ready'), 'True/Verified')

  await home.store.delete(WarehouseKind, { namespace: 'demo', name: 'w' }, as)
  await home.clock.settle()
  assert.equal(await home.condition('b', 'Ready'), 'False/WarehouseNotFound')
})

test('a Stage that is deleted is forgotten by its Freight, and takes its Promotions along', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('uat', { upstream: ['test'] }))
  const freight = await home.addFreight('1')
  await home.clock.advance(10_000)
  assert.equal(
    await home.store.delete(StageKind, { namespace: 'demo', name: 'test' }, as),
    'deleting',
  )
  await home.clock.advance(60_000)
  assert.equal(await home.store.get(StageKind, { namespace: 'demo', name: 'test' }), undefined)
  const { status } = await home.freight(freight)
  assert.deepEqual(Object.keys(status?.verifiedIn ?? {}), ['uat'])
  assert.deepEqual(Object.keys(status?.currentlyIn ?? {}), ['uat'])
  assert.deepEqual(await home.promotions('test'), [])
  assert.deepEqual(await home.promotions('uat'), ['1:Succeeded'])
})

test('a Stage that loses its steps becomes a control-flow Stage, and one that gets some a regular one', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.addFreight('1')
  await home.clock.advance(10_000)
  const ref = { namespace: 'demo', name: 'test' }
  await home.store.patch(StageKind, ref, { spec: { promotionTemplate: null } }, as)
  await home.clock.advance(10_000)
  const { status } = await home.stage('test')
  assert.equal(status?.freightSummary, 'N/A')
  assert.equal(status.freightHistory, undefined)
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ['Ready'],
  )
  const promotionTemplate = { spec: { steps: [{ uses: 'copy' }] } }
  await home.store.patch(StageKind, ref, { spec: { promotionTemplate } }, as)
  await home.addFreight('2')
  await home.clock.advance(10_000)
  assert.equal(await home.at('test'), '2')
})

test('what is queued when a Stage loses its steps gets its turn, so that the gate can refuse it', async (t) => {
  const home = await startHome(t, { promotionMs: 60_000 })
  await home.create(stageManifest('test'))
  const [one, two] = [await home.addFreight('1'), await home.addFreight('2')]
  await home.promote('test', one)
  const queued = await home.promote('test', two)
  const ref = { namespace: 'demo', name: 'test' }
  await home.store.patch(StageKind, ref, { spec: { promotionTemplate: null } }, as)
  await home.clock.advance(61_000)
  assert.equal((await home.stage('test')).status?.currentPromotion?.name, queued)
  await home.clock.advance(120_000)
  assert.equal((await home.stage('test')).status?.currentPromotion, undefined)
})

test('old Promotions and Freight are collected, and what is in use or young is not', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  const names: string[] = []
  for (let at = 0; at < 30; at++) {
    names.push(await home.addFreight(`1.${String(at).padStart(2, '0')}`))
    await home.clock.advance(10_000)
  }
  assert.equal((await home.promotions('test')).length, 30)
  await home.clock.advance(13 * 86_400_000)
  assert.equal((await home.promotions('test')).length, 30)
  await home.clock.advance(2 * 86_400_000)
  assert.equal((await home.promotions('test')).length, 20)
  const { items } = await home.store.list(FreightKind, { namespace: 'demo' })
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), names.slice(9).sort())
  assert.equal(await home.at('test'), '1.29')
})

test('a PromotionRequest ends at once, since nothing is promoted to targets, and says so', async (t) => {
  const home = await startHome(t)
  await home.create(stageManifest('many', { spec: { targets: { selectors: [{}] } } }))
  await home.create(manifest('Target', 'eu', {}))
  const freight = await home.addFreight('1')
  const spec = { stage: 'many', freight, targets: [{ name: 'eu' }] }
  await home.create(manifest('PromotionRequest', 'r', { spec }))
  await home.clock.advance(10_000)
  const ref = { namespace: 'demo', name: 'r' }
  const request = await home.store.get(PromotionRequestKind, ref)
  assert.equal(request?.status?.phase, 'Errored')
  assert.equal(request.status.finishedAt, request.metadata.creationTimestamp)
  const ready = getCondition(request.status, 'Ready')
  assert.deepEqual([ready?.status, ready?.reason], ['False', 'EnterpriseOnlyFeature'])
  assert.match(ready?.message ?? '', /not supported/)
  const written = home.writes.length
  await home.clock.advance(86_400_000)
  assert.deepEqual(
    home.writes.slice(written).filter((write) => write.includes('PromotionRequest')),
    [],
  )
})

test('a refresh is answered by its token', async (t) => {
  const home = await startHome(t)
  await home.create(stageManifest('test'))
  await home.clock.settle()
  await home.store.patch(
    StageKind,
    { namespace: 'demo', name: 'test' },
    { metadata: { annotations: { 'kargo.akuity.io/refresh': 'now' } } },
    as,
  )
  await home.clock.settle()
  assert.equal((await home.stage('test')).status?.lastHandledRefresh, 'now')
})

test('Freight of several origins is promoted one by one into one collection', async (t) => {
  const home = await startHome(t)
  const request = (name: string) => ({
    origin: { kind: 'Warehouse', name },
    sources: { direct: true },
  })
  await home.create(autoEverywhere)
  await home.create({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name: 'v', namespace: 'demo' },
    spec: { subscriptions: [{ image: { repoURL: 'ghcr.io/example/db' } }] },
  })
  await home.create(
    stageManifest('test', { spec: { requestedFreight: [request('w'), request('v')] } }),
  )
  const app = await home.addFreight('1')
  const { object } = await home.create(
    freightManifest('9', {
      origin: { kind: 'Warehouse', name: 'v' },
      images: [{ repoURL: 'ghcr.io/example/db', tag: '9', digest: 'sha256:9' }],
    }),
  )
  await home.clock.advance(10_000)
  const { status } = await home.stage('test')
  const items = status?.freightHistory?.[0]?.items
  assert.equal(items?.['Warehouse/w']?.name, app)
  assert.equal(items['Warehouse/v']?.name, object.metadata.name)
  assert.equal(status?.freightSummary, '2/2 Fulfilled')
  assert.equal(await home.condition('test', 'Ready'), 'True/Verified')
})
