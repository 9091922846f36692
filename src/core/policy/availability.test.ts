import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  availabilityOf,
  isAvailable,
  listAvailable,
  nextAvailabilityChange,
} from './availability.ts'
import {
  hour,
  minute,
  noon,
  sampleFreight,
  sampleRequest,
  sampleStage,
} from '../../../test/policy/samples.ts'
import type { FreightOptions, RequestOptions } from '../../../test/policy/samples.ts'
import { isAtUpstream } from './match-upstream.ts'
import { combineUpstreams, maxPassages } from './soak.ts'
import type { StageView } from './views.ts'

const nothing = { now: noon, stages: () => undefined }

function available(request: RequestOptions, freight: FreightOptions, now = noon): boolean {
  const stage = sampleStage('uat', { requests: [request] })
  return isAvailable(stage, sampleFreight('f', freight), { ...nothing, now })
}

describe('without soak', () => {
  it('direct takes all Freight of its Warehouse, and no other', () => {
    assert.equal(available({}, {}), true)
    assert.equal(available({}, { warehouse: 'other' }), false)
    assert.equal(available({ direct: true, stages: ['test'], soak: '1h' }, {}), true)
  })

  it('an origin is its kind and its name', () => {
    const stage = sampleStage('uat')
    const freight = { ...sampleFreight('f'), origin: { kind: 'Other', name: 'web' } }
    assert.equal(isAvailable(stage, freight, nothing), false)
  })

  it('OneOf, also as the default, takes what is verified in one of the Stages', () => {
    for (const strategy of [undefined, '', 'OneOf'] as const) {
      const request = { stages: ['a', 'b'], ...(strategy !== undefined && { strategy }) }
      assert.equal(available(request, { verified: { b: 0 } }), true)
      assert.equal(available(request, { verified: { c: 0 } }), false)
    }
  })

  it('All takes only what is verified in each of the Stages', () => {
    const request = { stages: ['a', 'b'], strategy: 'All' } as const
    assert.equal(available(request, { verified: { a: 0, b: 0 } }), true)
    assert.equal(available(request, { verified: { a: 0, b: 0, c: 0 } }), true)
    assert.equal(available(request, { verified: { b: 0 } }), false)
    assert.equal(available(request, { verified: { a: 0, c: 0 } }), false)
  })

  it('a request without any source takes nothing, not even with All', () => {
    assert.equal(available({ direct: false, stages: [] }, { verified: { a: 0 } }), false)
    assert.equal(available({ stages: [], strategy: 'All' }, { verified: { a: 0 } }), false)
    const stage = sampleStage('uat')
    stage.spec.requestedFreight = [{ origin: { kind: 'Warehouse', name: 'web' }, sources: {} }]
    assert.equal(isAvailable(stage, sampleFreight('f'), nothing), false)
  })

  it('a Stage may be called as anything that objects inherit', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.equal(available({ stages: [name] }, {}), false, name)
      const stage = sampleStage(name, { requests: [{ stages: ['a'] }] })
      assert.equal(isAvailable(stage, sampleFreight('f'), nothing), false, name)
    }
    assert.equal(available({ stages: ['constructor'] }, { verified: { constructor: 0 } }), true)
  })

  it('Freight without any status is available only directly', () => {
    const { status: _, ...bare } = sampleFreight('f')
    const upstream = sampleStage('uat', { requests: [{ stages: ['a'], soak: '1h' }] })
    assert.equal(isAvailable(upstream, bare, nothing), false)
    assert.equal(isAvailable(sampleStage('uat'), bare, nothing), true)
  })
})

describe('approval', () => {
  const request = { stages: ['test'], soak: '1h' }

  it('lets Freight in past verification and soak', () => {
    assert.equal(available(request, { approved: { uat: 0 } }), true)
  })

  it('holds for its Stage alone', () => {
    assert.equal(available(request, { approved: { prod: 0, test: 0 } }), false)
  })

  it('does not reach across origins', () => {
    assert.equal(available(request, { warehouse: 'other', approved: { uat: 0 } }), false)
  })

  it('does not need a time', () => {
    const freight = sampleFreight('f')
    freight.status = { approvedFor: { uat: {} } }
    const stage = sampleStage('uat', { requests: [request] })
    const availability = availabilityOf(stage, freight, nothing)
    assert.equal(availability.available && availability.by, 'approval')
  })
})

