import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, codesOf } from '../../../test/policy/judge.ts'
import {
  at,
  minute,
  noon,
  reference,
  sampleCollection,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'

describe('the gates at the start', () => {
  const promotion = samplePromotion('test.2', 'new', { created: -minute })
  const start = { at: 'start', promotion, promotions: [promotion] } as const

  it('a Promotion without steps, or of other Freight, or none at all, does not start', () => {
    const [blocker] = blockersOf({ ...start, promotion: samplePromotion('p', 'new', { steps: 0 }) })
    assert.equal(blocker?.code, 'NoSteps')
    assert.equal(blocker.gate, 'steps')
    assert.equal(blocker.subject, 'Promotion/p')
    assert.deepEqual(codesOf({ at: 'start', promotion: samplePromotion('p', 'other') }), [
      'NoSteps',
    ])
    assert.deepEqual(codesOf({ at: 'start' }), ['NoSteps'])
  })

  it('a Promotion that has ended does not start again', () => {
    for (const phase of ['Succeeded', 'Failed', 'Errored', 'Aborted'] as const) {
      const ended = samplePromotion('test.2', 'new', { phase })
      const [blocker] = blockersOf({ ...start, promotion: ended, promotions: [ended] })
      assert.equal(blocker?.code, 'Finished')
      assert.equal(blocker.gate, 'steps')
      assert.equal(blocker.subject, 'Promotion/test.2')
    }
  })

  it('it waits for the one that runs, and for older ones in the queue', () => {
    const running = samplePromotion('test.3', 'x', { phase: 'Running', started: -2 * minute })
    const [blocker] = blockersOf({ ...start, promotions: [promotion, running] })
    assert.equal(blocker?.code, 'WaitingForTurn')
    assert.equal(blocker.gate, 'turn')
    assert.equal(blocker.subject, 'Promotion/test.3')
    assert.equal(blocker.since, noon - 2 * minute)
    const older = samplePromotion('test.1', 'x', { phase: 'Pending', created: -3 * minute })
    const [waiting] = blockersOf({ ...start, promotions: [promotion, older] })
    assert.equal(waiting?.code, 'WaitingForTurn')
    assert.equal(waiting.subject, 'Promotion/test.1')
    assert.equal(waiting.since, noon - 3 * minute)
    const others = [
      promotion,
      samplePromotion('test.1', 'x', { phase: 'Failed' }),
      samplePromotion('test.3', 'x'),
      samplePromotion('a.1', 'x', { stage: 'a', phase: 'Running' }),
    ]
    assert.deepEqual(codesOf({ ...start, promotions: others }), [])
    assert.deepEqual(codesOf({ promotions: [running] }), [])
  })

  it('it waits for the verification of what is there', () => {
    const status = {
      lastPromotion: { name: 'test.1', finishedAt: at(-minute) },
      freightHistory: [sampleCollection([reference('old')])],
      health: { status: 'Healthy' as const },
    }
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...start, stage })
    assert.equal(blocker?.code, 'VerificationRunning')
    assert.equal(blocker.gate, 'verification')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - minute)
    assert.deepEqual(codesOf({ stage }), [])
  })

  it('it is judged again by every other gate, but not as a duplicate of itself', () => {
    const stage = sampleStage('test', { verification: true })
    assert.deepEqual(codesOf({ ...start, stage }), ['NotSupported'])
    assert.deepEqual(codesOf({ ...start, trigger: 'auto' }), [])
    const holds = { 'Warehouse/web': { freightName: 'old' } }
    assert.deepEqual(codesOf({ ...start, trigger: 'auto', holds }), ['HeldBack'])
  })
})
