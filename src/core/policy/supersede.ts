import { triggerOf } from './annotations.ts'
import { originKey } from './origin.ts'
import { hasStarted, isTerminal } from './promotion-order.ts'
import type { OriginView, PromotionView, StageView } from './views.ts'

export interface Superseded<P extends PromotionView = PromotionView> {
  readonly promotion: P
  /** Name of the newer Promotion that takes its place. */
  readonly by: string
}

/**
 * The queued automatic Promotions of the Stage that a newer automatic one of the same origin makes pointless, oldest
 * first. Only where it was asked for (`StagePolicy.supersedeQueued`). Whatever a person asked for, has started, or is
 * about to start is left alone. End them with `withdraw('Superseded', ...)`.
 */
export function supersededPromotions<P extends PromotionView>(
  stage: StageView,
  promotions: readonly P[],
  /** The origin of a Freight by name; undefined when it no longer exists. */
  originOf: (freight: string) => OriginView | undefined,
  supersedeQueued: boolean,
): readonly Superseded<P>[] {
  if (!supersedeQueued) return []
  const current = stage.status?.currentPromotion?.name
  const newestFirst = promotions
    .filter(
      (each) =>
        each.spec.stage === stage.metadata.name &&
        !isTerminal(each) &&
        each.status?.phase !== 'Running' &&
        !hasStarted(each.status) &&
        each.metadata.name !== current &&
        triggerOf(each) === 'auto',
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1))
  const newest = new Map<string, string>()
  const superseded: Superseded<P>[] = []
  for (const promotion of newestFirst) {
    const origin = originOf(promotion.spec.freight ?? '')
    if (origin === undefined) continue
    const key = originKey(origin)
    const by = newest.get(key)
    if (by === undefined) newest.set(key, promotion.metadata.name)
    else superseded.push({ promotion, by })
  }
  return superseded.reverse()
}
