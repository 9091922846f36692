import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { candidateFor, currentFreightOf, decideAutoPromotions } from './auto-promotion.ts'
import { isAtUpstream } from './match-upstream.ts'
import {
  autoPolicy,
  hour,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  sampleRequest,
  sampleStage,
} from '../../../test/policy/samples.ts'
import type { RequestOptions } from '../../../test/policy/samples.ts'
import type { FreightView, StageView } from './views.ts'

function contextOf(...stages: readonly StageView[]): {
  now: number
  stages: (name: string) => StageView | undefined
} {
  const found = new Map(stages.map((stage) => [stage.metadata.name, stage]))
  return { now: noon, stages: (name) => found.get(name) }
}

function candidate(
  request: RequestOptions,
  freight: readonly FreightView[],
  ...stages: readonly StageView[]
): string | undefined {
  const stage = sampleStage('uat', { requests: [request] })
  return candidateFor(stage, sampleRequest(request), freight, contextOf(...stages))?.metadata.name
}

const old = sampleFreight('old', {
  discovered: -3 * hour,
  verified: { test: -hour },
  current: { test: -hour },
})
const mid = sampleFreight('mid', { discovered: -2 * hour, verified: { test: -hour } })
const fresh = sampleFreight('fresh', { discovered: -hour })
const foreign = sampleFreight('foreign', { warehouse: 'db', discovered: 0, verified: { test: 0 } })
const all = [mid, foreign, old, fresh]

describe('the candidate', () => {
  it('is the newest Freight of the origin that is available, in whatever order they come', () => {
    for (const freight of [all, [...all].reverse()]) {
      assert.equal(candidate({}, freight), 'fresh')
      assert.equal(candidate({ stages: ['test'] }, freight), 'mid')
      assert.equal(candidate({ stages: ['test'], soak: '1h' }, freight), 'old')
      assert.equal(candidate({ stages: ['test'], soak: '2h' }, freight), undefined)
      assert.equal(candidate({ warehouse: 'db' }, freight), 'foreign')
    }
  })

  it('with MatchUpstream is what the upstream Stage is at, also when newer Freight is available', () => {
    const request = { stages: ['test'], match: true }
    assert.equal(candidate(request, all), 'old')
    assert.equal(candidate(request, all, sampleStage('test')), 'old')
    assert.equal(candidate(request, [mid, fresh]), undefined)
  })

  it('with MatchUpstream has to be available: approval alone does not bring what is not upstream', () => {
    const request = { stages: ['test'], match: true }
    const approved = sampleFreight('approved', { approved: { uat: 0 } })
    assert.equal(candidate(request, [approved]), undefined)
    const unverified = sampleFreight('unverified', { current: { test: 0 } })
    assert.equal(candidate(request, [unverified]), undefined)
    const both = sampleFreight('both', { approved: { uat: 0 }, current: { test: 0 } })
    assert.equal(candidate(request, [both]), 'both')
  })

  it('with MatchUpstream there is none while the record of the upstream Stage names two', () => {
    const request = { stages: ['test'], match: true }
    const two = sampleFreight('two', { verified: { test: 0 }, current: { test: 0 } })
    assert.equal(candidate(request, [old, two]), undefined)
    assert.equal(candidate(request, [old, two], sampleStage('test')), undefined)
    assert.equal(candidate({ ...request, stages: ['test', 'b'] }, [old, two]), 'two')
  })
})

