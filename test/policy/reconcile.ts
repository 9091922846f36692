/** The controllers of a `World`: what they do is asked of the policy's pure functions, step by step. */
import assert from 'node:assert/strict'
import { toTimestamp } from '../../src/core/clock.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import type { Stage } from '../../src/core/kinds/stage.ts'
import { triggerOf } from '../../src/core/policy/annotations.ts'
import { decideAutoPromotions } from '../../src/core/policy/auto-promotion.ts'
import { listAvailable, nextAvailabilityChange } from '../../src/core/policy/availability.ts'
import { collectionFor, referenceTo } from '../../src/core/policy/freight-collection.ts'
import { addVerifiedStage, syncCurrentStage } from '../../src/core/policy/freight-status.ts'
import { aggregateHealth, planHealth } from '../../src/core/policy/health.ts'
import { effectiveHolds } from '../../src/core/policy/holds.ts'
import { isControlFlow, originKey } from '../../src/core/policy/origin.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { withdraw } from '../../src/core/policy/promotion-record.ts'
import { nextTurn, replayEnded } from '../../src/core/policy/queue.ts'
import {
  collectableFreight,
  collectablePromotions,
  freightInUse,
} from '../../src/core/policy/retention.ts'
import { supersededPromotions } from '../../src/core/policy/supersede.ts'
import { startOutcome } from '../../src/core/policy/verdict.ts'
import {
  planVerification,
  recordVerification,
  verifiedFreight,
} from '../../src/core/policy/verification.ts'
import type { World } from './world.ts'

const second = 1000

/** One pass over a Stage, as its controller makes it. */
export function reconcile(world: World, name: string): void {
  if (isControlFlow(world.stage(name))) passThrough(world, name)
  else {
    takeUp(world, name)
    syncFreight(world, name)
    assess(world, name)
    verify(world, name)
    promoteByItself(world, name)
  }
}

function passThrough(world: World, name: string): void {
  const freight = [...world.freight.values()]
  for (const each of listAvailable(world.stage(name), freight, world.context())) {
    if (each.status?.verifiedIn?.[name] !== undefined) continue
    assert.ok(world.oracle.isAvailable(name, each.metadata.name, world.now), 'passed too early')
    world.setFreight(each, addVerifiedStage(each.status ?? {}, name, world.now))
    world.oracle.verified(name, each.metadata.name, world.now)
  }
}

function takeUp(world: World, name: string): void {
  const { autoPromotionEnabled, supersedeQueued } = world.policy(name)
  const replay = replayEnded(world.stage(name), world.promotionsOf(name), autoPromotionEnabled)
  const stage = world.setStatus(name, replay.change)
  for (const { status } of replay.replayed)
    if (status?.phase === 'Succeeded')
      world.oracle.succeeded(
        name,
        new Map(
          Object.entries(status.freightCollection?.items ?? {}).map(([key, each]) => [
            key,
            each.name,
          ]),
        ),
      )
  if (replay.replayed.length > 0) return
  const originOf = (freight: string): Freight['origin'] | undefined =>
    world.freight.get(freight)?.origin
  for (const { promotion, by } of supersededPromotions(
    stage,
    world.promotionsOf(name),
    originOf,
    supersedeQueued,
  )) {
    assert.equal(triggerOf(promotion), 'auto', 'superseded what a person asked for')
    const message = `promotion ${by} takes its place`
    world.setPromotion(promotion, withdraw('Superseded', message, toTimestamp(world.now)))
  }
  const turn = nextTurn(stage, world.promotionsOf(name), world.supports)
  if (turn.do === 'run' && turn.promotion.status?.phase !== 'Running')
    start(world, stage, turn.promotion)
}

function start(world: World, stage: Stage, promotion: Promotion): void {
  const { name } = stage.metadata
  const freight = world.freight.get(promotion.spec.freight ?? '')
  if (freight === undefined) {
    world.end(promotion, 'Errored')
    return
  }
  const trigger = triggerOf(promotion)
  const verdict = world.ask(world.gateInput(stage, freight, trigger, promotion))
  const outcome = startOutcome(verdict)
  if (outcome === 'refuse' && trigger === 'auto' && !verdict.allowed)
    world.setPromotion(
      promotion,
      withdraw(verdict.blockers[0]?.code ?? '', 'it no longer applies', toTimestamp(world.now)),
    )
  else if (outcome === 'refuse') world.end(promotion, 'Errored')
  if (outcome !== 'start') return
  const others = world.promotionsOf(name).filter(({ status }) => status?.phase === 'Running')
  assert.equal(others.length, 0, 'two Promotions of one Stage at once')
  const target = referenceTo(freight)
  const freightCollection = collectionFor(stage, target)
  const expected = new Map<string, string>()
  for (const { origin } of stage.spec.requestedFreight) {
    const kept = world.oracle.kept(name, originKey(origin))
    if (kept !== undefined) expected.set(originKey(origin), kept)
  }
  expected.set(originKey(freight.origin), freight.metadata.name)
  const items = Object.entries(freightCollection.items ?? {})
  assert.deepEqual(new Map(items.map(([key, each]) => [key, each.name])), expected)
  world.setPromotion(promotion, {
    phase: 'Running',
    startedAt: toTimestamp(world.now),
    freight: target,
    freightCollection,
  })
  world.setStatus(name, { currentPromotion: { name: promotion.metadata.name, freight: target } })
}

