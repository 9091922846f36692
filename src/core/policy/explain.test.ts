import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recordDecision, replayDecision } from './decision.ts'
import { explainStage } from './explain.ts'
import type { ExplainInput } from './explain.ts'
import type { StageStatus } from '../kinds/stage.ts'
import { mayPromote } from './may-promote.ts'
import type { GateInput } from './may-promote.ts'
import {
  autoPolicy,
  hour,
  minute,
  noon,
  reference,
  sampleCollection,
  sampleFreight,
  sampleInput,
  samplePromotion,
  sampleStage,
} from '../../../test/policy/samples.ts'
import { withdraw } from './promotion-record.ts'

const test = sampleStage('test')

function input(overrides: Partial<ExplainInput> = {}): ExplainInput {
  return {
    stage: test,
    freight: [sampleFreight('old', { discovered: -9 * hour }), sampleFreight('new')],
    policy: autoPolicy,
    holds: {},
    promotions: [],
    now: noon,
    stages: () => test,
    ...overrides,
  }
}

function sentencesOf(overrides: Partial<ExplainInput>): readonly string[] {
  const { sentences, freight } = explainStage(input(overrides))
  for (const sentence of [...sentences, ...freight.flatMap((each) => each.sentences)])
    assert.match(sentence, /^[a-z].{10,}[^.]$/u)
  return sentences
}

