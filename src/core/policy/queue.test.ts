import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Promotion } from '../kinds/promotion.ts'
import type { Stage, StageStatus } from '../kinds/stage.ts'
import { isTerminal, orderPromotions } from './promotion-order.ts'
import { lastEffect } from './promotion-record.ts'
import { nextTurn, replayEnded } from './queue.ts'
import {
  at,
  reference,
  sampleCollection,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'

const web = 'Warehouse/web'
const hold = {
  freightName: 'f0',
  origin: { kind: 'Warehouse', name: 'web' },
  promotionName: 'test.0',
} as const

function stageWith(status: StageStatus): Stage {
  return sampleStage('test', { status })
}

function succeeded(name: string, freight: string): Promotion {
  return samplePromotion(name, freight, {
    phase: 'Succeeded',
    started: 0,
    finished: 1000,
    collection: sampleCollection([reference(freight)]),
    status: { healthChecks: [{ uses: 'check', config: { of: freight } }] },
  })
}

function apply(stage: Stage, change: object): Stage {
  return { ...stage, status: { ...stage.status, ...change } }
}

describe('the order of Promotions', () => {
  it('is: what runs, what waits oldest first, what has ended newest first', () => {
    const ended = [
      samplePromotion('test.1', 'f', { phase: 'Failed' }),
      samplePromotion('test.2', 'f', { phase: 'Succeeded' }),
      samplePromotion('test.6', 'f', { phase: 'Aborted' }),
      samplePromotion('test.7', 'f', { phase: 'Errored' }),
    ]
    const waiting = [
      samplePromotion('test.3', 'f'),
      samplePromotion('test.5', 'f', { phase: 'Pending' }),
    ]
    const running = [samplePromotion('test.4', 'f', { phase: 'Running' })]
    const expected = ['test.4', 'test.3', 'test.5', 'test.7', 'test.6', 'test.2', 'test.1']
    const all = [...ended, ...waiting, ...running]
    for (const promotions of [all, [...all].reverse()])
      assert.deepEqual(
        orderPromotions(promotions).map(({ metadata }) => metadata.name),
        expected,
      )
    assert.equal(ended.every(isTerminal), true)
    assert.equal([...waiting, ...running].some(isTerminal), false)
  })
})

describe('taking up what has ended', () => {
  it('nothing to take up changes nothing', () => {
    const { change, replayed, succeeded: newest } = replayEnded(stageWith({}), [], true)
    assert.deepEqual(change, { currentPromotion: undefined, autoPromotionHolds: undefined })
    assert.deepEqual(replayed, [])
    assert.equal(newest, undefined)
    const bare = replayEnded(
      sampleStage('test'),
      [samplePromotion('uat.1', 'f', { stage: 'uat', phase: 'Failed' })],
      true,
    )
    assert.deepEqual(bare.replayed, [])
  })

  it('a success becomes the last Promotion, and its collection what the Stage is at', () => {
    const before = sampleCollection([reference('f0')])
    const stage = stageWith({
      lastPromotion: { name: 'test.0' },
      currentPromotion: { name: 'test.1' },
      freightHistory: [before],
      health: { status: 'Healthy' },
    })
    const promotion = succeeded('test.1', 'f1')
    const replay = replayEnded(stage, [promotion], true)
    assert.deepEqual(replay.replayed, [promotion])
    assert.equal(replay.succeeded, promotion)
    assert.deepEqual(replay.change, {
      currentPromotion: undefined,
      autoPromotionHolds: undefined,
      gantry: undefined,
      lastPromotion: { name: 'test.1', status: promotion.status, finishedAt: at(1000) },
      freightHistory: [sampleCollection([reference('f1')]), before],
      health: undefined,
    })
  })

  it('a failure becomes the last Promotion, and the Stage stays at what it is at', () => {
    const stage = stageWith({ freightHistory: [sampleCollection([reference('f0')])] })
    for (const phase of ['Failed', 'Errored', 'Aborted'] as const) {
      const promotion = samplePromotion('test.1', 'f1', {
        phase,
        started: 0,
        collection: sampleCollection([reference('f1')]),
        status: { freight: reference('f1') },
      })
      const { change, succeeded: newest } = replayEnded(stage, [promotion], true)
      assert.equal(newest, undefined)
      assert.equal('freightHistory' in change, false)
      assert.equal('health' in change, false)
      assert.deepEqual(change.lastPromotion, {
        name: 'test.1',
        freight: reference('f1'),
        status: promotion.status,
      })
    }
  })

  it('one that never ran leaves the last Promotion with what the one before it brought', () => {
    const brought = sampleCollection([reference('f0')])
    const before = {
      name: 'test.0',
      status: { phase: 'Succeeded', freightCollection: brought },
    } as const
    const stage = stageWith({ lastPromotion: before })
    const aborted = samplePromotion('test.1', 'f1', { phase: 'Aborted' })
    assert.deepEqual(replayEnded(stage, [aborted], true).change.lastPromotion?.status, {
      ...aborted.status,
      freightCollection: brought,
    })
    const failed = samplePromotion('test.1', 'f1', { phase: 'Failed', started: 0 })
    assert.deepEqual(replayEnded(stage, [failed], true).change.lastPromotion?.status, failed.status)
    const first = replayEnded(stageWith({}), [aborted], true).change.lastPromotion?.status
    assert.ok(first !== undefined && !('freightCollection' in first))
  })

  it('a success that never made a collection adds none', () => {
    const promotion = samplePromotion('test.1', 'f1', { phase: 'Succeeded', started: 0 })
    const { change } = replayEnded(stageWith({}), [promotion], true)
    assert.deepEqual(change.freightHistory, [])
  })

  it('ten collections are remembered', () => {
    const promotions = Array.from({ length: 12 }, (_, index) =>
      succeeded(`test.${String(index).padStart(2, '0')}`, `f${index}`),
    )
    const { change } = replayEnded(stageWith({}), promotions, true)
    assert.equal(change.freightHistory?.length, 10)
    assert.deepEqual(change.freightHistory[0]?.items, { [web]: reference('f11') })
    assert.deepEqual(change.freightHistory[9]?.items, { [web]: reference('f2') })
  })

  it('several are taken up oldest first, in whatever order they come', () => {
    const promotions = [
      succeeded('test.2', 'f2'),
      succeeded('test.1', 'f1'),
      succeeded('test.3', 'f3'),
    ]
    const { change, replayed, succeeded: newest } = replayEnded(stageWith({}), promotions, true)
    assert.deepEqual(
      replayed.map(({ metadata }) => metadata.name),
      ['test.1', 'test.2', 'test.3'],
    )
    assert.equal(change.lastPromotion?.name, 'test.3')
    assert.equal(newest?.metadata.name, 'test.3')
  })

  it('what was noted before is not taken up again', () => {
    const stage = stageWith({ lastPromotion: { name: 'test.2' } })
    const promotions = [succeeded('test.1', 'f1'), succeeded('test.2', 'f2')]
    assert.deepEqual(replayEnded(stage, promotions, true).replayed, [])
  })

  it('an ended Promotion waits until every older one has ended, so that none is passed over', () => {
    const older = samplePromotion('test.2', 'f2', { phase: 'Pending' })
    const ended = [succeeded('test.1', 'f1'), samplePromotion('test.3', 'f3', { phase: 'Aborted' })]
    const first = replayEnded(stageWith({}), [...ended, older], true)
    assert.equal(first.change.lastPromotion?.name, 'test.1')
    const stage = apply(stageWith({}), first.change)
    const second = replayEnded(stage, [...ended, succeeded('test.2', 'f2')], true)
    assert.deepEqual(
      second.replayed.map(({ metadata }) => metadata.name),
      ['test.2', 'test.3'],
    )
    assert.deepEqual(second.change.freightHistory?.[0]?.items, { [web]: reference('f2') })
  })

  it('nothing is taken up while the oldest is under way', () => {
    const oldest = samplePromotion('test.1', 'f1', { phase: 'Running', started: 0 })
    const { replayed, change } = replayEnded(
      stageWith({}),
      [succeeded('test.2', 'f2'), oldest],
      true,
    )
    assert.deepEqual(replayed, [])
    assert.equal('lastPromotion' in change, false)
  })

  it('the current Promotion stays while it is under way, and goes when it ended or is gone', () => {
    const stage = stageWith({ currentPromotion: { name: 'test.2' } })
    const running = samplePromotion('test.2', 'f2', { phase: 'Running' })
    const earlier = samplePromotion('test.1', 'f1', { phase: 'Failed', started: 0 })
    const during = replayEnded(stage, [earlier, running], true).change
    assert.deepEqual(during.currentPromotion, { name: 'test.2' })
    assert.equal(during.lastPromotion?.name, 'test.1')
    assert.equal(replayEnded(stage, [], true).change.currentPromotion, undefined)
    const ended = samplePromotion('test.2', 'f2', { phase: 'Failed' })
    assert.equal(replayEnded(stage, [ended], true).change.currentPromotion, undefined)
  })
})

describe('holds of what has ended', () => {
  it('are taken over, and ended, while auto-promotion is on', () => {
    const stage = stageWith({ autoPromotionHolds: { [web]: hold } })
    const resume = samplePromotion('test.1', 'f1', { phase: 'Failed', started: 0, resume: web })
    assert.equal(replayEnded(stage, [resume], true).change.autoPromotionHolds, undefined)
    const set = samplePromotion('test.1', 'f1', { phase: 'Failed', started: 0, hold: web })
    assert.equal(
      replayEnded(stageWith({}), [set], true).change.autoPromotionHolds?.[web]?.freightName,
      'f1',
    )
  })

  it('are none while it is off', () => {
    const stage = stageWith({ autoPromotionHolds: { [web]: hold } })
    assert.equal(replayEnded(stage, [], false).change.autoPromotionHolds, undefined)
    const set = samplePromotion('test.1', 'f1', { phase: 'Failed', started: 0, hold: web })
    assert.equal(replayEnded(stage, [set], false).change.autoPromotionHolds, undefined)
  })

  it('stay while nothing touches them', () => {
    const stage = stageWith({ autoPromotionHolds: { [web]: hold } })
    assert.deepEqual(replayEnded(stage, [], true).change.autoPromotionHolds, { [web]: hold })
  })
})

describe('a Promotion that never started', () => {
  const ran = succeeded('test.1', 'f1')
  const stage = apply(stageWith({}), replayEnded(stageWith({}), [ran], true).change)
  const aborted = samplePromotion('test.2', 'f2', { phase: 'Aborted' })
  const after = apply(stage, replayEnded(stage, [aborted], true).change)

  it('is the last Promotion, with the collection of the one before', () => {
    assert.equal(after.status?.lastPromotion?.name, 'test.2')
    assert.deepEqual(
      after.status.lastPromotion.status?.freightCollection,
      ran.status?.freightCollection,
    )
  })

  it('does not change what is known of the Stage', () => {
    assert.deepEqual(lastEffect(stage.status), {
      name: 'test.1',
      phase: 'Succeeded',
      message: '',
      healthChecks: [{ uses: 'check', config: { of: 'f1' } }],
    })
    assert.deepEqual(lastEffect(after.status), lastEffect(stage.status))
    const again = samplePromotion('test.3', 'f2', { phase: 'Errored' })
    const twice = apply(after, replayEnded(after, [again], true).change)
    assert.equal(twice.status?.lastPromotion?.name, 'test.3')
    assert.deepEqual(lastEffect(twice.status), lastEffect(stage.status))
  })

  it('is forgotten with the next one that starts', () => {
    const failed = samplePromotion('test.4', 'f3', {
      phase: 'Failed',
      started: 0,
      status: { message: 'no' },
    })
    const next = apply(after, replayEnded(after, [failed], true).change)
    assert.equal(next.status?.gantry, undefined)
    assert.deepEqual(lastEffect(next.status), {
      name: 'test.4',
      phase: 'Failed',
      message: 'no',
      healthChecks: [],
    })
  })

  it('that has started keeps its own collection, or has none', () => {
    const failed = samplePromotion('test.5', 'f5', { phase: 'Failed', started: 0 })
    const { lastPromotion } = replayEnded(stage, [failed], true).change
    assert.equal(lastPromotion?.status?.freightCollection, undefined)
  })

  it('as the first one is all that is known', () => {
    const first = apply(stageWith({}), replayEnded(stageWith({}), [aborted], true).change)
    assert.equal(first.status?.gantry, undefined)
    assert.equal(lastEffect(first.status)?.phase, 'Aborted')
    assert.equal(first.status?.lastPromotion?.status?.freightCollection, undefined)
  })
})

describe('whose turn it is', () => {
  const pending = samplePromotion('test.3', 'f3', { phase: 'Pending' })
  const verifying = {
    lastPromotion: { name: 'test.1', finishedAt: at(0) },
    freightHistory: [sampleCollection([reference('f1')])],
  }

  it('nobody, when nothing waits', () => {
    const others = [succeeded('test.1', 'f1'), samplePromotion('uat.1', 'f', { stage: 'uat' })]
    assert.deepEqual(nextTurn(stageWith({}), others), { do: 'nothing' })
  })

  it('the one that runs, whatever is to be verified', () => {
    const running = samplePromotion('test.4', 'f4', { phase: 'Running' })
    assert.deepEqual(nextTurn(stageWith(verifying), [pending, running]), {
      do: 'run',
      promotion: running,
    })
  })

  it('the oldest that waits, also when it is brand new', () => {
    const fresh = samplePromotion('test.2', 'f2')
    assert.deepEqual(nextTurn(stageWith({}), [pending, fresh]), { do: 'run', promotion: fresh })
  })

  it('nobody yet, while what the Stage is at is to be verified', () => {
    assert.deepEqual(nextTurn(stageWith(verifying), [pending]), {
      do: 'wait',
      promotion: pending,
      since: Date.parse(at(0)),
    })
    const verified = sampleCollection([reference('f1')], [{ id: '1', phase: 'Successful' }])
    const stage = stageWith({ ...verifying, freightHistory: [verified] })
    assert.deepEqual(nextTurn(stage, [pending]), { do: 'run', promotion: pending })
  })
})
