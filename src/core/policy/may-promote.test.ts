import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, proofOf } from '../../../test/policy/judge.ts'
import {
  reference,
  sampleCollection,
  sampleInput,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { mayPromote } from './may-promote.ts'
import { describeBlockers, requiredGates, startOutcome } from './verdict.ts'

const auto = { trigger: 'auto' } as const

describe('what is in order is allowed, with a proof for each gate', () => {
  it('by hand', () => {
    const verdict = mayPromote(sampleInput())
    assert.equal(verdict.allowed, true)
    assert.deepEqual(
      verdict.evidence.map(({ gate }) => gate),
      requiredGates('manual', 'create'),
    )
  })

  it('automatically', () => {
    const verdict = mayPromote(sampleInput(auto))
    assert.equal(verdict.allowed, true)
    assert.deepEqual(
      verdict.evidence.map(({ gate }) => gate),
      requiredGates('auto', 'create'),
    )
  })

  it('at its start', () => {
    const promotion = samplePromotion('test.2', 'new')
    for (const trigger of ['manual', 'auto'] as const) {
      const verdict = mayPromote(sampleInput({ at: 'start', trigger, promotion }))
      assert.equal(verdict.allowed, true)
      assert.deepEqual(
        verdict.evidence.map(({ gate }) => gate),
        requiredGates(trigger, 'start'),
      )
    }
  })

  it('the proof says what proved it', () => {
    assert.deepEqual(proofOf({}, 'project'), ['same', { project: 'demo' }])
    assert.deepEqual(proofOf({}, 'stage'), ['steps', { stage: 'test', generation: 0 }])
    assert.deepEqual(proofOf({}, 'support'), ['nothing-unsupported', undefined])
    assert.deepEqual(proofOf({}, 'origin'), ['requested', { origin: 'Warehouse/web' }])
    assert.deepEqual(proofOf({}, 'sources'), ['direct', {}])
    assert.deepEqual(proofOf(auto, 'policy'), ['enabled', undefined])
    assert.deepEqual(proofOf(auto, 'hold'), ['none', undefined])
    assert.deepEqual(proofOf(auto, 'upstream'), ['newest', undefined])
    assert.deepEqual(proofOf(auto, 'current'), ['empty', undefined])
    assert.deepEqual(proofOf(auto, 'history'), ['untried', undefined])
    assert.deepEqual(proofOf(auto, 'duplicate'), ['none', undefined])
    const start = {
      at: 'start',
      promotion: samplePromotion('test.2', 'new', { steps: 3 }),
    } as const
    assert.deepEqual(proofOf(start, 'steps'), ['steps', { promotion: 'test.2', steps: 3 }])
    assert.deepEqual(proofOf(start, 'turn'), ['first', undefined])
    assert.deepEqual(proofOf(start, 'verification'), ['nothing-to-verify', undefined])
    const generation = { ...sampleStage('test') }
    generation.metadata = { ...generation.metadata, generation: 7 }
    assert.deepEqual(proofOf({ stage: generation }, 'stage'), [
      'steps',
      { stage: 'test', generation: 7 },
    ])
  })
})

describe('what becomes of a Promotion at its start', () => {
  const promotion = samplePromotion('test.2', 'new')
  const start = { at: 'start', promotion } as const
  const older = samplePromotion('test.1', 'x')

  it('allowed: start it', () => {
    assert.equal(startOutcome(mayPromote(sampleInput(start))), 'start')
  })

  it('blocked by nothing but its turn or a verification: let it wait', () => {
    const status = {
      lastPromotion: { name: 'test.0' },
      freightHistory: [sampleCollection([reference('old')])],
    }
    const turn = mayPromote(sampleInput({ ...start, promotions: [older] }))
    assert.equal(startOutcome(turn), 'wait')
    const stage = sampleStage('test', { status })
    assert.equal(startOutcome(mayPromote(sampleInput({ ...start, stage }))), 'wait')
  })

  it('blocked by anything else: refuse it', () => {
    const stage = sampleStage('test', { targets: true })
    const verdict = mayPromote(sampleInput({ ...start, stage, promotions: [older] }))
    assert.equal(startOutcome(verdict), 'refuse')
  })

  it('the sentences of all blockers make one message', () => {
    const blockers = blockersOf({ stage: sampleStage('test', { targets: true, deleting: true }) })
    const [first, second] = blockers
    assert.equal(describeBlockers(blockers), `${first?.message}; ${second?.message}`)
  })
})
