import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotations } from '../kinds/labels.ts'
import { intentFor, triggerOf } from './annotations.ts'
import { effectiveHolds, holdIntent, holdOf, holdsAfter, keptHolds } from './holds.ts'
import { at, sampleFreight, samplePromotion, sampleStage } from '../../../test/policy/samples.ts'

const web = 'Warehouse/web'
const db = 'Warehouse/db'
const requests = [{}, { warehouse: 'db' }]
const durable = { freightName: 'f0', origin: { kind: 'Warehouse', name: 'web' } } as const

describe('who asked for a Promotion', () => {
  it('nobody, when no actor or a controller is recorded', () => {
    assert.equal(triggerOf(samplePromotion('p', 'f')), 'auto')
    assert.equal(triggerOf(samplePromotion('p', 'f', { actor: '' })), 'auto')
    assert.equal(triggerOf(samplePromotion('p', 'f', { actor: 'controller:stage' })), 'auto')
    assert.equal(triggerOf({ metadata: { name: 'p' } }), 'auto')
  })

  it('a person, with any other actor', () => {
    assert.equal(triggerOf(samplePromotion('p', 'f', { actor: 'admin' })), 'manual')
    assert.equal(triggerOf(samplePromotion('p', 'f', { actor: 'email:controller:x' })), 'manual')
  })
})

describe('what admission stamps', () => {
  const stage = sampleStage('test')
  const freight = sampleFreight('f1')
  const facts = { stage, freight, candidate: 'f1', autoPromotionEnabled: true }

  it('promoting the candidate ends the hold of its origin', () => {
    assert.deepEqual(holdIntent(facts), { annotation: annotations.autoPromotionResume, value: web })
  })

  it('promoting anything else holds its origin, also when there is no candidate', () => {
    const hold = { annotation: annotations.autoPromotionHold, value: web }
    assert.deepEqual(holdIntent({ ...facts, candidate: 'f2' }), hold)
    assert.deepEqual(holdIntent({ ...facts, candidate: undefined }), hold)
  })

  it('nothing, when auto-promotion is off or the origin is not requested', () => {
    assert.equal(holdIntent({ ...facts, autoPromotionEnabled: false }), undefined)
    const other = sampleFreight('f1', { warehouse: 'other' })
    assert.equal(holdIntent({ ...facts, freight: other }), undefined)
  })

  it('is read back for its own origin only', () => {
    const origin = { kind: 'Warehouse', name: 'web' }
    assert.equal(intentFor(samplePromotion('p', 'f', { hold: web }), origin), 'hold')
    assert.equal(intentFor(samplePromotion('p', 'f', { resume: web }), origin), 'resume')
    assert.equal(intentFor(samplePromotion('p', 'f', { hold: db, resume: db }), origin), undefined)
    assert.equal(intentFor(samplePromotion('p', 'f'), origin), undefined)
  })
})

describe('durable holds', () => {
  const stage = sampleStage('test', { requests })

  it('a hold says what caused it, who, and since when', () => {
    const promotion = samplePromotion('test.1', 'f1', { hold: web, actor: 'admin', created: 5000 })
    const origin = { kind: 'Warehouse', name: 'web' } as const
    assert.deepEqual(holdOf(promotion, origin), {
      freightName: 'f1',
      origin,
      promotionName: 'test.1',
      actor: 'admin',
      createdAt: at(5000),
    })
    const { creationTimestamp: _, ...metadata } = samplePromotion('test.1', 'f1').metadata
    assert.deepEqual(holdOf({ metadata, spec: { stage: 'test' } }, origin), {
      freightName: '',
      origin,
      promotionName: 'test.1',
    })
  })

  it('go when auto-promotion is off, or when their origin is no longer requested', () => {
    const holds = { [web]: durable, 'Warehouse/gone': durable }
    assert.deepEqual(keptHolds(stage, holds, true), { [web]: durable })
    assert.deepEqual(keptHolds(stage, holds, false), {})
    assert.deepEqual(keptHolds(stage, undefined, true), {})
  })

  it('are set and ended by Promotions, whether those succeeded or not, but not by aborted ones', () => {
    for (const phase of ['Succeeded', 'Failed', 'Errored'] as const) {
      const hold = samplePromotion('test.1', 'f1', { phase, hold: db })
      assert.deepEqual(Object.keys(holdsAfter(stage, { [web]: durable }, hold)), [web, db])
      const resume = samplePromotion('test.1', 'f1', { phase, resume: web })
      assert.deepEqual(holdsAfter(stage, { [web]: durable }, resume), {})
    }
    const aborted = samplePromotion('test.1', 'f1', { phase: 'Aborted', hold: db, resume: web })
    assert.deepEqual(holdsAfter(stage, { [web]: durable }, aborted), { [web]: durable })
    const foreign = samplePromotion('test.1', 'f1', { hold: 'Warehouse/gone' })
    assert.deepEqual(holdsAfter(stage, {}, foreign), {})
  })

  it('taking one Promotion into account leaves the holds before it alone', () => {
    const before = { [web]: durable }
    holdsAfter(stage, before, samplePromotion('test.1', 'f1', { resume: web }))
    assert.deepEqual(before, { [web]: durable })
  })
})

describe('effective holds', () => {
  const status = { lastPromotion: { name: 'test.5' }, autoPromotionHolds: { [web]: durable } }
  const stage = sampleStage('test', { requests, status })

  it('are the durable ones when nothing is under way', () => {
    assert.deepEqual(effectiveHolds(stage, [], true), { [web]: durable })
  })

  it('are none when auto-promotion is off', () => {
    const promotions = [samplePromotion('test.6', 'f1', { hold: db })]
    assert.deepEqual(effectiveHolds(stage, promotions, false), {})
  })

  it('take in what is queued, runs, or has ended without being noted', () => {
    for (const phase of ['Pending', 'Running', 'Succeeded', 'Failed', 'Errored'] as const) {
      const hold = samplePromotion('test.6', 'f1', { phase, hold: db })
      assert.equal(effectiveHolds(stage, [hold], true)[db]?.freightName, 'f1')
      const resume = samplePromotion('test.6', 'f1', { phase, resume: web })
      assert.deepEqual(effectiveHolds(stage, [resume], true), {})
    }
  })

  it('do not take in what was aborted, was noted before, or is of another Stage', () => {
    const promotions = [
      samplePromotion('test.6', 'f1', { phase: 'Aborted', hold: db }),
      samplePromotion('test.5', 'f1', { hold: db }),
      samplePromotion('uat.6', 'f1', { hold: db, stage: 'uat' }),
    ]
    assert.deepEqual(effectiveHolds(stage, promotions, true), { [web]: durable })
  })

  it('the newest intent counts, in whatever order they come', () => {
    const hold = samplePromotion('test.6', 'f1', { hold: web })
    const resume = samplePromotion('test.7', 'f2', { resume: web })
    const again = samplePromotion('test.8', 'f3', { hold: web })
    assert.deepEqual(effectiveHolds(stage, [resume, hold], true), {})
    assert.deepEqual(effectiveHolds(stage, [hold, resume], true), {})
    assert.equal(effectiveHolds(stage, [again, hold, resume], true)[web]?.freightName, 'f3')
  })

  it('a Stage without any status has those of its queue', () => {
    const bare = sampleStage('test')
    const hold = samplePromotion('test.1', 'f1', { hold: web })
    assert.equal(effectiveHolds(bare, [hold], true)[web]?.freightName, 'f1')
  })
})
