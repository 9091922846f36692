import { toTimestamp } from '../../core/clock.ts'
import { hasCode } from '../../core/errors.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { withdraw } from '../../core/policy/promotion-record.ts'
import { supersededPromotions } from '../../core/policy/supersede.ts'
import { type Phase, refOf } from '../../runtime/controller.ts'
import { factsOf, viewOf } from './facts.ts'

/** Takes queued automatic Promotions out of the queue that a newer one makes pointless, where that was asked for. */
export const supersede: Phase<Stage> = async (ctx, draft) => {
  const { policy, promotions } = factsOf(ctx)
  const { namespace } = ctx.ref
  const superseded = supersededPromotions(
    viewOf(ctx, draft),
    promotions,
    (name) => ctx.cache.get(FreightKind, { namespace, name })?.origin,
    policy.supersedeQueued,
  )
  for (const { promotion, by } of superseded) {
    const { resourceVersion } = promotion.metadata
    const message = `promotion ${by} takes its place`
    const status = withdraw('Superseded', message, toTimestamp(ctx.now))
    try {
      await ctx.store.patchStatus(
        PromotionKind,
        refOf(promotion),
        { metadata: { resourceVersion }, status },
        { actor: ctx.actor },
      )
    } catch (thrown) {
      // It moved meanwhile: whether it is still pointless is for the next pass to say.
      if (hasCode(thrown, 'Conflict', 'NotFound')) continue
      throw thrown
    }
  }
}