describe('MatchUpstream behind a control-flow Stage', () => {
  const request = { stages: ['gate'], match: true }
  const gate = (options: RequestOptions): StageView =>
    sampleStage('gate', { controlFlow: true, requests: [options] })

  it('takes what the Stages before it are at and it let through', () => {
    const here = sampleFreight('here', { verified: { a: 0, gate: 0 }, current: { a: 0 } })
    const gone = sampleFreight('gone', { discovered: 0, verified: { a: 0, gate: 0 } })
    const early = sampleFreight('early', { discovered: 0, current: { a: 0 } })
    const before = gate({ stages: ['a'] })
    assert.equal(candidate(request, [gone, here, early], before, sampleStage('a')), 'here')
  })

  it('of several Stages before it takes the newest', () => {
    const a = sampleFreight('a', { verified: { gate: 0 }, current: { a: 0 } })
    const b = sampleFreight('b', { verified: { gate: 0 }, current: { b: 0 }, discovered: 0 })
    assert.equal(candidate(request, [b, a], gate({ stages: ['a', 'b'] })), 'b')
    const every = gate({ stages: ['a', 'b'], strategy: 'All' })
    assert.equal(candidate(request, [b, a], every), undefined)
    const both = sampleFreight('both', { verified: { gate: 0 }, current: { a: 0, b: 0 } })
    assert.equal(candidate(request, [b, a, both], every), 'both')
  })

  it('fed directly, by approval, or by nothing that it still requests, takes the newest it let through', () => {
    const a = sampleFreight('a', { verified: { gate: 0 } })
    const b = sampleFreight('b', { verified: { gate: 0 }, discovered: 0 })
    const c = sampleFreight('c', { discovered: minute })
    assert.equal(candidate(request, [b, c, a], gate({})), 'b')
    assert.equal(candidate(request, [b, c, a], gate({ warehouse: 'other' })), 'b')
    const approved = sampleFreight('approved', { verified: { gate: 0 }, approved: { gate: 0 } })
    assert.equal(candidate(request, [b, approved], gate({ stages: ['a'] })), 'approved')
  })

  it('works through several of them, and a cycle of them ends', () => {
    const freight = sampleFreight('f', { verified: { first: 0, gate: 0 }, current: { a: 0 } })
    const first = sampleStage('first', { controlFlow: true, requests: [{ stages: ['a'] }] })
    assert.equal(candidate(request, [freight], gate({ stages: ['first'] }), first), 'f')
    const cycle = sampleStage('first', { controlFlow: true, requests: [{ stages: ['gate'] }] })
    assert.equal(candidate(request, [freight], gate({ stages: ['first'] }), cycle), undefined)
  })

  it('with All every Stage is asked, and one that was asked before answers the same', () => {
    const freight = sampleFreight('f', { verified: { x: 0, y: 0, z: 0 }, current: { a: 0 } })
    const flow = (name: string, stages: readonly string[]): StageView =>
      sampleStage(name, { controlFlow: true, requests: [{ stages, strategy: 'All' }] })
    const stages = [flow('x', ['a']), flow('y', ['x']), flow('z', ['x', 'y'])]
    const asked = sampleRequest({ stages: ['z', 'y', 'x'], strategy: 'All', match: true })
    assert.equal(isAtUpstream(freight, asked, contextOf(...stages)), true)
    assert.equal(isAtUpstream(freight, undefined, contextOf(...stages)), false)
    const none = sampleRequest({ stages: [], strategy: 'All', match: true })
    assert.equal(isAtUpstream(freight, none, contextOf()), false)
  })
})

describe('the candidate of a list in any order', () => {
  it('is judged only where it could be the newest', () => {
    const asked: string[] = []
    const stage = sampleStage('uat', { requests: [{ stages: ['gate'], soak: '1h' }] })
    const gate = sampleStage('gate', { controlFlow: true })
    const stages = (name: string): StageView => {
      asked.push(name)
      return gate
    }
    const passed = (name: string, discovered: number): FreightView =>
      sampleFreight(name, { discovered, verified: { gate: -2 * hour } })
    const list = [passed('b', 2000), passed('a', 1000), passed('c', 3000)]
    const request = stage.spec.requestedFreight[0] ?? sampleRequest()
    assert.equal(candidateFor(stage, request, list, { now: noon, stages })?.metadata.name, 'c')
    assert.equal(asked.length, 2)
  })
})

describe('decideAutoPromotions', () => {
  const requests = [{ stages: ['test'] }, { warehouse: 'db' }, { warehouse: 'none' }]
  const status = {
    freightHistory: [sampleCollection([reference('old'), reference('foreign', 'db')])],
  }
  const stage = sampleStage('uat', { requests, status })
  const input = {
    ...contextOf(),
    stage,
    freight: all,
    policy: autoPolicy,
    holds: {},
    promotions: [],
  }

  it('answers for each requested origin, in the order of the spec', () => {
    const decisions = decideAutoPromotions(input)
    assert.deepEqual(
      decisions.map(({ origin, candidate: found, verdict }) => [
        origin,
        found?.metadata.name,
        verdict?.allowed,
      ]),
      [
        ['Warehouse/web', 'mid', true],
        ['Warehouse/db', 'foreign', false],
        ['Warehouse/none', undefined, undefined],
      ],
    )
  })

  it('judges the candidate as automatic, against what the Stage is at', () => {
    const [web, db] = decideAutoPromotions({
      ...input,
      stage: sampleStage('uat', {
        requests,
        status: { freightHistory: [sampleCollection([reference('fresh')])] },
      }),
      policy: { ...autoPolicy, autoPromotionEnabled: false },
    })
    assert.deepEqual(
      web?.verdict?.allowed === false && web.verdict.blockers.map(({ code }) => code),
      ['AutoPromotionDisabled', 'OlderThanCurrent'],
    )
    assert.deepEqual(
      db?.verdict?.allowed === false && db.verdict.blockers.map(({ code }) => code),
      ['AutoPromotionDisabled'],
    )
  })

  it('finds the Freight that the Stage is at by its name', () => {
    assert.equal(currentFreightOf(stage, sampleRequest(), all), old)
    assert.equal(currentFreightOf(stage, sampleRequest({ warehouse: 'none' }), all), undefined)
    assert.equal(currentFreightOf(stage, sampleRequest(), [mid]), undefined)
  })
})
