// Verdicts a second, and one whole evaluation of a big Stage, each against plain work on the same objects in the same run.
import { decideAutoPromotions } from '../src/core/policy/auto-promotion.ts'
import { listAvailable, nextAvailabilityChange } from '../src/core/policy/availability.ts'
import { syncCurrentStage } from '../src/core/policy/freight-status.ts'
import { effectiveHolds } from '../src/core/policy/holds.ts'
import { mayPromote } from '../src/core/policy/may-promote.ts'
import type { GateInput } from '../src/core/policy/may-promote.ts'
import { nextTurn, replayEnded } from '../src/core/policy/queue.ts'
import { stageReadiness } from '../src/core/policy/stage-status.ts'
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
} from '../test/policy/samples.ts'

const rounds = 15
const wantedPerSecond = 200_000
const limitMs = 20

/** Milliseconds; the median of the rounds, the sides taking turns. */
function medians(...sides: readonly (() => unknown)[]): readonly number[] {
  const times = sides.map((): number[] => [])
  for (let round = 0; round < rounds + 3; round += 1)
    for (const [index, side] of sides.entries()) {
      const before = performance.now()
      side()
      if (round >= 3) times[index]?.push(performance.now() - before)
    }
  return times.map((list) => list.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0)
}

/** What a Project asks in an hour: by hand and automatic, allowed and refused, at creation and at the start. */
function inputs(): readonly GateInput[] {
  const status = {
    freightHistory: [sampleCollection([reference('old')], [{ id: '1', phase: 'Successful' }])],
    lastPromotion: { name: 'uat.010' },
  }
  const soaking = { stages: ['test'], soak: '1h' }
  const uat = sampleStage('uat', { requests: [soaking], status })
  const soaked = sampleFreight('new', {
    verified: { test: -2 * hour },
    current: { test: -2 * hour },
  })
  const fresh = sampleFreight('new', { verified: { test: 0 }, current: { test: -minute } })
  const promotions = Array.from({ length: 20 }, (_, index) =>
    samplePromotion(`uat.${String(index).padStart(3, '0')}`, `f${index}`, {
      stage: 'uat',
      phase: 'Succeeded',
    }),
  )
  const promotion = samplePromotion('uat.100', 'new', { stage: 'uat' })
  const currentFreight = sampleFreight('old', { discovered: -9 * hour })
  const auto = { stage: uat, promotions, currentFreight, trigger: 'auto' } as const
  return [
    sampleInput(),
    sampleInput({ stage: uat, freight: soaked, promotions }),
    sampleInput({ stage: uat, freight: fresh, promotions }),
    sampleInput({ stage: uat, promotions }),
    sampleInput({ ...auto, freight: soaked }),
    sampleInput({
      ...auto,
      freight: soaked,
      policy: { ...autoPolicy, autoPromotionEnabled: false },
    }),
    sampleInput({ ...auto, freight: soaked, at: 'start', promotion }),
    sampleInput({
      stage: sampleStage('prod', { requests: [{ stages: ['a', 'b'], strategy: 'All' }] }),
    }),
  ]
}

const cases = inputs()
const repeats = 5000

function judgeAll(): number {
  let allowed = 0
  for (let repeat = 0; repeat < repeats; repeat += 1)
    for (const input of cases) if (mayPromote(input).allowed) allowed += 1
  return allowed
}

/** The same objects, merely written down. */
function serializeAll(): number {
  let length = 0
  for (let repeat = 0; repeat < repeats; repeat += 1)
    for (const { stage, freight } of cases)
      length += JSON.stringify(stage).length + JSON.stringify(freight).length
  return length
}

const freight = Array.from({ length: 10_000 }, (_, index) =>
  sampleFreight(`f${String(index).padStart(5, '0')}`, {
    discovered: -(index % 7919) * minute,
    ...(index % 2 === 0 && { verified: { test: -index * 1000 }, soaked: { test: '2h0m0s' } }),
    ...(index === 1 && { verified: { test: -minute }, current: { test: -minute } }),
    ...(index === 4 && { current: { uat: -minute } }),
  }),
)
const promotions = Array.from({ length: 1000 }, (_, index) =>
  samplePromotion(`uat.${String(index).padStart(4, '0')}`, `f${String(index).padStart(5, '0')}`, {
    stage: 'uat',
    phase: index === 999 ? 'Pending' : 'Succeeded',
    started: 0,
  }),
)
const stage = sampleStage('uat', {
  requests: [{ stages: ['test'], soak: '1h' }],
  status: {
    freightHistory: [sampleCollection([reference('f00004')], [{ id: '1', phase: 'Successful' }])],
    lastPromotion: { name: 'uat.0998' },
    health: { status: 'Healthy' },
  },
})
const test = sampleStage('test')
const context = { now: noon, stages: (name: string) => (name === 'test' ? test : undefined) }

/** Every question that one reconcile of the Stage asks. */
function evaluateStage(): number {
  const replay = replayEnded(stage, promotions, true)
  const holds = effectiveHolds(stage, promotions, true)
  const turn = nextTurn(stage, promotions)
  const { changes } = syncCurrentStage(stage, freight, noon)
  const decisions = decideAutoPromotions({
    ...context,
    stage,
    freight,
    promotions,
    holds,
    policy: autoPolicy,
  })
  const available = listAvailable(stage, freight, context)
  const next = nextAvailabilityChange(stage, freight, context)
  const { observed } = stageReadiness(stage)
  return [replay, turn, next, observed, changes, decisions, available].length
}

/** The same lists, merely put in order by what they say. */
function sortStage(): number {
  const byDiscovery = freight.toSorted((a, b) =>
    (a.discoveredAt ?? '') < (b.discoveredAt ?? '') ? 1 : -1,
  )
  const byName = promotions.toSorted((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1))
  return byDiscovery.length + byName.length
}

const [judgeMs = 0, serializeMs = 0, stageMs = 0, sortMs = 0] = medians(
  judgeAll,
  serializeAll,
  evaluateStage,
  sortStage,
)
const perSecond = Math.round((repeats * cases.length) / (judgeMs / 1000))
console.log(
  JSON.stringify({
    name: 'kernel',
    verdicts: {
      perSecond,
      wantedPerSecond,
      ratioToSerializing: Number((judgeMs / serializeMs).toFixed(3)),
    },
    stage: {
      freight: freight.length,
      promotions: promotions.length,
      ms: Number(stageMs.toFixed(2)),
      limitMs,
      ratioToSorting: Number((stageMs / sortMs).toFixed(3)),
    },
    ratio: Number((judgeMs / serializeMs).toFixed(3)),
    ok: perSecond >= wantedPerSecond && stageMs < limitMs,
  }),
)
