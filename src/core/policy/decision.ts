import { isJsonObject } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { annotations } from '../kinds/labels.ts'
import { actorOf } from './annotations.ts'
import { isControlFlow, requestFor } from './origin.ts'
import { mayPromote } from './may-promote.ts'
import type { GateInput } from './may-promote.ts'
import { isTerminal } from './promotion-order.ts'
import { withdrawalOf } from './promotion-record.ts'
import type { Verdict } from './verdict.ts'
import type { FreightView, PromotionView, StageView } from './views.ts'

/**
 * A verdict with everything that it depended on, as plain JSON: the payload of a `decision` record in the journal.
 * `replayDecision` gives the same verdict from it, at any later time.
 */
export interface Decision {
  readonly version: 1
  readonly allowed: boolean
  readonly input: JsonObject
  readonly verdict: JsonObject
}

/** How many Stages before control-flow Stages a record takes along at most. */
const maxStages = 1000

export function recordDecision(input: GateInput, verdict: Verdict): Decision {
  const facts = {
    ...input,
    stage: pruneStage(input.stage),
    freight: pruneFreight(input.freight),
    currentFreight:
      input.currentFreight === undefined ? undefined : pruneFreight(input.currentFreight),
    promotions: relevantPromotions(input).map(prunePromotion),
    promotion: input.promotion === undefined ? undefined : prunePromotion(input.promotion),
    stages: stagesBefore(input).map(pruneUpstream),
  }
  return {
    version: 1,
    allowed: verdict.allowed,
    input: toJson(facts),
    verdict: toJson(verdict),
  }
}

/** The verdict on the recorded input, judged again. */
export function replayDecision(decision: Decision): Verdict {
  // Written by `recordDecision` and by nothing else: the one place where its shape is taken on trust.
  const facts = decision.input as unknown as Omit<GateInput, 'stages'> & {
    readonly stages: readonly StageView[]
  }
  const stages = new Map(facts.stages.map((stage) => [stage.metadata.name, stage]))
  return mayPromote({ ...facts, stages: (name) => stages.get(name) })
}

function toJson(value: object): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(value))
  return isJsonObject(copy) ? copy : {}
}

/** Only Promotions that a gate looks at: those that have not ended, and those of the same Freight. */
function relevantPromotions({ promotions, freight, stage }: GateInput): readonly PromotionView[] {
  return promotions.filter(
    (promotion) =>
      promotion.spec.stage === stage.metadata.name &&
      (promotion.spec.freight === freight.metadata.name || !isTerminal(promotion)),
  )
}

/** The Stages before this one, and those before control-flow Stages among them: as far as a soak may be measured. */
function stagesBefore({ stage, freight, stages }: GateInput): readonly StageView[] {
  const found = new Map<string, StageView>()
  const open: StageView[] = [stage]
  for (let next = open.pop(); next !== undefined && found.size < maxStages; next = open.pop())
    for (const name of requestFor(next, freight.origin)?.sources.stages ?? []) {
      const upstream = found.has(name) ? undefined : stages(name)
      if (upstream === undefined) continue
      found.set(name, upstream)
      if (isControlFlow(upstream)) open.push(upstream)
    }
  return [...found.values()]
}

function pruneUpstream(stage: StageView): object {
  return { metadata: pruneMeta(stage), spec: pruneSpec(stage) }
}

function pruneStage(stage: StageView): object {
  const { lastPromotion, currentPromotion, freightHistory, health } = stage.status ?? {}
  return {
    metadata: pruneMeta(stage),
    spec: pruneSpec(stage),
    status: {
      health: health === undefined ? undefined : { status: health.status },
      currentPromotion:
        currentPromotion === undefined
          ? undefined
          : {
              name: currentPromotion.name,
              freight: { name: currentPromotion.freight?.name ?? '' },
            },
      lastPromotion:
        lastPromotion === undefined
          ? undefined
          : { name: lastPromotion.name, finishedAt: lastPromotion.finishedAt },
      freightHistory: freightHistory?.map(({ id, items, verificationHistory }) => ({
        id,
        verificationHistory,
        items: Object.fromEntries(
          Object.entries(items ?? {}).map(([key, { name }]) => [key, { name }]),
        ),
      })),
    },
  }
}

function pruneSpec(stage: StageView): object {
  const { requestedFreight, promotionTemplate, verification, targets } = stage.spec
  return {
    requestedFreight,
    // Whether there are steps decides, never what is in them.
    promotionTemplate: { spec: { steps: (promotionTemplate?.spec?.steps ?? []).map(() => 0) } },
    verification: verification === undefined ? undefined : {},
    targets: targets === undefined ? undefined : {},
  }
}

function pruneFreight({ metadata, alias, discoveredAt, origin, status }: FreightView): object {
  const { currentlyIn, verifiedIn, approvedFor } = status ?? {}
  return {
    metadata: pruneMeta({ metadata }),
    alias,
    discoveredAt,
    origin,
    status: { currentlyIn, verifiedIn, approvedFor },
  }
}

function prunePromotion({ metadata, spec, status }: PromotionView): object {
  const { phase, startedAt, finishedAt } = status ?? {}
  const withdrawn = withdrawalOf(status)
  return {
    metadata: {
      ...pruneMeta({ metadata }),
      annotations: { [annotations.createActor]: actorOf({ metadata }) },
    },
    spec: { stage: spec.stage, freight: spec.freight, steps: (spec.steps ?? []).map(() => 0) },
    // What the engine keeps to go on, sealed configs of steps among it, is large and for nobody else.
    status: { phase, startedAt, finishedAt, ...(withdrawn && { gantry: { withdrawn } }) },
  }
}

function pruneMeta({ metadata }: { readonly metadata: StageView['metadata'] }): object {
  const { name, namespace, creationTimestamp, deletionTimestamp, generation } = metadata
  return { name, namespace, creationTimestamp, deletionTimestamp, generation }
}
