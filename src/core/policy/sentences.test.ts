// Sentences may be reworded at any time; what they have to name may not be lost.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf } from '../../../test/policy/judge.ts'
import {
  at,
  hour,
  minute,
  reference,
  sampleCollection,
  sampleFreight,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'
import type { RequestOptions } from '../../../test/policy/samples.ts'
import { planHealth } from './health.ts'
import type { GateInput } from './may-promote.ts'
import { freightTitle } from './origin.ts'
import { stagePolicy } from './stage-policy.ts'
import { conditionsAfterSuccess, stageReadiness } from './stage-status.ts'
import { planVerification, verifiedCondition } from './verification.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const auto = { trigger: 'auto' } as const

function names(overrides: Partial<GateInput>, ...facts: readonly string[]): string {
  const message = blockersOf(overrides)[0]?.message ?? ''
  for (const fact of facts) assert.ok(message.includes(fact), `${message} | ${fact}`)
  for (const noise of ['undefined', 'NaN', '  ', ' ,', '()'])
    assert.ok(!message.includes(noise), message)
  return message
}

describe('Freight is called', () => {
  it('by its alias and the head of its name, or by the name alone', () => {
    assert.equal(
      freightTitle(sampleFreight(sha, { alias: 'brave-lynx' })),
      'freight brave-lynx (0123456)',
    )
    assert.equal(freightTitle(sampleFreight(sha)), 'freight 0123456')
    assert.equal(freightTitle(sampleFreight(sha, { alias: '' })), 'freight 0123456')
    for (const name of ['f1', `${sha}0`, `z${sha}`, sha.toUpperCase()])
      assert.equal(freightTitle(sampleFreight(name)), `freight ${name}`)
  })
})

describe('a blocker of the sources names', () => {
  const uat = (request: RequestOptions): { stage: GateInput['stage'] } => ({
    stage: sampleStage('uat', { requests: [request] }),
  })

  it('the end of the soak in whole seconds, rounded up', () => {
    const freight = sampleFreight('new', { verified: { test: 0 }, current: { test: -minute } })
    names(
      { ...uat({ stages: ['test'], soak: '1h' }), freight },
      'test',
      '1h',
      '2026-03-01T12:59:00Z',
      'uat',
    )
    names({ ...uat({ stages: ['test'], soak: '1h0.5s' }), freight }, '2026-03-01T12:59:01Z')
  })

  it('how long it stayed, of how long it has to', () => {
    const freight = sampleFreight('new', { verified: { test: 0 }, soaked: { test: '20m' } })
    names({ ...uat({ stages: ['test'], soak: '1h' }), freight }, 'test', '20m0s', '1h', 'uat')
  })

  it('the soak time that cannot be read', () => {
    names(uat({ stages: ['test'], soak: 'soon' }), '"soon"', 'uat')
  })

  it('whether other upstream Stages count', () => {
    const alone = names(uat({ stages: ['a'] }), 'stage a')
    const oneOf = names(uat({ stages: ['a', 'b'] }), 'stage a')
    const all = names(uat({ stages: ['a', 'b'], strategy: 'All' }), 'stage a')
    assert.equal(names(uat({ stages: ['a'], strategy: 'All' })), alone)
    assert.ok(oneOf.length > alone.length && all.length > alone.length && all !== oneOf)
  })

  it('whether it is there', () => {
    const away = names(uat({ stages: ['a'] }))
    const there = sampleFreight('new', { current: { a: 0 } })
    assert.notEqual(names({ ...uat({ stages: ['a'] }), freight: there }), away)
  })
})

describe('a blocker of auto-promotion names', () => {
  it('who holds it back', () => {
    const hold = { freightName: 'old', actor: 'email:ann@example.org' }
    names({ ...auto, holds: { 'Warehouse/web': hold } }, hold.actor, 'old', 'Warehouse/web')
    names({ ...auto, holds: { 'Warehouse/web': { freightName: 'old' } } }, 'someone', 'old')
  })

  it('which Stages it follows', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['a', 'b'], match: true }] })
    const freight = sampleFreight('new', { verified: { a: 0 } })
    names({ ...auto, stage, freight }, 'a, b')
  })

  it('which Promotion failed, and how', () => {
    const promotions = [samplePromotion('test.1', 'new', { phase: 'Errored' })]
    names({ ...auto, promotions }, 'test.1', 'Errored')
  })

  it('which Promotion is under way, and who asked for it, if anybody is known', () => {
    const promotions = [samplePromotion('test.1', 'new', { actor: 'admin' })]
    names({ ...auto, promotions }, 'test.1 (by admin) of')
    names({ ...auto, promotions: [samplePromotion('test.1', 'new')] }, 'test.1 of')
    const status = { currentPromotion: { name: 'test.7', freight: reference('new') } }
    names({ ...auto, stage: sampleStage('test', { status }) }, 'test.7 of')
  })

  it('both Freight when it would go backwards', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const currentFreight = sampleFreight('now', { discovered: 0, alias: 'calm-owl' })
    names({ ...auto, stage: sampleStage('test', { status }), currentFreight }, 'new', 'calm-owl')
    names({ ...auto, stage: sampleStage('test', { status }) }, 'now', 'new')
  })
})

