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
import { candidateFor, currentFreightOf } from '../../src/core/policy/auto-promotion.ts'
import { recordDecision, replayDecision } from '../../src/core/policy/decision.ts'
import { addApprovedStage } from '../../src/core/policy/freight-status.ts'
import { effectiveHolds, holdIntent } from '../../src/core/policy/holds.ts'
import { mayPromote } from '../../src/core/policy/may-promote.ts'
import type { GateInput } from '../../src/core/policy/may-promote.ts'
import { isControlFlow, originKey, requestFor } from '../../src/core/policy/origin.ts'
import type { StagePolicy } from '../../src/core/policy/policy-facts.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { stagePolicy } from '../../src/core/policy/stage-policy.ts'
import type { ProjectConfigView } from '../../src/core/policy/stage-policy.ts'
import { requiredGates } from '../../src/core/policy/verdict.ts'
import type { Verdict } from '../../src/core/policy/verdict.ts'
import type { FreightView } from '../../src/core/policy/views.ts'
import { Oracle } from './oracle.ts'
import { oracleStage, randomRequest, randomStage } from './random-pipeline.ts'
import { seededRandom } from './random.ts'
import type { Random } from './random.ts'
import { noon, sampleFreight, samplePromotion, sampleRequest } from './samples.ts'

const second = 1000

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
  readonly warehouses: readonly string[]
  #serial = 0

  constructor(seed: number) {
    this.#seed = seed
    this.random = seededRandom(seed)
    const { random } = this
    this.warehouses = random.chance(0.4) ? ['web', 'db'] : ['web']
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
    for (let index = 0; index < count; index += 1) {
      const earlier = [...this.stages.values()]
      const stage = randomStage(random, earlier, this.warehouses, this.supports.verification)
      this.stages.set(stage.metadata.name, stage)
    }
    const { projectConfig } = this
    for (const [name, stage] of this.stages)
      this.#policies.set(name, stagePolicy(stage, { projectConfig }))
    for (const stage of this.stages.values())
      this.oracle.defined(stage.metadata.name, oracleStage(stage))
  }

  /** Someone changes where a Stage takes its Freight from. */
  edit(): void {
    const stage = this.random.pick([...this.stages.values()])
    if (stage === undefined) return
    const { name } = stage.metadata
    const before = [...this.stages.values()].filter((each) => each.metadata.name < name)
    const requestedFreight = stage.spec.requestedFreight.map(({ origin }) =>
      sampleRequest(randomRequest(this.random, origin.name, before)),
    )
    const changed = { ...stage, spec: { ...stage.spec, requestedFreight } }
    this.stages.set(name, changed)
    this.oracle.defined(name, oracleStage(changed))
  }

  nextSerial(): number {
    this.#serial += 1
    return this.#serial
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

  draw(kind: string, stage: string, freight: string): number {
    return this.fate === 'fixed' ? this.#fixed(kind, stage, freight) : this.random.next()
  }

  discover(): void {
    const warehouse = this.random.pick(this.warehouses) ?? 'web'
    const name = `f${String(this.nextSerial()).padStart(6, '0')}`
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
      this.create(stage, freight, 'admin')
  }

  create(stage: Stage, freight: Freight, actor: string): void {
    const { name } = stage.metadata
    const promotionName = `${name}.${String(this.nextSerial()).padStart(6, '0')}`
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
    this.setFreight(freight, addApprovedStage(freight.status ?? {}, stage, this.now))
    this.oracle.approved(stage, freight.metadata.name)
  }

  abort(): void {
    const open = [...this.promotions.values()].filter((promotion) => !isTerminal(promotion))
    const promotion = this.random.pick(open)
    if (promotion !== undefined) this.end(promotion, 'Aborted')
  }

  end(promotion: Promotion, phase: PromotionPhase): void {
    const { name } = promotion.metadata
    if (phase === 'Aborted') this.oracle.aborted(name)
    if (phase !== 'Succeeded')
      this.oracle.failed(promotion.spec.stage, promotion.spec.freight ?? '')
    this.setPromotion(promotion, { phase, finishedAt: toTimestamp(this.now) })
  }

  /** One of the running Promotions comes to its end. Returns whether there was one. */
  finish(): boolean {
    const running = [...this.promotions.values()].filter(
      ({ status }) => status?.phase === 'Running',
    )
    const promotion = this.random.pick(running)
    if (promotion === undefined) return false
    const drawn = this.draw('end', promotion.spec.stage, promotion.spec.freight ?? '')
    this.end(promotion, drawn < 0.75 ? 'Succeeded' : drawn < 0.9 ? 'Failed' : 'Errored')
    return true
  }

  setPromotion(promotion: Promotion, status: Promotion['status']): void {
    this.promotions.set(promotion.metadata.name, {
      ...promotion,
      status: { ...promotion.status, ...status },
    })
  }

  setFreight(freight: Freight, status: Freight['status']): void {
    this.freight.set(freight.metadata.name, { ...freight, status })
  }

  setStatus(name: string, change: StageStatus): Stage {
    const stage = this.stage(name)
    const changed = { ...stage, status: { ...stage.status, ...change } }
    this.stages.set(name, changed)
    return changed
  }
}

/** By discovery, then by name. */
export function isLater(a: FreightView, b: FreightView): boolean {
  return `${a.discoveredAt} ${a.metadata.name}` > `${b.discoveredAt} ${b.metadata.name}`
}
