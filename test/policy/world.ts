/**
 * A small world of Stages, Freight and Promotions that is run by the policy's pure functions alone, as the controllers
 * run the real one, with people, clocks and failures as random as a seed makes them.
 */
import assert from 'node:assert/strict'
import { toTimestamp } from '../../src/core/clock.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import { annotations } from '../../src/core/kinds/labels.ts'
import type { Promotion, PromotionPhase } from '../../src/core/kinds/promotion.ts'
import type { Stage, StageStatus } from '../../src/core/kinds/stage.ts'
import { supersedeAnnotation, triggerOf } from '../../src/core/policy/annotations.ts'
import {
  candidateFor,
  currentFreightOf,
  decideAutoPromotions,
} from '../../src/core/policy/auto-promotion.ts'
import { listAvailable, nextAvailabilityChange } from '../../src/core/policy/availability.ts'
import { recordDecision, replayDecision } from '../../src/core/policy/decision.ts'
import { collectionFor, referenceTo } from '../../src/core/policy/freight-collection.ts'
import {
  addApprovedStage,
  addVerifiedStage,
  syncCurrentStage,
} from '../../src/core/policy/freight-status.ts'
import { aggregateHealth, planHealth } from '../../src/core/policy/health.ts'
import { effectiveHolds, holdIntent } from '../../src/core/policy/holds.ts'
import { mayPromote } from '../../src/core/policy/may-promote.ts'
import type { GateInput } from '../../src/core/policy/may-promote.ts'
import { isControlFlow, originKey, requestFor } from '../../src/core/policy/origin.ts'
import type { StagePolicy } from '../../src/core/policy/policy-facts.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { withdraw } from '../../src/core/policy/promotion-record.ts'
import { nextTurn, replayEnded } from '../../src/core/policy/queue.ts'
import {
  collectableFreight,
  collectablePromotions,
  freightInUse,
} from '../../src/core/policy/retention.ts'
import { stagePolicy } from '../../src/core/policy/stage-policy.ts'
import type { ProjectConfigView } from '../../src/core/policy/stage-policy.ts'
import { supersededPromotions } from '../../src/core/policy/supersede.ts'
import { requiredGates, startOutcome } from '../../src/core/policy/verdict.ts'
import type { Verdict } from '../../src/core/policy/verdict.ts'
import type { FreightView } from '../../src/core/policy/views.ts'
import {
  planVerification,
  recordVerification,
  verifiedFreight,
} from '../../src/core/policy/verification.ts'
import { Oracle } from './oracle.ts'
import type { OracleRequest } from './oracle.ts'
import { seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { noon, sampleFreight, samplePromotion, sampleRequest, sampleStage } from './samples.ts'
import type { RequestOptions } from './samples.ts'

const second = 1000
const soaks = ['', '30s', '2m', '10m'] as const

/** How things turn out: at random, or for each pair of Stage and Freight always the same. */
export type Fate = 'random' | 'fixed'

export class World {
  readonly random: Random
  readonly stages = new Map<string, Stage>()
  readonly freight = new Map<string, Freight>()
  readonly promotions = new Map<string, Promotion>()
  readonly oracle = new Oracle()
  readonly supports: { readonly verification: boolean }
  readonly projectConfig: ProjectConfigView
  /** Promotions made automatically so far. */
  automatic = 0
  now = noon
  fate: Fate = 'random'
  readonly #seed: number
  readonly #policies = new Map<string, StagePolicy>()
  readonly #warehouses: readonly string[]
  #serial = 0

  constructor(seed: number) {
    this.#seed = seed
    this.random = seededRandom(seed)
    const { random } = this
    this.#warehouses = random.chance(0.4) ? ['web', 'db'] : ['web']
    this.supports = { verification: random.chance(0.5) }
    this.projectConfig = {
      metadata: {
        name: 'demo',
        annotations: random.chance(0.5) ? { [supersedeAnnotation]: 'true' } : {},
      },
      spec: {
        promotionPolicies: [
          { stage: 's1', autoPromotionEnabled: random.chance(0.7) },
          { stageSelector: { name: 'regex:^s[0-9]$' }, autoPromotionEnabled: random.chance(0.9) },
        ],
      },
    }
    const count = 2 + random.int(5)
    for (let index = 0; index < count; index += 1) this.#addStage(index)
    const { projectConfig } = this
    for (const [name, stage] of this.stages)
      this.#policies.set(name, stagePolicy(stage, { projectConfig }))
    for (const stage of this.stages.values()) this.#tellOracle(stage)
  }

  #tellOracle(stage: Stage): void {
    const requests = stage.spec.requestedFreight.map((request): [string, OracleRequest] => [
      originKey(request.origin),
      oracleRequest(request.sources),
    ])
    const controlFlow = isControlFlow(stage)
    this.oracle.defined(stage.metadata.name, { controlFlow, requests: new Map(requests) })
  }

  /** Someone changes where a Stage takes its Freight from. */
  edit(): void {
    const stage = this.random.pick([...this.stages.values()])
    if (stage === undefined) return
    const { name } = stage.metadata
    const before = [...this.stages.values()].filter((each) => each.metadata.name < name)
    const requestedFreight = stage.spec.requestedFreight.map(({ origin }) =>
      sampleRequest(this.#randomRequest(origin.name, before)),
    )
    const changed = { ...stage, spec: { ...stage.spec, requestedFreight } }
    this.stages.set(name, changed)
    this.#tellOracle(changed)
  }

  #addStage(index: number): void {
    const { random } = this
    const requests = this.#warehouses
      .filter((_, position) => position === 0 || random.chance(0.7))
      .map((warehouse) => this.#randomRequest(warehouse, [...this.stages.values()]))
    const name = `s${index}`
    const controlFlow = random.chance(0.25)
    const verification = !controlFlow && random.chance(this.supports.verification ? 0.3 : 0.05)
    this.stages.set(name, sampleStage(name, { requests, controlFlow, verification }))
  }

  #randomRequest(warehouse: string, earlier: readonly Stage[]): RequestOptions {
    const { random } = this
    const before = earlier
      .filter((stage) => requestFor(stage, { kind: 'Warehouse', name: warehouse }))
      .map(({ metadata }) => metadata.name)
    if (before.length === 0 || random.chance(0.15)) return { warehouse, direct: true }
    const chosen = before.filter(() => random.chance(0.5))
    const stages = chosen.length > 0 ? chosen : before.slice(-1)
    return {
      warehouse,
      stages,
      soak: random.pick(soaks) ?? '',
      strategy: random.chance(0.4) ? 'All' : 'OneOf',
      match: stages.length === 1 && random.chance(0.4),
    }
  }

  stage(name: string): Stage {
    const stage = this.stages.get(name)
    assert.ok(stage)
    return stage
  }

  policy(stage: string): StagePolicy {
    const policy = this.#policies.get(stage)
    assert.ok(policy)
    return policy
  }

  context(): { readonly now: number; readonly stages: (name: string) => Stage | undefined } {
    return { now: this.now, stages: (name) => this.stages.get(name) }
  }

  promotionsOf(stage: string): readonly Promotion[] {
    return [...this.promotions.values()].filter(({ spec }) => spec.stage === stage)
  }

  /** Something for each pair that never changes, in [0, 1). */
  #fixed(kind: string, stage: string, freight: string): number {
    let hash = this.#seed
    for (const char of `${kind}/${stage}/${freight}`)
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
    return seededRandom(hash).next()
  }

  #draw(kind: string, stage: string, freight: string): number {
    return this.fate === 'fixed' ? this.#fixed(kind, stage, freight) : this.random.next()
  }

  discover(): void {
    const warehouse = this.random.pick(this.#warehouses) ?? 'web'
    const name = `f${String((this.#serial += 1)).padStart(6, '0')}`
    const discovered = this.now - noon - this.random.int(3) * second
    this.freight.set(name, sampleFreight(name, { warehouse, discovered }))
    this.oracle.discovered(name, `Warehouse/${warehouse}`)
  }

  wait(): void {
    const spans = [second, 10 * second, 60 * second, 600 * second]
    this.now += second * this.random.int((this.random.pick(spans) ?? second) / second + 1)
  }

  gateInput(
    stage: Stage,
    freight: Freight,
    trigger: GateInput['trigger'],
    promotion?: Promotion,
  ): GateInput {
    const { name } = stage.metadata
    const promotions = this.promotionsOf(name)
    const policy = this.policy(name)
    return {
      ...this.context(),
      stage,
      freight,
      trigger,
      policy,
      promotions,
      promotion,
      at: promotion === undefined ? 'create' : 'start',
      holds: effectiveHolds(stage, promotions, policy.autoPromotionEnabled),
      currentFreight: currentFreightOf(stage, freight, [...this.freight.values()]),
      supports: this.supports,
    }
  }

  /** Asks the kernel, and holds what it allows against the second account. */
  ask(input: GateInput): Verdict {
    const verdict = mayPromote(input)
    const { stage, freight, trigger, at } = input
    const { name } = stage.metadata
    if (verdict.allowed) {
      assert.deepEqual(
        verdict.evidence.map(({ gate }) => gate),
        requiredGates(trigger, at),
        'a verdict without each proof',
      )
      assert.ok(this.oracle.isAvailable(name, freight.metadata.name, this.now), 'not available')
      assert.ok(!isControlFlow(stage), 'promoted into a control-flow Stage')
      assert.ok(
        stage.spec.verification === undefined || this.supports.verification,
        'a gate that is not supported was ignored',
      )
      if (trigger === 'auto') this.#checkAuto(input)
    } else assert.ok(verdict.blockers.length > 0, 'refused without a reason')
    if (this.random.chance(0.05))
      assert.deepEqual(replayDecision(recordDecision(input, verdict)), verdict)
    return verdict
  }

  #checkAuto({ stage, freight, currentFreight, at }: GateInput): void {
    const { name } = stage.metadata
    const title = freight.metadata.name
    assert.ok(this.policy(name).autoPromotionEnabled, 'automatic although it is off')
    assert.ok(!this.oracle.isHeld(name, originKey(freight.origin)), 'automatic although held')
    assert.ok(!this.oracle.wasBad(name, title), 'automatic although it did not pass verification')
    const same = this.promotionsOf(name).filter(
      (each) => each.spec.freight === title && !isTerminal(each),
    )
    assert.ok(at === 'start' || same.length === 0, 'the same Freight twice in the queue')
    const request = requestFor(stage, freight.origin)
    if (request?.sources.autoPromotionOptions?.selectionPolicy === 'MatchUpstream') {
      assert.ok(this.oracle.matchesUpstream(name, title), 'not what the upstream Stage is at')
      return
    }
    const current = this.oracle.kept(name, originKey(freight.origin))
    if (current === undefined || currentFreight === undefined) return
    assert.ok(isLater(freight, currentFreight), 'backwards by itself')
  }

  /** Someone asks whether a Promotion may start that may not be the next. */
  probe(): void {
    const open = [...this.promotions.values()].filter((each) => !isTerminal(each))
    const promotion = this.random.pick(open)
    const freight = this.freight.get(promotion?.spec.freight ?? '')
    if (promotion === undefined || freight === undefined) return
    const stage = this.stage(promotion.spec.stage)
    const input = this.gateInput(stage, freight, triggerOf(promotion), promotion)
    if (!this.ask(input).allowed) return
    for (const other of this.promotionsOf(promotion.spec.stage)) {
      if (other === promotion || isTerminal(other)) continue
      assert.notEqual(other.status?.phase, 'Running', 'two Promotions of one Stage at once')
      if (promotion.status?.phase !== 'Running')
        assert.ok(other.metadata.name > promotion.metadata.name, 'out of turn')
    }
  }

  /** A person promotes something somewhere; the kernel decides whether that is let in. */
  promoteByHand(): void {
    const stage = this.random.pick([...this.stages.values()])
    const freight = this.random.pick([...this.freight.values()].slice(-5))
    if (stage === undefined || freight === undefined) return
    if (this.ask(this.gateInput(stage, freight, 'manual')).allowed)
      this.#create(stage, freight, 'admin')
  }

  #create(stage: Stage, freight: Freight, actor: string): void {
    const { name } = stage.metadata
    const promotionName = `${name}.${String((this.#serial += 1)).padStart(6, '0')}`
    const request = requestFor(stage, freight.origin)
    const candidate =
      request && candidateFor(stage, request, [...this.freight.values()], this.context())
    const intent =
      actor === 'admin'
        ? holdIntent({
            stage,
            freight,
            candidate: candidate?.metadata.name,
            autoPromotionEnabled: this.policy(name).autoPromotionEnabled,
          })
        : undefined
    const promotion = samplePromotion(promotionName, freight.metadata.name, {
      stage: name,
      actor,
      created: this.now - noon,
    })
    if (intent !== undefined) {
      promotion.metadata.annotations = {
        ...promotion.metadata.annotations,
        [intent.annotation]: intent.value,
      }
      const hold = intent.annotation === annotations.autoPromotionHold
      this.oracle.intended(name, intent.value, promotionName, hold)
    }
    this.promotions.set(promotionName, promotion)
  }

  approve(): void {
    const stage = this.random.pick([...this.stages.keys()])
    const freight = this.random.pick([...this.freight.values()])
    if (stage === undefined || freight === undefined) return
    this.#setFreight(freight, addApprovedStage(freight.status ?? {}, stage, this.now))
    this.oracle.approved(stage, freight.metadata.name)
  }

  abort(): void {
    const open = [...this.promotions.values()].filter((promotion) => !isTerminal(promotion))
    const promotion = this.random.pick(open)
    if (promotion !== undefined) this.#end(promotion, 'Aborted')
  }

  #end(promotion: Promotion, phase: PromotionPhase): void {
    const { name } = promotion.metadata
    if (phase === 'Aborted') this.oracle.aborted(name)
    if (phase !== 'Succeeded')
      this.oracle.failed(promotion.spec.stage, promotion.spec.freight ?? '')
    this.#setPromotion(promotion, { phase, finishedAt: toTimestamp(this.now) })
  }

  /** One of the running Promotions comes to its end. Returns whether there was one. */
  finish(): boolean {
    const running = [...this.promotions.values()].filter(
      ({ status }) => status?.phase === 'Running',
    )
    const promotion = this.random.pick(running)
    if (promotion === undefined) return false
    const drawn = this.#draw('end', promotion.spec.stage, promotion.spec.freight ?? '')
    this.#end(promotion, drawn < 0.75 ? 'Succeeded' : drawn < 0.9 ? 'Failed' : 'Errored')
    return true
  }

  #setPromotion(promotion: Promotion, status: Promotion['status']): void {
    this.promotions.set(promotion.metadata.name, {
      ...promotion,
      status: { ...promotion.status, ...status },
    })
  }

  #setFreight(freight: Freight, status: Freight['status']): void {
    this.freight.set(freight.metadata.name, { ...freight, status })
  }

  #setStatus(name: string, change: StageStatus): Stage {
    const stage = this.stage(name)
    const changed = { ...stage, status: { ...stage.status, ...change } }
    this.stages.set(name, changed)
    return changed
  }

  /** One pass over a Stage, as its controller makes it. */
  reconcile(name: string): void {
    if (isControlFlow(this.stage(name))) this.#passThrough(name)
    else {
      this.#takeUp(name)
      this.#syncFreight(name)
      this.#assess(name)
      this.#verify(name)
      this.#promoteByItself(name)
    }
  }

  #passThrough(name: string): void {
    const freight = [...this.freight.values()]
    for (const each of listAvailable(this.stage(name), freight, this.context())) {
      if (each.status?.verifiedIn?.[name] !== undefined) continue
      assert.ok(this.oracle.isAvailable(name, each.metadata.name, this.now), 'passed too early')
      this.#setFreight(each, addVerifiedStage(each.status ?? {}, name, this.now))
      this.oracle.verified(name, each.metadata.name, this.now)
    }
  }

  #takeUp(name: string): void {
    const { autoPromotionEnabled, supersedeQueued } = this.policy(name)
    const replay = replayEnded(this.stage(name), this.promotionsOf(name), autoPromotionEnabled)
    const stage = this.#setStatus(name, replay.change)
    for (const { status } of replay.replayed)
      if (status?.phase === 'Succeeded')
        this.oracle.succeeded(
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
      this.freight.get(freight)?.origin
    for (const { promotion, by } of supersededPromotions(
      stage,
      this.promotionsOf(name),
      originOf,
      supersedeQueued,
    )) {
      assert.equal(triggerOf(promotion), 'auto', 'superseded what a person asked for')
      const message = `promotion ${by} takes its place`
      this.#setPromotion(promotion, withdraw('Superseded', message, toTimestamp(this.now)))
    }
    const turn = nextTurn(stage, this.promotionsOf(name), this.supports)
    if (turn.do === 'run' && turn.promotion.status?.phase !== 'Running')
      this.#start(stage, turn.promotion)
  }

  #start(stage: Stage, promotion: Promotion): void {
    const { name } = stage.metadata
    const freight = this.freight.get(promotion.spec.freight ?? '')
    if (freight === undefined) {
      this.#end(promotion, 'Errored')
      return
    }
    const trigger = triggerOf(promotion)
    const verdict = this.ask(this.gateInput(stage, freight, trigger, promotion))
    const outcome = startOutcome(verdict)
    if (outcome === 'refuse' && trigger === 'auto' && !verdict.allowed)
      this.#setPromotion(
        promotion,
        withdraw(verdict.blockers[0]?.code ?? '', 'it no longer applies', toTimestamp(this.now)),
      )
    else if (outcome === 'refuse') this.#end(promotion, 'Errored')
    if (outcome !== 'start') return
    const others = this.promotionsOf(name).filter(({ status }) => status?.phase === 'Running')
    assert.equal(others.length, 0, 'two Promotions of one Stage at once')
    const target = referenceTo(freight)
    const freightCollection = collectionFor(stage, target)
    const expected = new Map<string, string>()
    for (const { origin } of stage.spec.requestedFreight) {
      const kept = this.oracle.kept(name, originKey(origin))
      if (kept !== undefined) expected.set(originKey(origin), kept)
    }
    expected.set(originKey(freight.origin), freight.metadata.name)
    const items = Object.entries(freightCollection.items ?? {})
    assert.deepEqual(new Map(items.map(([key, each]) => [key, each.name])), expected)
    this.#setPromotion(promotion, {
      phase: 'Running',
      startedAt: toTimestamp(this.now),
      freight: target,
      freightCollection,
    })
    this.#setStatus(name, { currentPromotion: { name: promotion.metadata.name, freight: target } })
  }

  #syncFreight(name: string): void {
    const stage = this.stage(name)
    const { changes } = syncCurrentStage(stage, [...this.freight.values()], this.now)
    for (const { freight, status } of changes) this.#setFreight(freight, status)
    const items = Object.values(stage.status?.freightHistory?.[0]?.items ?? {})
    this.oracle.moved(name, new Set(items.map((each) => each.name)), this.now)
  }

  #assess(name: string): void {
    const plan = planHealth(this.stage(name))
    if (plan.do === 'set') {
      this.#setStatus(name, { health: plan.health })
      return
    }
    const items = Object.values(this.stage(name).status?.freightHistory?.[0]?.items ?? {})
    const drawn = this.#draw('health', name, items.map((each) => each.name).join('+'))
    const status =
      drawn < 0.8 ? 'Healthy' : drawn < 0.9 ? 'Unhealthy' : drawn < 0.95 ? 'Progressing' : 'Unknown'
    this.#setStatus(name, { health: aggregateHealth([{ status }]) })
  }

  #verify(name: string): void {
    const stage = this.stage(name)
    const id = `v${(this.#serial += 1)}`
    const plan = planVerification(stage, { now: this.now, id, supports: this.supports })
    const [current, ...older] = stage.status?.freightHistory ?? []
    const at = toTimestamp(this.now)
    const record = (verification: Parameters<typeof recordVerification>[1]): void => {
      if (current === undefined) return
      this.#setStatus(name, {
        freightHistory: [recordVerification(current, verification), ...older],
      })
    }
    if (plan.do === 'pass') {
      record(plan.verification)
      this.oracle.judged(name, true)
    }
    if (plan.do === 'start') record({ id, phase: 'Running', startTime: at })
    if (plan.do === 'follow' && (this.fate === 'fixed' || this.random.chance(0.5))) {
      const drawn = this.#draw('verification', name, current?.id ?? '')
      const phase = drawn < 0.7 ? 'Successful' : drawn < 0.9 ? 'Failed' : 'Error'
      record({ ...plan.verification, phase, finishTime: at })
      this.oracle.judged(name, phase === 'Successful')
    }
    for (const verified of verifiedFreight(this.stage(name), this.now)) {
      const freight = this.freight.get(verified.name)
      if (freight === undefined) continue
      this.#setFreight(freight, addVerifiedStage(freight.status ?? {}, name, verified.at))
      this.oracle.verified(name, verified.name, verified.at)
    }
  }

  #promoteByItself(name: string): void {
    const stage = this.stage(name)
    const promotions = this.promotionsOf(name)
    const policy = this.policy(name)
    const holds = effectiveHolds(stage, promotions, policy.autoPromotionEnabled)
    for (const { origin } of stage.spec.requestedFreight)
      assert.equal(
        originKey(origin) in holds,
        policy.autoPromotionEnabled && this.oracle.isHeld(name, originKey(origin)),
        'holds differ',
      )
    const freight = [...this.freight.values()]
    const input = {
      ...this.context(),
      stage,
      freight,
      policy,
      holds,
      promotions,
      supports: this.supports,
    }
    for (const { candidate, verdict } of decideAutoPromotions(input)) {
      if (candidate === undefined || verdict?.allowed !== true) continue
      // Admission asks again, and must not differ.
      assert.equal(this.ask(this.gateInput(stage, candidate, 'auto')).allowed, true)
      this.#create(stage, candidate, 'controller:stage')
      this.automatic += 1
    }
  }

  collectGarbage(): void {
    const rules = { maxRetained: 4, minAgeMs: 60 * second }
    const stages = [...this.stages.values()]
    for (const [name, { status }] of this.stages) {
      const lastNoted = status?.lastPromotion?.name ?? ''
      const own = this.promotionsOf(name)
      for (const promotion of collectablePromotions(own, rules, this.now, lastNoted)) {
        assert.ok(isTerminal(promotion), 'collected what has not ended')
        this.promotions.delete(promotion.metadata.name)
      }
    }
    const inUse = freightInUse(stages, [...this.promotions.values()])
    for (const warehouse of this.#warehouses) {
      const freight = [...this.freight.values()].filter(({ origin }) => origin.name === warehouse)
      for (const { metadata } of collectableFreight(freight, inUse, rules, this.now)) {
        assert.ok(!inUse.has(metadata.name), 'collected what is in use')
        this.freight.delete(metadata.name)
      }
    }
  }

  /** When any Stage has to look again, because a soak ends then. */
  nextChange(): number | undefined {
    const freight = [...this.freight.values()]
    const times = [...this.stages.values()].flatMap(
      (stage) => nextAvailabilityChange(stage, freight, this.context()) ?? [],
    )
    return times.length === 0 ? undefined : Math.min(...times)
  }
}

/** By discovery, then by name. */
export function isLater(a: FreightView, b: FreightView): boolean {
  return `${a.discoveredAt} ${a.metadata.name}` > `${b.discoveredAt} ${b.metadata.name}`
}

function oracleRequest(
  sources: Stage['spec']['requestedFreight'][number]['sources'],
): OracleRequest {
  const soak: Readonly<Record<string, number>> = { '30s': 30, '2m': 120, '10m': 600 }
  return {
    direct: sources.direct === true,
    stages: sources.stages ?? [],
    soakMs: (soak[sources.requiredSoakTime ?? ''] ?? 0) * second,
    all: sources.availabilityStrategy === 'All',
  }
}
