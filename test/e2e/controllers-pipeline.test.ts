import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { stageManifest } from '../admission-kit.ts'
import { autoEverywhere, startHome } from './controllers-home.ts'

test('new Freight travels through three Stages by itself', async (t) => {
  const home = await startHome(t)
  const { clock, create } = home
  await create(autoEverywhere)
  await create(stageManifest('prod', { upstream: ['uat'] }))
  await create(stageManifest('uat', { upstream: ['test'] }))
  await create(stageManifest('test'))
  const first = await home.addFreight('1.0.0')
  await clock.advance(10_000)
  for (const stage of ['test', 'uat', 'prod']) {
    assert.equal(await home.at(stage), '1.0.0', stage)
    assert.equal(await home.condition(stage, 'Ready'), 'True/Verified', stage)
    assert.deepEqual(await home.promotions(stage), ['1.0.0:Succeeded'])
    const { status } = await home.stage(stage)
    assert.equal(status?.freightSummary, first)
    assert.equal(status.currentPromotion, undefined)
    assert.equal(status.autoPromotionEnabled, true)
    assert.equal(status.observedGeneration, 1)
    assert.equal(status.health?.status, 'Healthy')
    assert.equal(
      status.lastPromotion?.status?.freightCollection?.id,
      status.freightHistory?.[0]?.id,
    )
  }
  const { status } = await home.freight(first)
  assert.deepEqual(Object.keys(status?.currentlyIn ?? {}).sort(), ['prod', 'test', 'uat'])
  assert.deepEqual(Object.keys(status?.verifiedIn ?? {}).sort(), ['prod', 'test', 'uat'])
  const verified = Array(3).fill('FreightVerificationSucceeded')
  assert.deepEqual(await home.events('Freight'), ['FreightCreated', ...verified])

  await clock.advance(3_600_000)
  const second = await home.addFreight('1.1.0')
  await clock.advance(10_000)
  assert.equal(await home.at('prod'), '1.1.0')
  const left = await home.freight(first)
  assert.deepEqual(left.status?.currentlyIn ?? {}, {})
  assert.match(left.status?.verifiedIn?.['test']?.longestSoak ?? '', /^1h0m/)
  assert.deepEqual(
    (await home.stage('prod')).status?.freightHistory?.map(
      ({ items }) => items?.['Warehouse/w']?.name,
    ),
    [second, first],
  )
})

test('without a policy nothing moves by itself, and a policy takes effect at once', async (t) => {
  const home = await startHome(t)
  await home.create(stageManifest('test'))
  await home.addFreight('1.0.0')
  await home.clock.advance(86_400_000)
  assert.deepEqual(await home.promotions('test'), [])
  assert.equal((await home.stage('test')).status?.autoPromotionEnabled, false)
  await home.create(autoEverywhere)
  await home.clock.settle()
  assert.deepEqual(await home.promotions('test'), ['1.0.0:Running'])
})

test('one Promotion of a Stage runs at a time, in the order in which they were asked for', async (t) => {
  const home = await startHome(t, { promotionMs: 60_000 })
  await home.create(stageManifest('test'))
  const names: string[] = []
  for (const tag of ['1', '2', '3']) names.push(await home.addFreight(tag))
  for (const name of names) await home.promote('test', name)
  assert.deepEqual(await home.promotions('test'), ['1:Running', '2:Pending', '3:Pending'])
  assert.equal(await home.condition('test', 'Promoting'), 'True/ActivePromotion')
  await home.clock.advance(61_000)
  assert.deepEqual(await home.promotions('test'), ['1:Succeeded', '2:Running', '3:Pending'])
  assert.equal(await home.at('test'), '1')
  await home.clock.advance(130_000)
  assert.deepEqual(await home.promotions('test'), ['1:Succeeded', '2:Succeeded', '3:Succeeded'])
  assert.equal(await home.at('test'), '3')
  assert.equal(await home.condition('test', 'Promoting'), undefined)
})

test('a failed Promotion leaves the Stage at what it was at, says so, and is not tried again by itself', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.addFreight('1')
  await home.clock.advance(5000)
  home.outcomes.set('test', 'Failed')
  await home.addFreight('2')
  await home.clock.advance(86_400_000)
  assert.deepEqual(await home.promotions('test'), ['1:Succeeded', '2:Failed'])
  assert.equal(await home.at('test'), '1')
  assert.equal(await home.condition('test', 'Ready'), 'False/LastPromotionFailed')
  const item = home.manager.inspect().find(({ name }) => name === 'test')
  assert.deepEqual(
    item?.reasons.map(({ code }) => code),
    ['FailedBefore'],
  )
})

test('a Promotion that was aborted while it waited changes nothing', async (t) => {
  const home = await startHome(t, { promotionMs: 60_000 })
  await home.create(stageManifest('test'))
  const [one, two] = [await home.addFreight('1'), await home.addFreight('2')]
  await home.promote('test', one)
  const waiting = await home.promote('test', two)
  await home.store.patch(
    PromotionKind,
    { namespace: 'demo', name: waiting },
    { metadata: { annotations: { 'kargo.akuity.io/abort': 'terminate' } } },
    { actor: adminActor },
  )
  await home.clock.advance(120_000)
  assert.deepEqual(await home.promotions('test'), ['1:Succeeded', '2:Aborted'])
  assert.equal(await home.condition('test', 'Ready'), 'True/Verified')
  assert.equal(await home.at('test'), '1')
})

test('Freight that is approved for a Stage enters it past the Stages before it', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('prod', { upstream: ['nowhere'] }))
  const name = await home.addFreight('1')
  await home.clock.advance(60_000)
  assert.deepEqual(await home.promotions('prod'), [])
  assert.equal(await home.condition('prod', 'Ready'), 'False/UpstreamNotFound')
  await home.store.patchStatus(
    FreightKind,
    { namespace: 'demo', name },
    { status: { approvedFor: { prod: { approvedAt: '2026-01-01T12:00:00Z' } } } },
    { actor: adminActor },
  )
  await home.clock.advance(5000)
  assert.equal(await home.at('prod'), '1')
})