describe('a blocker at the start names', () => {
  const promotion = samplePromotion('test.5', 'new')
  const start = { at: 'start', promotion } as const

  it('the Promotion that has ended, and how', () => {
    names(
      { ...start, promotion: samplePromotion('test.5', 'new', { phase: 'Failed' }) },
      'test.5',
      'Failed',
    )
  })

  it('the Promotion that is first, running or not', () => {
    const runs = names(
      { ...start, promotions: [samplePromotion('test.4', 'x', { phase: 'Running' })] },
      'test.4',
    )
    const waits = names(
      { ...start, promotions: [samplePromotion('test.4', 'x', { phase: 'Pending' })] },
      'test.4',
    )
    assert.notEqual(runs, waits)
    assert.ok(runs.length < waits.length)
  })
})

describe('conditions say something', () => {
  const collection = sampleCollection([reference('f')])
  const lastPromotion = { name: 'test.1', finishedAt: at(-hour) } as const

  it('whatever they are about', () => {
    const failed = { ...lastPromotion, status: { phase: 'Failed', startedAt: at(0) } } as const
    const healthy = {
      freightHistory: [collection],
      lastPromotion,
      health: { status: 'Healthy' as const },
    }
    const verifying = sampleStage('test', { status: healthy, verification: true })
    const plan = planVerification(verifying, { now: 0, id: '1' })
    const passed = { ...collection, verificationHistory: [{ phase: 'Successful' as const }] }
    const plans = [{}, { currentPromotion: { name: 'test.2' } }, { lastPromotion: failed }].map(
      (status) => planHealth(sampleStage('test', { status })),
    )
    const conditions = [
      ...conditionsAfterSuccess,
      stageReadiness(sampleStage('test'), 'no').reconciling,
      plan.do === 'block' ? plan.condition : undefined,
      verifiedCondition(sampleStage('test')),
      verifiedCondition(sampleStage('test', { status: { freightHistory: [passed] } })),
      ...plans.map((each) => (each.do === 'set' ? each.condition : undefined)),
    ]
    for (const condition of conditions) assert.match(condition?.message ?? '', /^[a-z].{10,}[^.]$/u)
  })

  it('a policy that cannot be read is quoted', () => {
    const name = 'rx:uat'
    const promotionPolicies = [{ stageSelector: { name } }]
    const projectConfig = { metadata: { name: 'demo' }, spec: { promotionPolicies } }
    const { problem } = stagePolicy(sampleStage('uat'), { projectConfig })
    assert.ok(problem?.includes(name))
  })
})