describe('soak', () => {
  const request = { stages: ['a', 'b'], soak: '1h' }

  it('is the stay that goes on, from entry and not from verification', () => {
    const freight = { verified: { a: -minute }, current: { a: -hour } }
    assert.equal(available(request, freight), true)
    assert.equal(available(request, freight, noon - 1), false)
  })

  it('is the longest stay of the past, never a sum', () => {
    assert.equal(available(request, { verified: { a: 0 }, soaked: { a: '1h0m0s' } }), true)
    const two = { verified: { a: 0 }, soaked: { a: '40m' }, current: { a: -40 * minute } }
    assert.equal(available(request, two), false)
    assert.equal(available(request, { ...two, current: { a: -hour } }), true)
  })

  it('counts only where the Freight is verified', () => {
    assert.equal(available(request, { current: { a: -2 * hour } }), false)
    assert.equal(available(request, { verified: { b: 0 }, current: { a: -2 * hour } }), false)
  })

  it('counts only in the Stages that the request names', () => {
    const elsewhere = { verified: { a: 0, c: -2 * hour }, current: { a: 0, c: -2 * hour } }
    assert.equal(available(request, elsewhere), false)
    const all = { ...request, strategy: 'All' } as const
    const everywhere = {
      verified: { a: 0, b: 0, c: 0 },
      soaked: { a: '1h', b: '1h', c: '1h' },
    }
    assert.equal(available(all, everywhere), true)
  })

  it('All asks for it in each Stage, OneOf in one', () => {
    const one = { verified: { a: 0, b: 0 }, soaked: { a: '2h' } }
    assert.equal(available(request, one), true)
    assert.equal(available({ ...request, strategy: 'All' }, one), false)
  })

  it('of no time is none', () => {
    for (const soak of ['0s', '0', '']) {
      assert.equal(available({ stages: ['a'], soak }, { verified: { a: 0 } }), true)
      assert.equal(available({ stages: ['a'], soak }, {}), false)
    }
  })

  it('that cannot be read lets nothing through', () => {
    const freight = { verified: { a: -9 * hour }, current: { a: -9 * hour } }
    assert.equal(available({ stages: ['a'], soak: 'soon' }, freight), false)
  })

  it('times of the record that cannot be read count for nothing', () => {
    const freight = sampleFreight('f', { verified: { a: -2 * hour } })
    freight.status = {
      verifiedIn: { a: { longestSoak: 'long' } },
      currentlyIn: { a: { since: 'long ago' } },
    }
    const stage = sampleStage('uat', { requests: [request] })
    assert.equal(isAvailable(stage, freight, nothing), false)
  })

  it('of a clock that was set back is not negative', () => {
    const freight = sampleFreight('f', { verified: { a: 0 }, current: { a: hour } })
    const stage = sampleStage('uat', { requests: [{ stages: ['a'], soak: '1s' }] })
    const availability = availabilityOf(stage, freight, nothing)
    assert.equal(availability.available, false)
    assert.equal(availability.upstreams[0]?.soakedMs, 0)
  })
})

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

describe('lists', () => {
  const stage = sampleStage('uat', {
    requests: [{ stages: ['test'], soak: '1h' }, { warehouse: 'db' }],
  })
  const soaked = sampleFreight('soaked', {
    verified: { test: -hour },
    current: { test: -hour },
    discovered: -5 * hour,
  })
  const soaking = sampleFreight('soaking', {
    verified: { test: -minute },
    current: { test: -20 * minute },
  })
  const later = sampleFreight('later', { verified: { test: 0 }, current: { test: -minute } })
  const left = sampleFreight('left', { verified: { test: -9 * hour } })
  const db = sampleFreight('db', { warehouse: 'db', discovered: -minute })
  const all = [later, soaked, soaking, left, db]

  it('hold what is available, newest first', () => {
    assert.deepEqual(listAvailable(stage, all, nothing), [db, soaked])
    const in40 = { ...nothing, now: noon + 40 * minute }
    assert.deepEqual(listAvailable(stage, all, in40), [db, soaking, soaked])
  })

  it('the next change is the first end of a soak', () => {
    assert.equal(nextAvailabilityChange(stage, all, nothing), noon + 40 * minute)
    const in40 = { ...nothing, now: noon + 40 * minute }
    assert.equal(nextAvailabilityChange(stage, all, in40), noon + 59 * minute)
    const in60 = { ...nothing, now: noon + 59 * minute }
    assert.equal(nextAvailabilityChange(stage, all, in60), undefined)
  })

  it('with All it is the end of the last soak, with OneOf of the first', () => {
    const freight = sampleFreight('f', {
      verified: { a: 0, b: 0 },
      current: { a: -10 * minute, b: -20 * minute },
    })
    for (const stages of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const oneOf = sampleStage('uat', { requests: [{ stages, soak: '1h' }] })
      assert.equal(nextAvailabilityChange(oneOf, [freight], nothing), noon + 40 * minute)
      const every = sampleStage('uat', { requests: [{ stages, soak: '1h', strategy: 'All' }] })
      assert.equal(nextAvailabilityChange(every, [freight], nothing), noon + 50 * minute)
    }
  })

  it('with All there is none while one of the Stages has to act first', () => {
    const freight = sampleFreight('f', { verified: { a: 0 }, current: { a: 0 } })
    for (const stages of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const every = sampleStage('uat', { requests: [{ stages, soak: '1h', strategy: 'All' }] })
      assert.equal(nextAvailabilityChange(every, [freight], nothing), undefined)
      const oneOf = sampleStage('uat', { requests: [{ stages, soak: '1h' }] })
      assert.equal(nextAvailabilityChange(oneOf, [freight], nothing), noon + hour)
    }
  })
})

it('the shape of a sample request is what it says', () => {
  assert.deepEqual(sampleRequest({ stages: ['a'], soak: '1h' }).sources, {
    stages: ['a'],
    requiredSoakTime: '1h',
  })
})
