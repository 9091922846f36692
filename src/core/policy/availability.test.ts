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

describe('how it is available, or why not', () => {
  const how = (request: RequestOptions, freight: FreightOptions = {}): unknown => {
    const stage = sampleStage('uat', { requests: [request] })
    const { request: found, ...rest } = availabilityOf(stage, sampleFreight('f', freight), nothing)
    assert.equal(
      found,
      rest.available || rest.because !== 'NotRequested'
        ? stage.spec.requestedFreight[0]
        : undefined,
    )
    return rest
  }

  it('is told with what led to it', () => {
    const upstreams: readonly never[] = []
    assert.deepEqual(how({}), { available: true, by: 'direct', upstreams })
    assert.deepEqual(how({ stages: ['a'] }, { approved: { uat: 0 } }), {
      available: true,
      by: 'approval',
      approvedAt: noon,
      upstreams,
    })
    assert.deepEqual(how({}, { warehouse: 'x' }), {
      available: false,
      because: 'NotRequested',
      upstreams,
    })
    assert.deepEqual(how({ stages: [] }), { available: false, because: 'NoSources', upstreams })
    assert.deepEqual(how({ stages: ['a'], soak: 'x' }), {
      available: false,
      because: 'BadSoakTime',
      upstreams,
    })
    assert.deepEqual(how({ stages: ['a', 'b'] }, { verified: { a: 0 } }), {
      available: true,
      by: 'upstream',
      upstreams: [{ stage: 'a', state: 'passed', verifiedAt: noon }],
    })
    assert.deepEqual(how({ stages: ['a', 'b'], strategy: 'All' }, { verified: { a: 0 } }), {
      available: false,
      because: 'Upstream',
      upstreams: [
        { stage: 'a', state: 'passed', verifiedAt: noon },
        { stage: 'b', state: 'unverified' },
      ],
      availableAt: undefined,
    })
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
    assert.equal(nextAvailabilityChange(stage, [...all].reverse(), nothing), noon + 40 * minute)
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
