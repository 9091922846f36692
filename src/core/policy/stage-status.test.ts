import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HealthState, VerificationInfo } from '../kinds/shared.ts'
import type { Stage, StageStatus } from '../kinds/stage.ts'
import { aggregateHealth, healthCondition, planHealth, worseHealth } from './health.ts'
import { isControlFlow } from './origin.ts'
import { lastEffect, withdraw, withdrawalOf } from './promotion-record.ts'
import {
  at,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { conditionsAfterSuccess, freightSummary, stageReadiness } from './stage-status.ts'
import { verificationWait } from './verification-gate.ts'
import {
  planVerification,
  recordVerification,
  verifiedCondition,
  verifiedFreight,
} from './verification.ts'

function stageWith(status: StageStatus, verification = false): Stage {
  return sampleStage('test', { status, verification })
}

const collection = sampleCollection([reference('f1')])
const check = { uses: 'check', config: { a: 1 } }
const succeeded = {
  name: 'test.1',
  status: { phase: 'Succeeded' as const, startedAt: at(0), healthChecks: [check] },
}

function info(phase: VerificationInfo['phase'], id = 'v1'): VerificationInfo {
  return { id, phase }
}

describe('health', () => {
  it('is unknown while a Promotion is under way', () => {
    const plan = planHealth(
      stageWith({ currentPromotion: { name: 'test.2' }, lastPromotion: succeeded }),
    )
    assert.equal(plan.do, 'set')
    assert.equal(plan.health?.status, 'Unknown')
    assert.equal(plan.health.issues?.length, 1)
    assert.equal(plan.condition.type, 'Healthy')
    assert.equal(plan.condition.status, 'Unknown')
    assert.equal(plan.condition.reason, 'ActivePromotion')
  })

  it('is nothing before the first Promotion', () => {
    const plan = planHealth(stageWith({}))
    assert.equal(plan.do, 'set')
    assert.equal(plan.health, undefined)
    assert.equal(plan.condition.type, 'Healthy')
    assert.equal(plan.condition.status, 'Unknown')
    assert.equal(plan.condition.reason, 'NoFreight')
  })

  it('is unknown after a Promotion that did not succeed', () => {
    for (const phase of ['Failed', 'Errored', 'Aborted'] as const) {
      const plan = planHealth(
        stageWith({ lastPromotion: { name: 'test.1', status: { phase, startedAt: at(0) } } }),
      )
      assert.equal(plan.do, 'set')
      assert.equal(plan.health?.status, 'Unknown')
      assert.equal(plan.condition.reason, `LastPromotion${phase}`)
    }
  })

  it('is told by the checks of the last success, also when one that never started came after', () => {
    const plan = planHealth(stageWith({ lastPromotion: succeeded }))
    assert.deepEqual(plan, { do: 'check', checks: [check] })
    const gantry = { lastStarted: { name: 'test.1', phase: 'Succeeded', healthChecks: [check] } }
    const aborted = { name: 'test.2', status: { phase: 'Aborted' as const } }
    assert.deepEqual(planHealth(stageWith({ lastPromotion: aborted, gantry })), {
      do: 'check',
      checks: [check],
    })
  })

  it('of several checks is the worst, with all issues and outputs', () => {
    assert.deepEqual(aggregateHealth([]), { status: 'Healthy' })
    assert.deepEqual(
      aggregateHealth([
        { status: 'Progressing', issues: ['a'], output: 1 },
        { status: 'Healthy' },
        { status: 'Unknown', issues: ['b', 'c'], output: null },
      ]),
      { status: 'Unknown', issues: ['a', 'b', 'c'], output: [1, null] },
    )
  })

  it('gets worse in one order', () => {
    const states: readonly HealthState[] = [
      'Healthy',
      'NotApplicable',
      'Progressing',
      'Unknown',
      'Unhealthy',
    ]
    for (const [i, a] of states.entries())
      for (const [j, b] of states.entries()) assert.equal(worseHealth(a, b), states[Math.max(i, j)])
  })

  it('makes a condition', () => {
    const conditionOf = (status: HealthState): unknown[] => {
      const condition = healthCondition({ status })
      return [condition.type, condition.status, condition.reason]
    }
    assert.deepEqual(conditionOf('Healthy'), ['Healthy', 'True', 'Healthy'])
    assert.deepEqual(conditionOf('Unhealthy'), ['Healthy', 'False', 'Unhealthy'])
    for (const status of ['Unknown', 'Progressing', 'NotApplicable'] as const)
      assert.deepEqual(conditionOf(status), ['Healthy', 'Unknown', status])
    assert.equal(healthCondition({ status: 'Unhealthy', issues: ['a', 'b'] }).message, 'a; b')
    assert.match(healthCondition({ status: 'Healthy' }).message, /Healthy/u)
  })
})

describe('the next Promotion waits for verification', () => {
  const base = { lastPromotion: { ...succeeded, finishedAt: at(0) }, freightHistory: [collection] }

  function waits(status: StageStatus, verification = false, supported = false): boolean {
    return (
      verificationWait(stageWith(status, verification), { verification: supported }) !== undefined
    )
  }

  it('while the Stage is healthy, or about to be looked at, and unverified', () => {
    assert.equal(waits(base), true)
    assert.equal(waits({ ...base, health: { status: 'Healthy' } }), true)
    assert.deepEqual(verificationWait(stageWith(base), undefined), { since: noon })
  })

  it('not while it is anything but healthy: the next one may bring the cure', () => {
    for (const status of ['Unhealthy', 'Progressing', 'Unknown', 'NotApplicable'] as const)
      assert.equal(waits({ ...base, health: { status } }), false)
  })

  it('while a verification runs, however healthy the Stage is', () => {
    const running = { ...info('Running'), startTime: at(-minute) }
    const freightHistory = [{ ...collection, verificationHistory: [running] }]
    const status = { ...base, freightHistory, health: { status: 'Unhealthy' as const } }
    assert.deepEqual(verificationWait(stageWith(status), undefined), { since: noon - minute })
    for (const phase of ['Pending', undefined] as const)
      assert.equal(
        waits({
          ...status,
          freightHistory: [{ ...collection, verificationHistory: [info(phase)] }],
        }),
        true,
      )
    const reverified = [{ ...collection, verificationHistory: [info('Failed'), running] }]
    assert.equal(waits({ ...base, freightHistory: reverified }), true)
  })

  it('not once a verification has ended, in whatever way', () => {
    for (const phase of ['Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive'] as const) {
      const freightHistory = [{ ...collection, verificationHistory: [info(phase)] }]
      assert.equal(waits({ ...base, freightHistory, health: { status: 'Healthy' } }), false)
    }
  })

  it('not in a Stage that is at nothing, or whose last Promotion is not known', () => {
    assert.equal(waits({}), false)
    assert.equal(waits({ lastPromotion: base.lastPromotion }), false)
    assert.equal(waits({ freightHistory: base.freightHistory }), false)
    assert.equal(waits({ ...base, freightHistory: [] }), false)
  })

  it('not for a verification that cannot be run: another gate answers there', () => {
    assert.equal(waits(base, true), false)
    assert.equal(verificationWait(stageWith(base, true), undefined), undefined)
    assert.equal(waits(base, true, true), true)
  })
})

describe('verification', () => {
  const healthy = {
    lastPromotion: succeeded,
    freightHistory: [collection],
    health: { status: 'Healthy' as const },
  }
  const facts = { now: noon, id: 'new' }

  it('without any asked for, what is healthy is verified at once', () => {
    assert.deepEqual(planVerification(stageWith(healthy), facts), {
      do: 'pass',
      verification: { id: 'new', startTime: at(0), phase: 'Successful', finishTime: at(0) },
    })
  })

  it('nothing is done at nothing, during a Promotion, or while not healthy', () => {
    for (const status of [
      {},
      { ...healthy, freightHistory: [] },
      { ...healthy, currentPromotion: { name: 'test.2' } },
      { ...healthy, health: { status: 'Progressing' as const } },
      { lastPromotion: succeeded, freightHistory: [collection] },
    ])
      assert.deepEqual(planVerification(stageWith(status), facts), { do: 'nothing' })
    assert.deepEqual(planVerification(sampleStage('test'), facts), { do: 'nothing' })
  })

  it('one that is asked for is started, or blocks while it is not supported', () => {
    const stage = stageWith(healthy, true)
    assert.deepEqual(planVerification(stage, { ...facts, supports: { verification: true } }), {
      do: 'start',
    })
    for (const supports of [undefined, {}, { verification: false }]) {
      const plan = planVerification(stage, { ...facts, supports })
      assert.equal(plan.do, 'block')
      assert.equal(plan.condition.type, 'Verified')
      assert.equal(plan.condition.status, 'False')
      assert.equal(plan.condition.reason, 'NotSupported')
    }
  })

  it('one that runs is followed, and one that has ended is left alone', () => {
    const running = info('Running')
    const withHistory = (...history: VerificationInfo[]): Stage =>
      stageWith({ ...healthy, freightHistory: [{ ...collection, verificationHistory: history }] })
    assert.deepEqual(planVerification(withHistory(running), facts), {
      do: 'follow',
      verification: running,
    })
    assert.deepEqual(planVerification(withHistory(info('Failed')), facts), { do: 'nothing' })
    const reverify = { id: 'v1', actor: 'admin' }
    const again = planVerification(withHistory(info('Failed')), { ...facts, reverify })
    assert.equal(again.do, 'pass')
    assert.equal(again.verification.actor, 'admin')
    const anonymous = planVerification(withHistory(info('Failed')), {
      ...facts,
      reverify: { id: 'v1' },
    })
    assert.equal(anonymous.do === 'pass' && 'actor' in anonymous.verification, false)
    const stale = planVerification(withHistory(info('Failed')), {
      ...facts,
      reverify: { id: 'v0' },
    })
    assert.deepEqual(stale, { do: 'nothing' })
    const first = planVerification(withHistory(), { ...facts, reverify })
    assert.equal(first.do === 'pass' && 'actor' in first.verification, false)
  })

  it('its record replaces the one with the same id, else comes on top, ten at most', () => {
    const one = recordVerification(collection, info('Running', 'a'))
    assert.deepEqual(one.verificationHistory, [info('Running', 'a')])
    const two = recordVerification(one, info('Running', 'b'))
    assert.deepEqual(
      two.verificationHistory?.map(({ id }) => id),
      ['b', 'a'],
    )
    const replaced = recordVerification(two, info('Failed', 'a'))
    assert.deepEqual(replaced.verificationHistory, [info('Running', 'b'), info('Failed', 'a')])
    let many = collection
    for (let index = 0; index < 12; index += 1)
      many = recordVerification(many, info('Failed', String(index)))
    assert.equal(many.verificationHistory?.length, 10)
    assert.equal(many.verificationHistory[0]?.id, '11')
  })

  it('all Freight of the collection counts as verified, from when the verification ended', () => {
    const two = sampleCollection([reference('f1'), reference('d1', 'db')])
    const passed = { ...info('Successful'), finishTime: at(-minute) }
    const withHistory = (...history: VerificationInfo[]): Stage =>
      stageWith({ ...healthy, freightHistory: [{ ...two, verificationHistory: history }] })
    const expected = ['d1', 'f1'].map((name) => ({ name, at: noon - minute }))
    assert.deepEqual(verifiedFreight(withHistory(passed), noon), expected)
    assert.deepEqual(verifiedFreight(withHistory(passed, info('Failed')), noon), expected)
    assert.equal(verifiedFreight(withHistory(info('Successful')), noon)[0]?.at, noon)
    assert.deepEqual(verifiedFreight(withHistory(info('Failed'), passed), noon), [])
    assert.deepEqual(verifiedFreight(withHistory(passed, info('Running')), noon), [])
    assert.deepEqual(verifiedFreight(withHistory(), noon), [])
    assert.deepEqual(verifiedFreight(sampleStage('test'), noon), [])
    const sick = withHistory(passed)
    sick.status = { ...sick.status, health: { status: 'Unhealthy' } }
    assert.deepEqual(verifiedFreight(sick, noon), [])
    sick.status = { ...sick.status, health: undefined }
    assert.deepEqual(verifiedFreight(sick, noon), [])
  })

  it('makes a condition', () => {
    const conditionOf = (...history: VerificationInfo[]): unknown => {
      const found = verifiedCondition(
        stageWith({ freightHistory: [{ ...collection, verificationHistory: history }] }),
      )
      return found && [found.type, found.status, found.reason, found.message]
    }
    const none = verifiedCondition(sampleStage('test'))
    assert.deepEqual([none?.type, none?.status, none?.reason], ['Verified', 'Unknown', 'NoFreight'])
    assert.equal(conditionOf(), undefined)
    assert.equal(verifiedCondition(stageWith({ freightHistory: [collection] })), undefined)
    const message = 'too many errors'
    for (const phase of ['Failed', 'Error', 'Aborted'] as const)
      assert.deepEqual(conditionOf({ ...info(phase), message }), [
        'Verified',
        'False',
        `Verification${phase}`,
        message,
      ])
    for (const phase of ['Pending', 'Running', 'Inconclusive'] as const)
      assert.deepEqual(conditionOf(info(phase)), [
        'Verified',
        'Unknown',
        `Verification${phase}`,
        '',
      ])
    assert.deepEqual(conditionOf(info(undefined)), [
      'Verified',
      'Unknown',
      'VerificationPending',
      '',
    ])
    const passed = verifiedCondition(
      stageWith({
        freightHistory: [
          { ...collection, verificationHistory: [info('Failed'), info('Successful')] },
        ],
      }),
    )
    assert.deepEqual(
      [passed?.type, passed?.status, passed?.reason],
      ['Verified', 'True', 'Verified'],
    )
  })
})

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

describe('what Gantry notes in statuses', () => {
  it('a withdrawn Promotion is aborted, and says that it was withdrawn', () => {
    const status = withdraw('Superseded', 'newer ones took its place', at(0))
    assert.equal(status.phase, 'Aborted')
    assert.equal(status.finishedAt, at(0))
    assert.deepEqual(withdrawalOf(status), {
      code: 'Superseded',
      message: 'newer ones took its place',
    })
  })

  it('anything else under the key is not that', () => {
    for (const gantry of [
      undefined,
      null,
      1,
      [],
      {},
      { withdrawn: 1 },
      { withdrawn: { code: 1, message: 'm' } },
      { withdrawn: { code: 'c', message: 1 } },
    ])
      assert.equal(withdrawalOf({ gantry }), undefined)
    assert.equal(withdrawalOf(undefined), undefined)
    for (const lastStarted of [1, {}, { name: 'a' }, { phase: 'b' }, { name: 1, phase: 'b' }])
      assert.equal(lastEffect({ gantry: { lastStarted } }), undefined)
    assert.equal(lastEffect(undefined), undefined)
  })

  it('health checks that cannot be read are left out', () => {
    const healthChecks = [1, {}, { uses: 1 }, { uses: 'a' }, { uses: 'b', config: 1 }, check]
    const effect = lastEffect({ lastPromotion: { name: 'p', status: { healthChecks } } })
    assert.deepEqual(effect, {
      name: 'p',
      phase: '',
      message: '',
      healthChecks: [{ uses: 'a', config: {} }, { uses: 'b', config: {} }, check],
    })
    assert.deepEqual(lastEffect({ lastPromotion: { name: 'p' } })?.healthChecks, [])
  })
})
