import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  collectableFreight,
  collectablePromotions,
  defaultRetention,
  freightInUse,
  stagesUsing,
} from './retention.ts'
import type { PromotionView } from './views.ts'
import {
  hour,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'

const rules = { maxRetained: 2, minAgeMs: 10 * hour }
const names = (objects: readonly { metadata: { name: string } }[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name)

describe('Promotions that may be deleted', () => {
  const deletable = (
    promotions: readonly PromotionView[],
    now = noon,
    lastNoted: string | undefined = 'z',
  ): readonly PromotionView[] => collectablePromotions(promotions, rules, now, lastNoted)

  const ended = [1, 2, 3, 4, 5].map((age) =>
    samplePromotion(`p${age}`, 'f', { phase: 'Failed', created: -age * 10 * hour }),
  )

  it('are those beyond the newest that are kept', () => {
    assert.deepEqual(names(deletable(ended)), ['p3', 'p4', 'p5'])
    assert.deepEqual(deletable(ended.slice(2, 4)), [])
    assert.deepEqual(names(deletable([...ended].reverse())), ['p3', 'p4', 'p5'])
    assert.deepEqual(deletable(ended.slice(0, 2)), [])
  })

  it('are never newer than the oldest that has not ended, nor among those kept beyond it', () => {
    const open = ended.map((each, index) =>
      index === 1 ? { ...each, status: { phase: 'Running' as const } } : each,
    )
    assert.deepEqual(names(deletable(open)), ['p5'])
  })

  it('are never newer than the oldest that the Stage has not taken up', () => {
    assert.deepEqual(names(deletable(ended, noon, 'p3')), [])
    assert.deepEqual(names(deletable(ended, noon, 'p5')), ['p3', 'p4', 'p5'])
    const nobody = collectablePromotions(ended, rules, noon, undefined)
    assert.deepEqual(names(nobody), ['p3', 'p4', 'p5'])
    const renamed = ended.map((each, index) => ({
      ...each,
      metadata: { ...each.metadata, name: `q${9 - index}` },
    }))
    assert.deepEqual(names(deletable(renamed, noon, 'q7')), ['q5'])
  })

  it('are old enough, to the moment', () => {
    assert.deepEqual(names(deletable(ended, noon - 20 * hour - 1)), ['p4', 'p5'])
    assert.deepEqual(names(deletable(ended, noon - 20 * hour)), ['p3', 'p4', 'p5'])
    const timeless = ended.map(({ metadata, ...rest }) => ({
      ...rest,
      metadata: { name: metadata.name },
    }))
    assert.deepEqual(deletable(timeless), [])
  })

  it('of the same time go by name', () => {
    const same = ['d', 'a', 'c', 'e', 'b'].map((name) =>
      samplePromotion(name, 'f', { phase: 'Failed', created: -99 * hour }),
    )
    assert.deepEqual(names(deletable(same)), ['c', 'b', 'a'])
  })

  it('by default are none among twenty, and none within two weeks', () => {
    assert.deepEqual(defaultRetention, { maxRetained: 20, minAgeMs: 14 * 24 * hour })
  })
})

describe('Freight that may be deleted', () => {
  const freight = [1, 2, 3, 4, 5].map((age) =>
    sampleFreight(`f${age}`, { discovered: -age * 10 * hour }),
  )

  it('is what lies beyond the newest that are kept', () => {
    const reversed = [...freight].reverse()
    assert.deepEqual(names(collectableFreight(reversed, new Set(), rules, noon)), [
      'f3',
      'f4',
      'f5',
    ])
    assert.deepEqual(collectableFreight(freight.slice(0, 2), new Set(), rules, noon), [])
  })

  it('is never newer than the oldest in use, nor among those kept beyond it', () => {
    const inUse = new Set(['f1', 'f2'])
    assert.deepEqual(names(collectableFreight(freight, inUse, rules, noon)), ['f5'])
    assert.deepEqual(collectableFreight(freight, new Set(['f5']), rules, noon), [])
  })

  it('is old enough, by discovery, else by creation', () => {
    assert.deepEqual(names(collectableFreight(freight, new Set(), rules, noon - 20 * hour - 1)), [
      'f4',
      'f5',
    ])
    const created = freight.map(({ discoveredAt, ...rest }) => ({
      ...rest,
      metadata: { ...rest.metadata, creationTimestamp: discoveredAt ?? '' },
    }))
    assert.deepEqual(names(collectableFreight(created, new Set(), rules, noon)), ['f3', 'f4', 'f5'])
    const timeless = freight.map((each) => ({ ...each, discoveredAt: undefined }))
    assert.deepEqual(collectableFreight(timeless, new Set(), rules, noon), [])
  })

  it('is in use by Stages that are at it and by Promotions that have not ended', () => {
    const stages = [
      sampleStage('a', {
        status: {
          freightHistory: [
            sampleCollection([reference('f1'), reference('d1', 'db')]),
            sampleCollection([reference('f0')]),
          ],
        },
      }),
      sampleStage('b'),
    ]
    const open = samplePromotion('p', 'f3', { phase: 'Pending' })
    const { freight: _, ...spec } = open.spec
    const promotions = [open, samplePromotion('q', 'f4', { phase: 'Failed' }), { ...open, spec }]
    assert.deepEqual([...freightInUse(stages, promotions)], ['f1', 'd1', 'f3'])
    assert.deepEqual(stagesUsing('d1', stages), ['a'])
    assert.deepEqual(stagesUsing('f0', stages), [])
  })
})
