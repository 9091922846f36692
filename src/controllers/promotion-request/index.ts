import { toTimestamp } from '../../core/clock.ts'
import { type PromotionRequest, PromotionRequestKind } from '../../core/kinds/promotion-request.ts'
import { setCondition } from '../../runtime/conditions.ts'
import { defineController } from '../../runtime/controller.ts'

/** Ends PromotionRequests, as Kargo's open edition does: nothing is promoted to targets, and nobody waits in vain. */
export const promotionRequestController = defineController<PromotionRequest>({
  name: 'promotion-request-controller',
  kind: PromotionRequestKind,
  phases: {},
  conclude(ctx, draft) {
    const { generation: observedGeneration } = ctx.object.metadata
    draft.phase = 'Errored'
    draft.finishedAt ??= toTimestamp(ctx.now)
    if (observedGeneration !== undefined) draft.observedGeneration = observedGeneration
    const message = 'promotions to targets are not supported: nothing is promoted'
    const reason = 'EnterpriseOnlyFeature'
    setCondition(
      draft,
      { type: 'Ready', status: 'False', reason, message, observedGeneration },
      ctx.now,
    )
  },
})
