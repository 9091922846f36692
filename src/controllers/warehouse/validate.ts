import { findMissing } from '../../core/policy/build-freight.ts'
import { deleteCondition } from '../../runtime/conditions.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import type { WarehouseContext, WarehouseDraft } from './options.ts'
import { sayBroken, sayNothingOfFreight } from './say.ts'

/** Ends the pass, without an error, where a subscription has nothing to offer. */
export async function validate(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
): Promise<PhaseResult | undefined> {
  const missing = findMissing(draft.discoveredArtifacts ?? {})
  if (missing === undefined) return undefined
  const { healthyReason: healthy, readyReason: ready, message } = missing
  sayNothingOfFreight(draft)
  deleteCondition(draft, 'Reconciling')
  sayBroken(ctx, draft, { healthy, ready, message })
  return { stop: true, waiting: { code: ready, message } }
}
