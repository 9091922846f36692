import { judgeAuto } from './auto-gates.ts'
import { judgeSources } from './sources-gate.ts'
import { judgeStart } from './start-gates.ts'
import { judgeStage } from './stage-gates.ts'
import type { PolicyContext } from './soak.ts'
import type { StagePolicy, Supported } from './policy-facts.ts'
import type { Blocker, Gate, Verdict } from './verdict.ts'
import type { FreightView, Holds, PromotionView, StageView } from './views.ts'

/** Everything that the decision depends on, as facts. */
export interface GateInput extends PolicyContext {
  readonly stage: StageView
  readonly freight: FreightView
  readonly policy: StagePolicy
  /** `effectiveHolds(...)` of the Stage. Only automatic promotion looks at them. */
  readonly holds: Holds
  /** The Promotions of this Stage; those of other Stages are ignored. */
  readonly promotions: readonly PromotionView[]
  /** `auto`: nobody asked for this one by hand (see `triggerOf`). */
  readonly trigger: 'manual' | 'auto'
  /** `create`: a Promotion is about to be made. `start`: `promotion` is about to go from Pending to Running. */
  readonly at: 'create' | 'start'
  /** At the start: the Promotion itself. */
  readonly promotion?: PromotionView | undefined
  /** The Freight of this origin that the Stage is at, if there is one and it still exists. */
  readonly currentFreight?: FreightView | undefined
  readonly supports?: Supported | undefined
}

/** One gate: what proved that it is passed, or what blocks. */
export type Judgement = Gate | readonly Blocker[]

/**
 * The gate kernel: may this Freight enter this Stage now? Every way to start a promotion asks here, by hand or
 * automatic, when it is created and again when it starts. All gates are judged, so a refusal names everything that is
 * missing; allowed only when each of them gave its proof.
 */
export function mayPromote(input: GateInput): Verdict {
  const judgements = [
    ...judgeStage(input),
    ...judgeSources(input),
    ...(input.trigger === 'auto' ? judgeAuto(input) : []),
    ...(input.at === 'start' ? judgeStart(input) : []),
  ]
  const evidence: Gate[] = []
  const blockers: Blocker[] = []
  for (const judgement of judgements) {
    if ('gate' in judgement) evidence.push(judgement)
    else blockers.push(...judgement)
  }
  return evidence.length === judgements.length
    ? { allowed: true, evidence }
    : { allowed: false, blockers, evidence }
}
