import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { samplePromotion, sampleStage } from '../../../test/policy/samples.ts'
import { supersededPromotions } from './supersede.ts'
import type { PromotionView } from './views.ts'

const stage = sampleStage('test')
const origins = new Map([
  ['f1', 'web'],
  ['f2', 'web'],
  ['f3', 'web'],
  ['d1', 'db'],
])

function originOf(freight: string): { kind: string; name: string } | undefined {
  const name = origins.get(freight)
  return name === undefined ? undefined : { kind: 'Warehouse', name }
}

function superseded(
  promotions: readonly PromotionView[],
  of = stage,
  supersedeQueued = true,
): readonly string[][] {
  return supersededPromotions(of, promotions, originOf, supersedeQueued).map(
    ({ promotion, by }) => [promotion.metadata.name, by],
  )
}

const first = samplePromotion('test.1', 'f1', { phase: 'Pending' })
const second = samplePromotion('test.2', 'f2', { actor: 'controller:stage' })
const third = samplePromotion('test.3', 'f3', { phase: 'Pending' })

describe('superseding', () => {
  it('lets the newest queued automatic Promotion of an origin take the place of all older ones', () => {
    for (const promotions of [
      [first, second, third],
      [third, first, second],
    ])
      assert.deepEqual(superseded(promotions), [
        ['test.1', 'test.3'],
        ['test.2', 'test.3'],
      ])
  })

  it('happens only where it was asked for', () => {
    assert.deepEqual(superseded([first, second, third], stage, false), [])
  })

  it('leaves alone what a person asked for', () => {
    const manual = samplePromotion('test.1', 'f1', { phase: 'Pending', actor: 'admin' })
    assert.deepEqual(superseded([manual, second]), [])
    const newest = samplePromotion('test.9', 'f3', { actor: 'admin' })
    assert.deepEqual(superseded([first, newest]), [])
  })

  it('leaves alone what has started, has ended, or is the current one', () => {
    for (const other of [
      samplePromotion('test.1', 'f1', { phase: 'Running' }),
      samplePromotion('test.1', 'f1', { phase: 'Pending', started: 0 }),
      samplePromotion('test.1', 'f1', { phase: 'Failed' }),
      samplePromotion('test.1', 'f1', { stage: 'uat' }),
    ])
      assert.deepEqual(superseded([other, second]), [])
    const current = sampleStage('test', { status: { currentPromotion: { name: 'test.1' } } })
    assert.deepEqual(superseded([first, second], current), [])
  })

  it('is by origin, and leaves alone what has none any more', () => {
    const db = samplePromotion('test.3', 'd1')
    assert.deepEqual(superseded([first, db]), [])
    const gone = samplePromotion('test.0', 'gone')
    assert.deepEqual(superseded([gone, first]), [])
    const { freight: _, ...spec } = gone.spec
    assert.deepEqual(superseded([{ ...gone, spec }, first]), [])
  })
})