describe('explaining a Stage', () => {
  it('judges the newest Freight of each origin that it requests', () => {
    const stage = sampleStage('test', {
      requests: [{}, { warehouse: 'db' }, { warehouse: 'none' }],
    })
    const freight = [...input().freight, sampleFreight('d', { warehouse: 'db' })]
    const found = explainStage(input({ stage, freight })).freight
    assert.deepEqual(
      found.map((each) => [each.freight, each.origin]),
      [
        ['new', 'Warehouse/web'],
        ['d', 'Warehouse/db'],
      ],
    )
  })

  it('judges one Freight when it is asked about one', () => {
    const only = sampleFreight('other', { warehouse: 'other' })
    const [found, ...rest] = explainStage(input({ only })).freight
    assert.deepEqual(rest, [])
    assert.equal(found?.freight, 'other')
    assert.equal(found.manual.allowed, false)
    assert.equal(found.sentences.length, 1)
  })

  it('gives the verdict by hand and the automatic one', () => {
    const [free] = explainStage(input()).freight
    assert.equal(free?.manual.allowed, true)
    assert.equal(free.auto.allowed, true)
    assert.equal(free.sentences.length, 1)
    const policy = { ...autoPolicy, autoPromotionEnabled: false }
    const [manual] = explainStage(input({ policy })).freight
    assert.equal(manual?.manual.allowed, true)
    assert.equal(manual.auto.allowed, false)
    assert.equal(manual.sentences.length, 2)
    assert.ok(manual.sentences.every((sentence) => sentence.includes('test')))
    const [blocker] = manual.auto.blockers
    assert.ok(blocker !== undefined && manual.sentences[1]?.includes(blocker.message))
    const blocked = sampleStage('test', { deleting: true, targets: true })
    const [none] = explainStage(input({ stage: blocked })).freight
    assert.equal(none?.manual.allowed, false)
    assert.deepEqual(
      none.sentences,
      none.manual.blockers.map(({ message }) => message),
    )
  })

  it('compares with what the Stage is at', () => {
    const status = { freightHistory: [sampleCollection([reference('new')])] }
    const [found] = explainStage(
      input({ stage: sampleStage('test', { status }), only: input().freight[0] }),
    ).freight
    assert.deepEqual(found?.auto.allowed === false && found.auto.blockers.map(({ code }) => code), [
      'OlderThanCurrent',
    ])
  })

  it('tells of each Promotion that runs or waits, and what for', () => {
    assert.deepEqual(sentencesOf({}), [])
    const running = samplePromotion('test.1', 'a', { phase: 'Running', started: 0, actor: 'admin' })
    const second = samplePromotion('test.2', 'b', { phase: 'Pending' })
    const third = samplePromotion('test.3', 'c')
    const ended = samplePromotion('test.0', 'c', { phase: 'Failed' })
    const other = samplePromotion('uat.0', 'c', { stage: 'uat' })
    const sentences = sentencesOf({ promotions: [third, other, running, ended, second] })
    assert.equal(sentences.length, 3)
    assert.match(sentences[0] ?? '', /test\.1.*admin.*2026-03-01T12:00:00Z/u)
    assert.match(sentences[1] ?? '', /test\.2.*test\.1/u)
    assert.match(sentences[2] ?? '', /test\.3.*test\.2/u)
    for (const sentence of sentences.slice(1)) assert.doesNotMatch(sentence, /by|runs/u)
    const early = samplePromotion('test.1', 'a', { phase: 'Running', started: minute })
    assert.match(sentencesOf({ promotions: [early] })[0] ?? '', /12:01:00Z/u)
    const [alone] = sentencesOf({ promotions: [second] })
    const status = {
      lastPromotion: { name: 'test.1' },
      freightHistory: [sampleCollection([reference('f')])],
    }
    const [verifying] = sentencesOf({
      promotions: [second],
      stage: sampleStage('test', { status }),
      freight: [],
    })
    assert.notEqual(alone, verifying)
    assert.match(verifying ?? '', /test\.2.*test .*verified/u)
    const timeless = { ...second, metadata: { name: 'test.2' } }
    assert.doesNotMatch(sentencesOf({ promotions: [timeless] })[0] ?? '', /since/u)
  })

  it('tells what the controller of the Stage says, unless it is told already', () => {
    const stageWith = (status: 'True' | 'False', reason: string, message: string): typeof test =>
      sampleStage('test', {
        status: {
          conditions: [
            { type: 'Healthy', status: 'False', reason: 'x', message: 'y', lastTransitionTime: '' },
            { type: 'Ready', status, reason, message, lastTransitionTime: '' },
          ],
        },
      })
    const said = sentencesOf({ stage: stageWith('False', 'CycleFound', 'a goes to b goes to a') })
    assert.match(said.join(), /CycleFound.*a goes to b goes to a/u)
    assert.deepEqual(sentencesOf({ stage: stageWith('True', 'Verified', 'all is well') }), [])
    assert.deepEqual(sentencesOf({ stage: stageWith('False', 'CycleFound', '') }), [])
    for (const reason of ['NoFreight', 'ActivePromotion', 'WarehouseNotFound', 'UpstreamNotFound'])
      assert.deepEqual(sentencesOf({ stage: stageWith('False', reason, 'told elsewhere') }), [])
    assert.deepEqual(sentencesOf({ stage: sampleStage('test', { status: {} }) }), [])
  })

  it('tells of Warehouses and Stages that do not exist, and of Freight that never came', () => {
    const stage = sampleStage('uat', { requests: [{ stages: ['test', 'gone'] }] })
    const stages = (name: string): typeof test | undefined => (name === 'test' ? test : undefined)
    assert.match(sentencesOf({ stage, stages }).join(), /^stage uat .* gone,/u)
    assert.equal(sentencesOf({ stage, stages, freight: [] }).length, 2)
    const hasWarehouse = (name: string): boolean => name !== 'web'
    assert.match(sentencesOf({ hasWarehouse }).join(), /Warehouse\/web/u)
    assert.equal(sentencesOf({ hasWarehouse, freight: [] }).length, 1)
    assert.deepEqual(sentencesOf({ hasWarehouse: () => true }), [])
  })

  it('of a control-flow Stage tells whether Freight passes', () => {
    const gate = sampleStage('gate', {
      controlFlow: true,
      requests: [{ stages: ['test'], soak: '1h' }],
    })
    const waiting = explainStage(input({ stage: gate }))
    assert.equal(waiting.sentences.length, 1)
    assert.equal(waiting.freight[0]?.sentences.length, 1)
    assert.match(waiting.freight[0].sentences[0] ?? '', /verified/u)
    const verified = sampleFreight('new', { verified: { test: 0 }, soaked: { test: '1h' } })
    const passing = explainStage(input({ stage: gate, freight: [verified] }))
    assert.match(passing.freight[0]?.sentences[0] ?? '', /passes/u)
    const regular = explainStage(
      input({ only: verified, stage: sampleStage('b', { deleting: true }) }),
    )
    assert.doesNotMatch(regular.freight[0]?.sentences.join() ?? '', /passes/u)
  })
})

