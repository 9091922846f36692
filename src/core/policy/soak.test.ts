import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  hour,
  minute,
  noon,
  sampleFreight,
  sampleRequest,
  sampleStage,
} from '../../../test/policy/samples.ts'
import type { FreightOptions, RequestOptions } from '../../../test/policy/samples.ts'
import { availabilityOf, isAvailable } from './availability.ts'
import { isAtUpstream } from './match-upstream.ts'
import { combineUpstreams, maxPassages } from './soak.ts'
import type { StageView } from './views.ts'

const nothing = { now: noon, stages: () => undefined }

describe('behind a control-flow Stage', () => {
  const request = { stages: ['gate'], soak: '1h' }

  function behind(
    gate: RequestOptions,
    freight: FreightOptions,
    others: readonly StageView[] = [],
    now = noon,
  ): ReturnType<typeof availabilityOf> {
    const stages = new Map(
      [sampleStage('gate', { controlFlow: true, requests: [gate] }), ...others].map((stage) => [
        stage.metadata.name,
        stage,
      ]),
    )
    const stage = sampleStage('uat', { requests: [request] })
    return availabilityOf(stage, sampleFreight('f', freight), {
      now,
      stages: (name) => stages.get(name),
    })
  }

  it('soak is measured in the Stages before it', () => {
    const freight = { verified: { a: -50 * minute, gate: -50 * minute }, current: { a: -hour } }
    assert.equal(behind({ stages: ['a'] }, freight).available, true)
    const early = behind({ stages: ['a'] }, freight, [], noon - 1)
    assert.equal(early.available, false)
    assert.equal(!early.available && early.availableAt, noon)
    assert.equal(early.upstreams[0]?.stage, 'gate')
    assert.equal(early.upstreams[0]?.verifiedAt, noon - 50 * minute)
  })

  it('the Freight has to be verified in the control-flow Stage itself', () => {
    const freight = { verified: { a: -2 * hour }, current: { a: -2 * hour } }
    const result = behind({ stages: ['a'] }, freight)
    assert.equal(result.upstreams[0]?.state, 'unverified')
  })

  it('several Stages before it count as its own request combines them', () => {
    const freight = {
      verified: { a: 0, b: 0, gate: 0 },
      current: { a: -hour, b: -minute },
    }
    assert.equal(behind({ stages: ['a', 'b'] }, freight).available, true)
    const all = behind({ stages: ['a', 'b'], strategy: 'All' }, freight)
    assert.equal(all.available, false)
    assert.equal(!all.available && all.availableAt, noon + 59 * minute)
  })

  it('what came there directly, or by approval, soaks from when it was let through', () => {
    const freight = { verified: { gate: -hour } }
    assert.equal(behind({}, freight).available, true)
    assert.equal(behind({ direct: true, stages: ['a'] }, freight).available, true)
    const early = behind({}, freight, [], noon - 1)
    assert.equal(early.available, false)
    assert.equal(!early.available && early.availableAt, noon)
    assert.equal(behind({ stages: ['a'] }, freight).available, false)
    assert.equal(behind({ stages: ['a'] }, { ...freight, approved: { gate: 0 } }).available, true)
    assert.equal(behind({ warehouse: 'other' }, freight).available, true)
    assert.equal(behind({ stages: [] }, freight).available, true)
  })

  it('works through several of them', () => {
    const first = sampleStage('first', { controlFlow: true, requests: [{ stages: ['a'] }] })
    const freight = { verified: { a: 0, first: 0, gate: 0 }, current: { a: -hour } }
    assert.equal(behind({ stages: ['first'] }, freight, [first]).available, true)
    assert.equal(behind({ stages: ['first'] }, freight, [first], noon - 1).available, false)
  })

  it('a cycle of them ends, and passes nothing', () => {
    const first = sampleStage('first', { controlFlow: true, requests: [{ stages: ['gate'] }] })
    const freight = { verified: { first: -9 * hour, gate: -9 * hour } }
    assert.equal(behind({ stages: ['first'] }, freight, [first]).available, false)
    assert.equal(behind({ stages: ['gate'] }, freight).available, false)
  })

  it('many layers of them that each name all of the layer before stay cheap', () => {
    const layers = 30
    const names = (layer: number): string[] => [`s${layer}-0`, `s${layer}-1`, `s${layer}-2`]
    const stages = Array.from({ length: layers }, (_, layer) =>
      names(layer).map((name) =>
        sampleStage(name, {
          controlFlow: true,
          requests: [{ stages: layer === 0 ? ['a'] : names(layer - 1), strategy: 'All' }],
        }),
      ),
    ).flat()
    const verified = Object.fromEntries(
      ['a', 'gate', ...stages.map(({ metadata }) => metadata.name)].map((name) => [name, 0]),
    )
    const gate = { stages: names(layers - 1) }
    const result = behind(gate, { verified, current: { a: -hour } }, stages)
    assert.equal(result.available, true)
  })

  it('a time of verification that cannot be read counts for nothing', () => {
    const freight = sampleFreight('f')
    freight.status = { verifiedIn: { gate: { verifiedAt: 'long ago' } } }
    const gate = sampleStage('gate', { controlFlow: true })
    const [state] = availabilityOf(sampleStage('uat', { requests: [request] }), freight, {
      now: noon,
      stages: () => gate,
    }).upstreams
    assert.equal(state?.state, 'interrupted')
    assert.equal(state.soakedMs, 0)
  })

  it('a thousand of them one behind the other are looked through, and no more', () => {
    const chain = (length: number): boolean => {
      const stages = new Map(
        Array.from({ length }, (_, index) => {
          const stage = sampleStage(`s${index}`, {
            controlFlow: true,
            requests: [{ stages: [index + 1 < length ? `s${index + 1}` : 'a'] }],
          })
          return [stage.metadata.name, stage]
        }),
      )
      const names = [...stages.keys(), 'a']
      const freight = sampleFreight('f', {
        verified: Object.fromEntries(names.map((name) => [name, 0])),
        current: { a: -hour },
      })
      const context = { now: noon, stages: (name: string) => stages.get(name) }
      const last = sampleStage('uat', { requests: [{ stages: ['s0'], soak: '1h' }] })
      const match = sampleRequest({ stages: ['s0'], match: true })
      const available = isAvailable(last, freight, context)
      assert.equal(isAtUpstream(freight, match, context), available)
      return available
    }
    assert.equal(chain(maxPassages), true)
    assert.equal(chain(maxPassages + 1), false)
  })

  it('without soak nothing before it is looked at', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['gate'] }] })
    const freight = sampleFreight('f', { verified: { gate: 0 } })
    const stages = (): never => assert.fail('looked')
    assert.equal(isAvailable(stage, freight, { now: noon, stages }), true)
  })

  it('a Stage that does not exist is no control-flow Stage', () => {
    const stage = sampleStage('uat', { requests: [request] })
    const freight = sampleFreight('f', { verified: { gate: -9 * hour } })
    assert.equal(isAvailable(stage, freight, nothing), false)
  })
})

describe('several upstream Stages together', () => {
  const passed = { state: 'passed' } as const
  const early = { state: 'soaking', endsAt: 1 } as const
  const late = { state: 'soaking', endsAt: 2 } as const
  const interrupted = { state: 'interrupted' } as const
  const unverified = { state: 'unverified' } as const
  const order = [passed, early, late, interrupted, unverified]

  it('come to the one that passes first, or with All to the one that passes last', () => {
    for (const [i, a] of order.entries())
      for (const [j, b] of order.entries()) {
        assert.equal(combineUpstreams('OneOf', [a, b]), order[Math.min(i, j)])
        assert.equal(combineUpstreams('All', [a, b]), order[Math.max(i, j)])
      }
    for (const strategy of ['', undefined])
      assert.equal(combineUpstreams(strategy, [late, passed, unverified]), passed)
    assert.equal(combineUpstreams('All', [passed, late, early]), late)
  })

  it('come to nothing when there is none', () => {
    for (const strategy of ['All', 'OneOf'])
      assert.deepEqual(combineUpstreams(strategy, []), unverified)
  })
})
