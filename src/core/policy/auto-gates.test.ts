import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, codesOf, proofOf } from '../../../test/policy/judge.ts'
import {
  at,
  autoPolicy,
  hour,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'

const auto = { trigger: 'auto' } as const

describe('the gates of automatic promotion', () => {
  const policy = { ...autoPolicy, autoPromotionEnabled: false }

  it('a policy has to enable it', () => {
    const [blocker, ...rest] = blockersOf({ ...auto, policy })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'AutoPromotionDisabled')
    assert.equal(blocker.gate, 'policy')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ policy }), [])
  })

  it('a policy that cannot be read enables nothing', () => {
    const problem = 'cannot read it'
    const [blocker] = blockersOf({ ...auto, policy: { ...autoPolicy, problem } })
    assert.equal(blocker?.code, 'Invalid')
    assert.equal(blocker.gate, 'policy')
    assert.equal(blocker.message, problem)
  })

  it('a hold of the origin blocks it, and says since when', () => {
    const holds = { 'Warehouse/web': { freightName: 'old', actor: 'admin', createdAt: at(-hour) } }
    const [blocker] = blockersOf({ ...auto, holds })
    assert.equal(blocker?.code, 'HeldBack')
    assert.equal(blocker.gate, 'hold')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - hour)
    assert.deepEqual(codesOf({ holds }), [])
    const other = { 'Warehouse/other': { freightName: 'old' } }
    assert.deepEqual(codesOf({ ...auto, holds: other }), [])
  })

  it('MatchUpstream takes only what the upstream Stage is at', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], match: true }] })
    const gone = sampleFreight('new', { verified: { test: -hour } })
    const [blocker] = blockersOf({ ...auto, stage, freight: gone })
    assert.equal(blocker?.code, 'NotMatchingUpstream')
    assert.equal(blocker.gate, 'upstream')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage, freight: gone }), [])
    const there = sampleFreight('new', { verified: { test: -hour }, current: { test: -hour } })
    assert.deepEqual(proofOf({ ...auto, stage, freight: there }, 'upstream'), [
      'matches',
      undefined,
    ])
  })

  it('what the Stage is at already is not promoted again', () => {
    const status = { freightHistory: [sampleCollection([reference('new')])] }
    const stage = sampleStage('test', { status })
    const [blocker, ...rest] = blockersOf({ ...auto, stage })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'AlreadyCurrent')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    assert.deepEqual(codesOf({ stage }), [])
  })

  it('it never goes backwards', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('test', { status })
    const newer = sampleFreight('now', { discovered: 0 })
    const [blocker] = blockersOf({ ...auto, stage, currentFreight: newer })
    assert.equal(blocker?.code, 'OlderThanCurrent')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    const older = sampleFreight('now', { discovered: -2 * hour })
    assert.deepEqual(proofOf({ ...auto, stage, currentFreight: older }, 'current'), [
      'newer',
      { current: 'now' },
    ])
    assert.deepEqual(codesOf({ stage, currentFreight: newer }), [])
  })

  it('it does not guess when what the Stage is at is gone', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...auto, stage })
    assert.equal(blocker?.code, 'CurrentFreightMissing')
    assert.equal(blocker.gate, 'current')
    assert.equal(blocker.subject, 'Stage/test')
    const other = sampleFreight('other', { discovered: -2 * hour })
    assert.deepEqual(codesOf({ ...auto, stage, currentFreight: other }), ['CurrentFreightMissing'])
  })

  it('MatchUpstream follows its upstream also to what is older', () => {
    const status = { freightHistory: [sampleCollection([reference('now')])] }
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], match: true }], status })
    const freight = sampleFreight('new', { verified: { test: -hour }, current: { test: -minute } })
    const currentFreight = sampleFreight('now', { discovered: 0 })
    assert.deepEqual(proofOf({ ...auto, stage, freight, currentFreight }, 'current'), [
      'follows-upstream',
      { current: 'now' },
    ])
  })

  it('what failed before is not tried again', () => {
    for (const phase of ['Failed', 'Errored', 'Aborted'] as const) {
      const promotions = [samplePromotion('test.1', 'new', { phase, started: -2, finished: 0 })]
      const [blocker, ...rest] = blockersOf({ ...auto, promotions })
      assert.deepEqual(rest, [])
      assert.equal(blocker?.code, 'FailedBefore')
      assert.equal(blocker.gate, 'history')
      assert.equal(blocker.subject, 'Promotion/test.1')
      assert.equal(blocker.since, noon)
      assert.deepEqual(codesOf({ promotions }), [])
    }
  })

  it('only the newest attempt counts, of this Freight and this Stage', () => {
    const status = { lastPromotion: { name: 'test.9' } }
    const stage = sampleStage('test', { status })
    const failed = samplePromotion('test.1', 'new', { phase: 'Failed' })
    const succeeded = samplePromotion('test.2', 'new', { phase: 'Succeeded' })
    for (const promotions of [
      [failed, succeeded],
      [succeeded, failed],
    ])
      assert.deepEqual(proofOf({ ...auto, stage, promotions }, 'history'), ['succeeded', undefined])
    const later = samplePromotion('test.3', 'new', { phase: 'Failed' })
    assert.deepEqual(codesOf({ ...auto, stage, promotions: [succeeded, later, failed] }), [
      'FailedBefore',
    ])
    const others = [
      samplePromotion('test.4', 'other', { phase: 'Failed' }),
      samplePromotion('uat.4', 'new', { phase: 'Failed', stage: 'uat' }),
    ]
    assert.deepEqual(proofOf({ ...auto, stage, promotions: others }, 'history'), [
      'untried',
      undefined,
    ])
  })

  it('one that was withdrawn before it started is no failure', () => {
    const promotions = [
      samplePromotion('test.1', 'new', {
        phase: 'Aborted',
        status: { gantry: { withdrawn: { code: 'Superseded', message: 'by test.2' } } },
      }),
    ]
    assert.deepEqual(codesOf({ ...auto, promotions }), [])
  })

  it('what did not pass verification in the Stage does not come back by itself', () => {
    const failed = { id: '1', phase: 'Failed', finishTime: at(-minute) } as const
    const status = {
      freightHistory: [
        sampleCollection([reference('now')]),
        sampleCollection([reference('new')], [failed]),
      ],
    }
    const currentFreight = sampleFreight('now', { discovered: -2 * hour })
    const stage = sampleStage('test', { status })
    const [blocker] = blockersOf({ ...auto, stage, currentFreight })
    assert.equal(blocker?.code, 'FailedBefore')
    assert.equal(blocker.gate, 'history')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - minute)
    for (const passed of [
      [],
      [failed, { id: '2', phase: 'Successful' } as const],
      [{ id: '2', phase: 'Running' } as const, failed],
    ]) {
      const history = [
        sampleCollection([reference('now')]),
        sampleCollection([reference('new')], passed),
      ]
      const other = sampleStage('test', { status: { freightHistory: history } })
      assert.deepEqual(codesOf({ ...auto, stage: other, currentFreight }), [])
    }
  })

  it('it was not alone there when it did not pass', () => {
    const both = [reference('new'), reference('d', 'db')]
    const requests = [{}, { warehouse: 'db' }]
    const freightHistory = [
      sampleCollection([reference('now')]),
      sampleCollection(both, [{ id: '1', phase: 'Failed' }]),
    ]
    const stage = sampleStage('test', { requests, status: { freightHistory } })
    const currentFreight = sampleFreight('now', { discovered: -2 * hour })
    assert.deepEqual(codesOf({ ...auto, stage, currentFreight }), ['FailedBefore'])
  })

  it('the same Freight is not queued twice', () => {
    for (const phase of [undefined, 'Pending', 'Running'] as const) {
      const promotion = samplePromotion('test.1', 'new', {
        ...(phase !== undefined && { phase }),
        created: -minute,
      })
      const [blocker, ...rest] = blockersOf({ ...auto, promotions: [promotion] })
      assert.deepEqual(rest, [])
      assert.equal(blocker?.code, 'InProgress')
      assert.equal(blocker.gate, 'duplicate')
      assert.equal(blocker.subject, 'Promotion/test.1')
      assert.equal(blocker.since, noon - minute)
      assert.deepEqual(codesOf({ promotions: [promotion] }), [])
    }
    const started = samplePromotion('test.1', 'new', { phase: 'Running', started: -2 * minute })
    assert.equal(blockersOf({ ...auto, promotions: [started] })[0]?.since, noon - 2 * minute)
    const elsewhere = [
      samplePromotion('test.1', 'other'),
      samplePromotion('uat.1', 'new', { stage: 'uat' }),
    ]
    assert.deepEqual(codesOf({ ...auto, promotions: elsewhere }), [])
  })

  it('one that succeeded is in progress until the Stage has noted it', () => {
    const promotions = [samplePromotion('test.2', 'new', { phase: 'Succeeded' })]
    assert.deepEqual(codesOf({ ...auto, promotions }), ['InProgress'])
    const before = sampleStage('test', { status: { lastPromotion: { name: 'test.1' } } })
    assert.deepEqual(codesOf({ ...auto, promotions, stage: before }), ['InProgress'])
    const noted = sampleStage('test', { status: { lastPromotion: { name: 'test.2' } } })
    assert.deepEqual(codesOf({ ...auto, promotions, stage: noted }), [])
  })

  it('what the current Promotion carries is in progress, also before its Promotion is seen', () => {
    const status = { currentPromotion: { name: 'test.7', freight: reference('new') } }
    const [blocker] = blockersOf({ ...auto, stage: sampleStage('test', { status }) })
    assert.equal(blocker?.code, 'InProgress')
    assert.equal(blocker.subject, 'Promotion/test.7')
    const other = { currentPromotion: { name: 'test.7', freight: reference('other') } }
    assert.deepEqual(codesOf({ ...auto, stage: sampleStage('test', { status: other }) }), [])
    const bare = { currentPromotion: { name: 'test.7' } }
    assert.deepEqual(codesOf({ ...auto, stage: sampleStage('test', { status: bare }) }), [])
  })
})