function syncFreight(world: World, name: string): void {
  const stage = world.stage(name)
  const { changes } = syncCurrentStage(stage, [...world.freight.values()], world.now)
  for (const { freight, status } of changes) world.setFreight(freight, status)
  const items = Object.values(stage.status?.freightHistory?.[0]?.items ?? {})
  world.oracle.moved(name, new Set(items.map((each) => each.name)), world.now)
}

function assess(world: World, name: string): void {
  const plan = planHealth(world.stage(name))
  if (plan.do === 'set') {
    world.setStatus(name, { health: plan.health })
    return
  }
  const items = Object.values(world.stage(name).status?.freightHistory?.[0]?.items ?? {})
  const drawn = world.draw('health', name, items.map((each) => each.name).join('+'))
  const status =
    drawn < 0.8 ? 'Healthy' : drawn < 0.9 ? 'Unhealthy' : drawn < 0.95 ? 'Progressing' : 'Unknown'
  world.setStatus(name, { health: aggregateHealth([{ status }]) })
}

function verify(world: World, name: string): void {
  const stage = world.stage(name)
  const id = `v${world.nextSerial()}`
  const plan = planVerification(stage, { now: world.now, id, supports: world.supports })
  const [current, ...older] = stage.status?.freightHistory ?? []
  const at = toTimestamp(world.now)
  const record = (verification: Parameters<typeof recordVerification>[1]): void => {
    if (current === undefined) return
    world.setStatus(name, {
      freightHistory: [recordVerification(current, verification), ...older],
    })
  }
  if (plan.do === 'pass') {
    record(plan.verification)
    world.oracle.judged(name, true)
  }
  if (plan.do === 'start') record({ id, phase: 'Running', startTime: at })
  if (plan.do === 'follow' && (world.fate === 'fixed' || world.random.chance(0.5))) {
    const drawn = world.draw('verification', name, current?.id ?? '')
    const phase = drawn < 0.7 ? 'Successful' : drawn < 0.9 ? 'Failed' : 'Error'
    record({ ...plan.verification, phase, finishTime: at })
    world.oracle.judged(name, phase === 'Successful')
  }
  for (const verified of verifiedFreight(world.stage(name), world.now)) {
    const freight = world.freight.get(verified.name)
    if (freight === undefined) continue
    world.setFreight(freight, addVerifiedStage(freight.status ?? {}, name, verified.at))
    world.oracle.verified(name, verified.name, verified.at)
  }
}

function promoteByItself(world: World, name: string): void {
  const stage = world.stage(name)
  const promotions = world.promotionsOf(name)
  const policy = world.policy(name)
  const holds = effectiveHolds(stage, promotions, policy.autoPromotionEnabled)
  for (const { origin } of stage.spec.requestedFreight)
    assert.equal(
      originKey(origin) in holds,
      policy.autoPromotionEnabled && world.oracle.isHeld(name, originKey(origin)),
      'holds differ',
    )
  const freight = [...world.freight.values()]
  const input = {
    ...world.context(),
    stage,
    freight,
    policy,
    holds,
    promotions,
    supports: world.supports,
  }
  for (const { candidate, verdict } of decideAutoPromotions(input)) {
    if (candidate === undefined || verdict?.allowed !== true) continue
    // Admission asks again, and must not differ.
    assert.equal(world.ask(world.gateInput(stage, candidate, 'auto')).allowed, true)
    world.create(stage, candidate, 'controller:stage')
    world.automatic += 1
  }
}

export function collectGarbage(world: World): void {
  const rules = { maxRetained: 4, minAgeMs: 60 * second }
  const stages = [...world.stages.values()]
  for (const [name, { status }] of world.stages) {
    const lastNoted = status?.lastPromotion?.name ?? ''
    const own = world.promotionsOf(name)
    for (const promotion of collectablePromotions(own, rules, world.now, lastNoted)) {
      assert.ok(isTerminal(promotion), 'collected what has not ended')
      world.promotions.delete(promotion.metadata.name)
    }
  }
  const inUse = freightInUse(stages, [...world.promotions.values()])
  for (const warehouse of world.warehouses) {
    const freight = [...world.freight.values()].filter(({ origin }) => origin.name === warehouse)
    for (const { metadata } of collectableFreight(freight, inUse, rules, world.now)) {
      assert.ok(!inUse.has(metadata.name), 'collected what is in use')
      world.freight.delete(metadata.name)
    }
  }
}

/** When any Stage has to look again, because a soak ends then. */
export function nextChange(world: World): number | undefined {
  const freight = [...world.freight.values()]
  const times = [...world.stages.values()].flatMap(
    (stage) => nextAvailabilityChange(stage, freight, world.context()) ?? [],
  )
  return times.length === 0 ? undefined : Math.min(...times)
}
