import { parseOrigin } from '../../core/kinds/artifacts.ts'
import type { AutoPromotionHold, Stage } from '../../core/kinds/stage.ts'
import { effectiveHolds } from '../../core/policy/holds.ts'
import type { Phase } from '../../runtime/controller.ts'
import { factsOf, viewOf } from './facts.ts'

/** Publishes the holds that count now, those of queued Promotions included. */
export const syncHolds: Phase<Stage> = (ctx, draft) => {
  const { policy, promotions } = factsOf(ctx)
  const effective = effectiveHolds(viewOf(ctx, draft), promotions, policy.autoPromotionEnabled)
  const holds: Record<string, AutoPromotionHold> = {}
  for (const [key, hold] of Object.entries(effective)) {
    const origin = parseOrigin(key)
    if (origin !== undefined) holds[key] = { ...hold, origin }
  }
  if (Object.keys(holds).length > 0) draft.effectiveAutoPromotionHolds = holds
  else delete draft.effectiveAutoPromotionHolds
  return Promise.resolve()
}
