import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  at,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleStage,
} from '../../../test/policy/samples.ts'
import type { VerificationInfo } from '../kinds/freight-collection.ts'
import type { Stage, StageStatus } from '../kinds/stage.ts'
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
const succeeded = {
  name: 'test.1',
  status: { phase: 'Succeeded' as const, startedAt: at(0) },
}

function info(phase: VerificationInfo['phase'], id = 'v1'): VerificationInfo {
  return { id, phase }
}

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
