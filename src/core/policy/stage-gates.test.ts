import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, codesOf } from '../../../test/policy/judge.ts'
import { autoPolicy, sampleFreight, sampleStage } from '../../../test/policy/samples.ts'

describe('the gates of Stage and Freight', () => {
  it('Freight of another Project stays out', () => {
    const freight = sampleFreight('new', { namespace: 'other' })
    const [blocker, ...rest] = blockersOf({ freight })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'OtherProject')
    assert.equal(blocker.gate, 'project')
    assert.equal(blocker.subject, 'Freight/new')
  })

  it('nothing enters a Stage that is being deleted', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { deleting: true }) })
    assert.equal(blocker?.code, 'StageDeleting')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('Freight that is being deleted enters nothing', () => {
    const [blocker] = blockersOf({ freight: sampleFreight('new', { deleting: true }) })
    assert.equal(blocker?.code, 'FreightDeleting')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Freight/new')
  })

  it('nothing is promoted into a control-flow Stage', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { controlFlow: true }) })
    assert.equal(blocker?.code, 'ControlFlowStage')
    assert.equal(blocker.gate, 'stage')
    assert.equal(blocker.subject, 'Stage/test')
    const empty = sampleStage('test')
    empty.spec.promotionTemplate = { spec: { steps: [] } }
    assert.deepEqual(codesOf({ stage: empty }), ['ControlFlowStage'])
  })

  it('everything that is wrong is named at once', () => {
    const stage = sampleStage('test', { deleting: true, controlFlow: true, verification: true })
    const freight = sampleFreight('new', { warehouse: 'other', namespace: 'other' })
    assert.deepEqual(codesOf({ stage, freight }), [
      'OtherProject',
      'StageDeleting',
      'ControlFlowStage',
      'NotSupported',
      'NotRequested',
    ])
  })
})

describe('a gate that is parsed but does not work yet blocks', () => {
  it('targets', () => {
    const [blocker] = blockersOf({ stage: sampleStage('test', { targets: true }) })
    assert.equal(blocker?.code, 'NotSupported')
    assert.equal(blocker.gate, 'support')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('verification, until it is supported', () => {
    const stage = sampleStage('test', { verification: true })
    const [blocker] = blockersOf({ stage })
    assert.equal(blocker?.code, 'NotSupported')
    assert.equal(blocker.gate, 'support')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage, supports: {} }), ['NotSupported'])
    assert.deepEqual(codesOf({ stage, supports: { verification: false } }), ['NotSupported'])
    assert.deepEqual(codesOf({ stage, supports: { verification: true } }), [])
  })

  it('promotion windows, each by name', () => {
    const blockers = blockersOf({ policy: { ...autoPolicy, windows: ['night', 'weekend'] } })
    assert.deepEqual(
      blockers.map(({ code, gate, subject }) => [code, gate, subject]),
      [
        ['NotSupported', 'support', 'PromotionWindow/night'],
        ['NotSupported', 'support', 'PromotionWindow/weekend'],
      ],
    )
  })
})
