import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockersOf, codesOf, proofOf } from '../../../test/policy/judge.ts'
import { hour, minute, noon, sampleFreight, sampleStage } from '../../../test/policy/samples.ts'
import type { GateInput } from './may-promote.ts'

describe('the gate of the sources', () => {
  const uat = sampleStage('uat', { requests: [{ stages: ['test'], soak: '1h' }] })

  it('an origin that the Stage does not request stays out, approved or not', () => {
    const freight = sampleFreight('new', { warehouse: 'other', approved: { test: 0 } })
    const [blocker, ...rest] = blockersOf({ freight })
    assert.deepEqual(rest, [])
    assert.equal(blocker?.code, 'NotRequested')
    assert.equal(blocker.gate, 'origin')
    assert.equal(blocker.subject, 'Stage/test')
  })

  it('a request without any source takes only what is approved', () => {
    const stage = sampleStage('test', { requests: [{ direct: false, stages: [] }] })
    const [blocker] = blockersOf({ stage })
    assert.equal(blocker?.code, 'NotApproved')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Freight/new')
    const freight = sampleFreight('new', { approved: { test: -minute } })
    assert.deepEqual(proofOf({ stage, freight }, 'sources'), [
      'approval',
      { approvedAt: noon - minute },
    ])
  })

  it('a soak time that cannot be read blocks', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['test'], soak: 'soon' }] })
    const freight = sampleFreight('new', { verified: { test: -hour } })
    const [blocker] = blockersOf({ stage, freight })
    assert.equal(blocker?.code, 'Invalid')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/uat')
  })

  it('unverified upstream, since it entered there, else since it was discovered', () => {
    const [blocker] = blockersOf({ stage: uat })
    assert.equal(blocker?.code, 'NotVerifiedUpstream')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - hour)
    assert.equal(blocker.mayChangeAt, undefined)
    const [entered] = blockersOf({
      stage: uat,
      freight: sampleFreight('new', { current: { test: -minute } }),
    })
    assert.equal(entered?.code, 'NotVerifiedUpstream')
    assert.equal(entered.since, noon - minute)
  })

  it('unverified upstream says when nothing can be verified there', () => {
    const messageFor = (overrides: Partial<GateInput>): string | undefined =>
      blockersOf({ stage: uat, ...overrides })[0]?.message
    const plain = messageFor({ stages: () => sampleStage('test') })
    const gone = messageFor({ stages: () => undefined })
    const asking = { stages: () => sampleStage('test', { verification: true }) }
    const unsupported = messageFor(asking)
    assert.equal(new Set([plain, gone, unsupported]).size, 3)
    assert.equal(messageFor({ ...asking, supports: {} }), unsupported)
    assert.equal(messageFor({ ...asking, supports: { verification: true } }), plain)
  })

  it('soaking, with its exact end', () => {
    const freight = sampleFreight('new', {
      verified: { test: -10 * minute },
      current: { test: -20 * minute },
    })
    const [blocker] = blockersOf({ stage: uat, freight })
    assert.equal(blocker?.code, 'Soaking')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - 20 * minute)
    assert.equal(blocker.mayChangeAt, noon + 40 * minute)
    assert.deepEqual(codesOf({ stage: uat, freight, now: noon + 40 * minute - 1 }), ['Soaking'])
    assert.deepEqual(proofOf({ stage: uat, freight, now: noon + 40 * minute }, 'sources'), [
      'upstream',
      {
        strategy: 'OneOf',
        requiredSoakTime: '1h',
        upstreams: [{ stage: 'test', verifiedAt: noon - 10 * minute, soakedMs: hour }],
      },
    ])
  })

  it('gone before it had soaked', () => {
    const freight = sampleFreight('new', {
      verified: { test: -2 * hour },
      soaked: { test: '59m59s' },
    })
    const [blocker] = blockersOf({ stage: uat, freight })
    assert.equal(blocker?.code, 'SoakInterrupted')
    assert.equal(blocker.gate, 'sources')
    assert.equal(blocker.subject, 'Stage/test')
    assert.equal(blocker.since, noon - 2 * hour)
    assert.equal(blocker.mayChangeAt, undefined)
  })

  it('of several upstream Stages only those that did not pass are named', () => {
    const freight = sampleFreight('new', { verified: { a: -hour } })
    const stage = sampleStage('uat', { requests: [{ stages: ['a', 'b', 'c'], strategy: 'All' }] })
    assert.deepEqual(
      blockersOf({ stage, freight }).map(({ code, subject }) => [code, subject]),
      [
        ['NotVerifiedUpstream', 'Stage/b'],
        ['NotVerifiedUpstream', 'Stage/c'],
      ],
    )
    const all = sampleFreight('new', { verified: { a: -hour, b: -hour, c: -minute } })
    assert.deepEqual(proofOf({ stage, freight: all }, 'sources'), [
      'upstream',
      {
        strategy: 'All',
        upstreams: [
          { stage: 'a', verifiedAt: noon - hour },
          { stage: 'b', verifiedAt: noon - hour },
          { stage: 'c', verifiedAt: noon - minute },
        ],
      },
    ])
  })
})