describe('a recorded decision', () => {
  const gate = sampleStage('gate', { controlFlow: true, requests: [{ stages: ['test'] }] })
  const uat = sampleStage('uat', {
    requests: [{ stages: ['gate'], soak: '1h' }],
    status: {
      freightHistory: [sampleCollection([reference('old')], [{ id: '1', phase: 'Failed' }])],
      lastPromotion: { name: 'uat.1', finishedAt: '2026-03-01T11:00:00Z' },
      currentPromotion: { name: 'uat.2', freight: reference('x') },
      health: { status: 'Unhealthy' },
    },
  })
  const stages = new Map([test, gate, uat].map((stage) => [stage.metadata.name, stage]))
  const full = sampleInput({
    stage: uat,
    freight: sampleFreight('new', {
      verified: { test: -hour, gate: -hour },
      current: { test: -59 * minute },
      alias: 'brave-lynx',
    }),
    currentFreight: sampleFreight('old', { discovered: -9 * hour }),
    trigger: 'auto',
    at: 'start',
    promotion: samplePromotion('uat.9', 'new', { stage: 'uat', steps: 2, hold: 'Warehouse/web' }),
    promotions: [
      samplePromotion('uat.9', 'new', { stage: 'uat' }),
      samplePromotion('uat.3', 'x', { stage: 'uat', phase: 'Running', started: 0 }),
      samplePromotion('uat.1', 'new', {
        stage: 'uat',
        status: withdraw('Superseded', 'it did', '2026-03-01T11:00:00Z'),
      }),
      samplePromotion('uat.0', 'other', { stage: 'uat', phase: 'Failed' }),
      samplePromotion('test.3', 'x', { phase: 'Running' }),
    ],
    holds: { 'Warehouse/web': { freightName: 'old', actor: 'admin' } },
    stages: (name) => stages.get(name),
  })

  const current = (status: StageStatus): GateInput =>
    sampleInput({
      trigger: 'auto',
      stage: sampleStage('test', { status }),
      promotions: [samplePromotion('test.2', 'new', { phase: 'Succeeded' })],
    })
  const start = (status: StageStatus): GateInput => {
    const promotion = samplePromotion('test.9', 'new')
    const lastPromotion = { name: 'test.1', finishedAt: '2026-03-01T11:00:00Z' }
    const freightHistory = [sampleCollection([reference('old')])]
    const stage = sampleStage('test', { status: { lastPromotion, freightHistory, ...status } })
    return sampleInput({ at: 'start', promotion, promotions: [promotion], stage })
  }

  it('gives the same verdict again, blocked or allowed', () => {
    for (const each of [
      full,
      { ...full, now: noon + minute },
      { ...full, holds: {}, promotions: [], now: noon + minute },
      sampleInput(),
      sampleInput({ stage: sampleStage('test', { targets: true, verification: true }) }),
      sampleInput({
        stage: sampleStage('test', { verification: true }),
        supports: { verification: true },
      }),
      sampleInput({ trigger: 'auto' }),
      { ...full, at: 'create' as const, trigger: 'manual' as const },
      current({ currentPromotion: { name: 'test.7', freight: reference('new') } }),
      current({ currentPromotion: { name: 'test.7' } }),
      {
        ...current({ currentPromotion: { name: 'test.7', freight: reference('new') } }),
        promotions: [],
      },
      current({ lastPromotion: { name: 'test.3' } }),
      start({ health: { status: 'Healthy' } }),
      start({ health: { status: 'Unhealthy' } }),
      start({}),
      sampleInput({ at: 'start' }),
      sampleInput({
        trigger: 'auto',
        promotions: [samplePromotion('test.3', 'new', { actor: 'admin' })],
      }),
    ]) {
      const verdict = mayPromote(each)
      const decision = recordDecision(each, verdict)
      assert.equal(decision.allowed, verdict.allowed)
      assert.deepEqual(decision.verdict, JSON.parse(JSON.stringify(verdict)))
      const stored: typeof decision = JSON.parse(JSON.stringify(decision))
      assert.deepEqual(replayDecision(stored), verdict)
    }
  })

  it('is the same whoever looks: what has no part in it is left out', () => {
    const text = JSON.stringify(recordDecision(full, mayPromote(full)))
    for (const foreign of ['fail', 'uat.0', 'test.3', 'auto-promotion-hold'])
      assert.equal(text.includes(`"${foreign}"`), false, foreign)
    for (const part of ['uat.1', 'uat.3', 'uat.9', 'gate', 'test'])
      assert.equal(text.includes(`"${part}"`), true, part)
    for (const phase of ['Succeeded', 'Failed', 'Errored', 'Aborted'] as const) {
      const promotions = [samplePromotion('test.2', 'other', { phase })]
      const ended = sampleInput({ promotions })
      assert.deepEqual(recordDecision(ended, mayPromote(ended)).input['promotions'], [], phase)
    }
    assert.equal(recordDecision(full, mayPromote(full)).version, 1)
  })

  it('leaves out what the engine keeps of a Promotion that runs', () => {
    const config = { shown: 'x'.repeat(10_000), sealed: 'sealed-config' }
    const gantry = { steps: [{ attempts: 1, config }] }
    const running = samplePromotion('test.3', 'x', { status: { phase: 'Running', gantry } })
    const asked = sampleInput({ promotions: [running], promotion: running })
    const text = JSON.stringify(recordDecision(asked, mayPromote(asked)))
    assert.ok(text.includes('"test.3"'))
    assert.ok(!text.includes('sealed-config') && text.length < 10_000)
  })

  it('takes a bounded number of Stages along', () => {
    const many = Array.from({ length: 1500 }, (_, index) =>
      sampleStage(`s${index}`, { controlFlow: true, requests: [{ stages: [`s${index + 1}`] }] }),
    )
    const found = new Map(many.map((stage) => [stage.metadata.name, stage]))
    const stage = sampleStage('end', { requests: [{ stages: ['s0'] }] })
    const asked = sampleInput({ stage, stages: (name) => found.get(name) })
    const { input: recorded } = recordDecision(asked, mayPromote(asked))
    assert.equal(Array.isArray(recorded['stages']) && recorded['stages'].length, 1000)
  })
})
