// Objects as they are right after they were created: nothing is known of them yet, and nothing trips over that.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, codesOf } from '../../../test/policy/judge.ts'
import {
  autoPolicy,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  samplePromotion,
  sampleRequest,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { candidateFor } from './auto-promotion.ts'
import { recordDecision, replayDecision } from './decision.ts'
import { explainStage } from './explain.ts'
import { collectionFor } from './freight-collection.ts'
import { syncCurrentStage } from './freight-status.ts'
import { planHealth } from './health.ts'
import { effectiveHolds, holdsAfter } from './holds.ts'
import { isAtUpstream } from './match-upstream.ts'
import { mayPromote } from './may-promote.ts'
import { currentReference, isControlFlow } from './origin.ts'
import { hasStarted, isTerminal, orderPromotions } from './promotion-order.ts'
import { nextTurn, replayEnded } from './queue.ts'
import { freightInUse, stagesUsing } from './retention.ts'
import { stageReadiness } from './stage-status.ts'
import { supersededPromotions } from './supersede.ts'
import { isVerificationOver } from './verification-gate.ts'
import { planVerification, verifiedCondition, verifiedFreight } from './verification.ts'

const stage = sampleStage('test')
const empty = sampleStage('test', { status: {} })
const { status: _promotionStatus, ...promotion } = samplePromotion('test.1', 'new')
const { status: _freightStatus, ...freight } = sampleFreight('new')
const context = { now: noon, stages: () => undefined }

describe('a Promotion without a status', () => {
  it('waits, has not started, and counts in every question', () => {
    assert.equal(isTerminal(promotion), false)
    assert.equal(hasStarted(undefined), false)
    assert.equal(hasStarted({}), false)
    assert.equal(hasStarted({ startedAt: '2026-03-01T12:00:00Z' }), true)
    assert.equal(hasStarted({ freightCollection: { id: 'c', items: {} } }), true)
    assert.deepEqual(orderPromotions([promotion]), [promotion])
    assert.deepEqual(nextTurn(stage, [promotion]), { do: 'run', promotion })
    assert.deepEqual(replayEnded(stage, [promotion], true).replayed, [])
    assert.deepEqual(freightInUse([stage], [promotion]), new Set(['new']))
    const second = { ...promotion, metadata: { ...promotion.metadata, name: 'test.2' } }
    const originOf = (): { kind: string; name: string } => freight.origin
    assert.equal(supersededPromotions(stage, [promotion, second], originOf, true).length, 1)
    assert.deepEqual(holdsAfter(stage, {}, promotion), {})
    assert.deepEqual(effectiveHolds(stage, [promotion], true), {})
    assert.equal(blockersOf({ trigger: 'auto', promotions: [promotion] })[0]?.since, noon)
    const start = { at: 'start', promotion: second, promotions: [promotion] } as const
    assert.equal(blockersOf(start)[0]?.since, noon)
    const { steps: _, ...spec } = second.spec
    assert.deepEqual(codesOf({ ...start, promotion: { ...second, spec } })[0], 'NoSteps')
  })

  it('is explained, and a decision about it can be replayed', () => {
    const input = {
      ...context,
      stage: sampleStage('test', { status: { currentPromotion: { name: 'test.9' } } }),
      policy: autoPolicy,
      holds: {},
      promotions: [promotion],
    }
    assert.match(explainStage({ ...input, freight: [] }).sentences.join(), /test\.1/u)
    const { steps: _, ...spec } = promotion.spec
    const other = { ...promotion, spec: { ...spec, freight: 'other' } }
    for (const promotions of [[promotion], [other], []]) {
      const asked = { ...input, promotions, freight, trigger: 'auto', at: 'create' } as const
      const verdict = mayPromote(asked)
      assert.deepEqual(replayDecision(recordDecision(asked, verdict)), verdict)
    }
  })
})

describe('Freight without a status', () => {
  it('is at nothing and can still be judged', () => {
    assert.equal(isAtUpstream(freight, sampleRequest({ stages: ['a'] }), context), false)
    const gate = { now: noon, stages: () => sampleStage('a', { controlFlow: true }) }
    assert.equal(isAtUpstream(freight, sampleRequest({ stages: ['a'] }), gate), false)
    const uat = sampleStage('uat', { requests: [{ stages: ['a'], soak: '1h' }] })
    assert.deepEqual(codesOf({ stage: uat, freight }), ['NotVerifiedUpstream'])
    assert.deepEqual(syncCurrentStage(stage, [freight], noon).changes, [])
  })

  it('verified upstream and nothing more has not stayed there', () => {
    const only = { ...freight, status: { verifiedIn: { a: {} } } }
    const uat = sampleStage('uat', { requests: [{ stages: ['a'], soak: '1h' }] })
    assert.deepEqual(codesOf({ stage: uat, freight: only }), ['SoakInterrupted'])
  })
})

describe('a Stage without a status, or with an empty one', () => {
  it('is at nothing, waits for nothing and is ready for nothing', () => {
    for (const bare of [stage, empty]) {
      assert.equal(currentReference(bare, freight.origin), undefined)
      assert.equal(planHealth(bare).do, 'set')
      assert.deepEqual(planVerification(bare, { now: noon, id: '1' }), { do: 'nothing' })
      assert.equal(verifiedCondition(bare)?.reason, 'NoFreight')
      assert.deepEqual(verifiedFreight(bare, noon), [])
      assert.equal(stageReadiness(bare).ready.reason, 'Unhealthy')
      assert.deepEqual(stagesUsing('new', [bare]), [])
      assert.deepEqual(freightInUse([bare], []), new Set())
      assert.deepEqual(syncCurrentStage(bare, [freight], noon), { changes: [], missing: [] })
      assert.deepEqual(Object.keys(collectionFor(bare, reference('new')).items ?? {}), [
        'Warehouse/web',
      ])
      assert.deepEqual(effectiveHolds(bare, [], true), {})
      assert.deepEqual(
        supersededPromotions(bare, [promotion], () => undefined, true),
        [],
      )
    }
  })

  it('with a history of nothing is at nothing', () => {
    const bare = { id: 'x' }
    const lastPromotion = { name: 'test.0' }
    const status = { freightHistory: [bare], lastPromotion, health: { status: 'Healthy' as const } }
    const odd = sampleStage('test', { status })
    assert.equal(currentReference(odd, freight.origin), undefined)
    assert.deepEqual(stagesUsing('new', [odd]), [])
    assert.deepEqual(freightInUse([odd], []), new Set())
    assert.deepEqual(Object.keys(collectionFor(odd, reference('new')).items ?? {}), [
      'Warehouse/web',
    ])
    assert.deepEqual(verifiedFreight(odd, noon), [])
    assert.equal(verifiedCondition(odd), undefined)
    assert.deepEqual(codesOf({ stage: odd, trigger: 'auto' }), [])
    const none = sampleStage('test', { status: { freightHistory: [] } })
    assert.deepEqual(stagesUsing('new', [none]), [])
    assert.deepEqual(freightInUse([none], []), new Set())
    assert.equal(isVerificationOver({}), false)
    const held = sampleStage('test', {
      status: { freightHistory: [sampleCollection([reference('new')])] },
    })
    assert.deepEqual(codesOf({ stage: held, trigger: 'auto' }), ['AlreadyCurrent'])
  })

  it('with a template of nothing is a control-flow Stage', () => {
    const spec = { requestedFreight: [sampleRequest()] }
    assert.equal(isControlFlow({ metadata: { name: 'a' }, spec }), true)
    assert.equal(
      isControlFlow({ metadata: { name: 'a' }, spec: { ...spec, promotionTemplate: {} } }),
      true,
    )
    const steps = { ...spec, promotionTemplate: { spec: {} } }
    assert.equal(isControlFlow({ metadata: { name: 'a' }, spec: steps }), true)
  })

  it('that requests nothing from anywhere has no candidate', () => {
    const request = { origin: freight.origin, sources: {} }
    assert.equal(candidateFor(stage, request, [freight], context)?.metadata.name, 'new')
    const match = {
      ...request,
      sources: { autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } },
    }
    assert.equal(candidateFor(stage, match, [freight], context), undefined)
  })
})
