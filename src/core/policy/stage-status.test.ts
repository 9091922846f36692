import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { at, reference, sampleCollection, sampleStage } from '../../../test/policy/samples.ts'
import type { Stage, StageStatus } from '../kinds/stage.ts'
import { isControlFlow } from './origin.ts'
import {
  conditionsAfterSuccess,
  freightSummary,
  setupProblem,
  stageReadiness,
} from './stage-status.ts'

function stageWith(status: StageStatus): Stage {
  return sampleStage('test', { status })
}

const succeeded = {
  name: 'test.1',
  status: { phase: 'Succeeded' as const, startedAt: at(0) },
}

describe('Ready', () => {
  const condition = (
    type: string,
    status: 'True' | 'False' | 'Unknown',
    reason = type,
  ): object => ({
    type,
    status,
    reason,
    message: `about ${type}`,
    lastTransitionTime: at(0),
  })

  function readiness(status: object, error?: string): unknown[] {
    const { ready, reconciling, observed } = stageReadiness(stageWith(status), error)
    assert.equal(ready.type, 'Ready')
    return [ready.status, ready.reason, ready.message, reconciling?.reason, observed]
  }

  const healthy = condition('Healthy', 'True')
  const verified = condition('Verified', 'True')

  it('is false after an error, which will be tried again', () => {
    const conditions = [healthy, verified]
    assert.deepEqual(readiness({ conditions }, 'no'), [
      'False',
      'ReconcileError',
      'no',
      'RetryAfterError',
      false,
    ])
    const { reconciling } = stageReadiness(stageWith({}), 'no')
    assert.equal(reconciling?.type, 'Reconciling')
    assert.equal(reconciling.status, 'True')
  })

  it('is false while a Promotion is under way', () => {
    const conditions = [condition('Promoting', 'True', 'ActivePromotion'), healthy, verified]
    assert.deepEqual(readiness({ conditions }), [
      'False',
      'ActivePromotion',
      'about Promoting',
      undefined,
      false,
    ])
  })

  it('is false after a Promotion that did not succeed, with its message', () => {
    const lastPromotion = {
      name: 'test.1',
      status: { phase: 'Failed', message: 'step 2 failed', startedAt: at(0) },
    }
    assert.deepEqual(readiness({ lastPromotion, conditions: [healthy, verified] }), [
      'False',
      'LastPromotionFailed',
      'step 2 failed',
      undefined,
      false,
    ])
    const gantry = { lastStarted: { name: 'test.0', phase: 'Failed', message: 'step 3 failed' } }
    const aborted = { name: 'test.1', status: { phase: 'Aborted' } }
    assert.equal(readiness({ lastPromotion: aborted, gantry })[2], 'step 3 failed')
  })

  it('is not changed by a Promotion that never started', () => {
    const gantry = { lastStarted: { name: 'test.0', phase: 'Succeeded' } }
    const lastPromotion = { name: 'test.1', status: { phase: 'Aborted' } }
    const conditions = [healthy, verified]
    assert.equal(readiness({ lastPromotion, gantry, conditions })[0], 'True')
  })

  it('is false unless healthy, then unless verified', () => {
    assert.deepEqual(readiness({ conditions: [condition('Healthy', 'False', 'Sick'), verified] }), [
      'False',
      'Sick',
      'about Healthy',
      undefined,
      false,
    ])
    assert.deepEqual(readiness({ conditions: [verified] }), [
      'False',
      'Unhealthy',
      '',
      undefined,
      false,
    ])
    const unknown = condition('Verified', 'Unknown', 'Waiting')
    assert.deepEqual(readiness({ conditions: [healthy, unknown] }), [
      'False',
      'Waiting',
      'about Verified',
      undefined,
      false,
    ])
    const nothing = readiness({ conditions: [healthy] })
    assert.deepEqual(nothing, ['False', 'PendingVerification', '', undefined, false])
    assert.equal(readiness({ conditions: [condition('Healthy', 'False', '')] })[1], 'Unhealthy')
  })

  it('is true when all is well, as Verified says it', () => {
    assert.deepEqual(readiness({ conditions: [healthy, verified], lastPromotion: succeeded }), [
      'True',
      'Verified',
      'about Verified',
      undefined,
      true,
    ])
  })

  it('right after a success health and verification are open', () => {
    assert.deepEqual(
      conditionsAfterSuccess.map(({ type, status, reason }) => [type, status, reason]),
      [
        ['Healthy', 'Unknown', 'WaitingForHealthCheck'],
        ['Verified', 'Unknown', 'WaitingForVerification'],
      ],
    )
  })
})

describe('the summary of the current Freight', () => {
  const summary = (requests: number, references: string[], controlFlow = false): string =>
    freightSummary(
      sampleStage('test', {
        controlFlow,
        requests: Array.from({ length: requests }, (_, index) => ({ warehouse: `w${index}` })),
        status: {
          freightHistory: [
            sampleCollection(references.map((name, index) => reference(name, `w${index}`))),
          ],
        },
      }),
    )

  it('is the name of the only one, else how many there are', () => {
    assert.equal(summary(1, ['f1']), 'f1')
    assert.equal(summary(1, []), '0/1 Fulfilled')
    assert.equal(summary(2, ['f1']), '1/2 Fulfilled')
    assert.equal(summary(2, ['f1', 'f2']), '2/2 Fulfilled')
    assert.equal(summary(1, ['f1', 'f2']), '2/1 Fulfilled')
    assert.equal(freightSummary(sampleStage('test')), '0/1 Fulfilled')
  })

  it('of a control-flow Stage is not applicable', () => {
    assert.equal(summary(1, ['f1'], true), 'N/A')
    assert.equal(isControlFlow(sampleStage('x', { controlFlow: true })), true)
    assert.equal(isControlFlow(sampleStage('x')), false)
  })
})

describe('what is wrong with a Stage as it is written', () => {
  const ready = (status: 'True' | 'False', reason: string): Stage =>
    stageWith({
      conditions: [{ type: 'Ready', status, reason, message: '', lastTransitionTime: at(0) }],
    })

  it('is the reason for which nothing ever gets into it', () => {
    for (const reason of [
      'WarehouseNotFound',
      'UpstreamNotFound',
      'UpstreamCycle',
      'TaskNotFound',
      'UnknownStep',
      'ReconcileError',
    ])
      assert.equal(setupProblem(ready('False', reason)), reason)
  })

  it('is nothing when it is ready, only waits, or was never looked at', () => {
    assert.equal(setupProblem(ready('True', 'UnknownStep')), undefined)
    assert.equal(setupProblem(ready('False', 'NoFreight')), undefined)
    assert.equal(setupProblem(ready('False', 'ActivePromotion')), undefined)
    assert.equal(setupProblem(stageWith({})), undefined)
  })
})
