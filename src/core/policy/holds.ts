import { actorOf, intentFor } from './annotations.ts'
import { annotations } from '../kinds/labels.ts'
import { originKey, requestFor } from './origin.ts'
import type { FreightOrigin } from '../kinds/artifacts.ts'
import type { AutoPromotionHold } from '../kinds/stage.ts'
import type { Holds, HoldView, PromotionView, StageView } from './views.ts'

/** A hold as a Promotion leaves it. */
export function holdOf(promotion: PromotionView, origin: FreightOrigin): AutoPromotionHold {
  const actor = actorOf(promotion)
  const createdAt = promotion.metadata.creationTimestamp
  return {
    freightName: promotion.spec.freight ?? '',
    origin,
    promotionName: promotion.metadata.name,
    ...(actor !== '' && { actor }),
    ...(createdAt !== undefined && { createdAt }),
  }
}

/** The durable holds that still mean something: none when auto-promotion is off, else those of requested origins. */
export function keptHolds<H extends HoldView>(
  stage: StageView,
  holds: Readonly<Record<string, H>> | undefined,
  autoPromotionEnabled: boolean,
): Record<string, H> {
  if (!autoPromotionEnabled) return {}
  const requested = new Set(stage.spec.requestedFreight.map(({ origin }) => originKey(origin)))
  return Object.fromEntries(Object.entries(holds ?? {}).filter(([key]) => requested.has(key)))
}

/** The durable holds after a Promotion ended. Only an aborted one leaves no trace: its intent is withdrawn with it. */
export function holdsAfter<H extends HoldView>(
  stage: StageView,
  holds: Readonly<Record<string, H>>,
  promotion: PromotionView,
): Record<string, H | AutoPromotionHold> {
  const result: Record<string, H | AutoPromotionHold> = { ...holds }
  if (promotion.status?.phase === 'Aborted') return result
  for (const { origin } of stage.spec.requestedFreight) {
    const intent = intentFor(promotion, origin)
    if (intent === 'hold')
      result[originKey(origin)] = holdOf(promotion, { kind: 'Warehouse', name: origin.name })
    if (intent === 'resume') delete result[originKey(origin)]
  }
  return result
}

/**
 * The holds that count now: the durable ones, and over them, for each origin, the intent of the newest Promotion that
 * the Stage has not taken up yet, queued and running ones included. What `may-promote` looks at, and what clients read
 * from `status.effectiveAutoPromotionHolds`.
 */
export function effectiveHolds(
  stage: StageView,
  promotions: readonly PromotionView[],
  autoPromotionEnabled: boolean,
): Holds {
  const durable = keptHolds(stage, stage.status?.autoPromotionHolds, autoPromotionEnabled)
  if (!autoPromotionEnabled) return durable
  const lastNoted = stage.status?.lastPromotion?.name ?? ''
  const fresh = promotions
    .filter(({ metadata, spec }) => metadata.name > lastNoted && spec.stage === stage.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  return fresh.reduce<Holds>((holds, promotion) => holdsAfter(stage, holds, promotion), durable)
}

/**
 * What admission stamps on a Promotion that a person asked for, so that automatic promotion does not undo it: promoting
 * what would be promoted anyway ends the hold of the origin, promoting anything else sets one. Undefined (no annotation) when
 * auto-promotion is off for the Stage, or when the Stage does not request the origin.
 */
export function holdIntent(facts: {
  readonly stage: StageView
  /** The Freight to be promoted. */
  readonly freight: { readonly metadata: { readonly name: string }; readonly origin: FreightOrigin }
  /** Name of the automatic candidate of that origin, see `candidateFor`. */
  readonly candidate: string | undefined
  readonly autoPromotionEnabled: boolean
}): { readonly annotation: string; readonly value: string } | undefined {
  const { stage, freight, candidate, autoPromotionEnabled } = facts
  if (!autoPromotionEnabled || requestFor(stage, freight.origin) === undefined) return undefined
  const resumes = candidate === freight.metadata.name
  return {
    annotation: resumes ? annotations.autoPromotionResume : annotations.autoPromotionHold,
    value: originKey(freight.origin),
  }
}
