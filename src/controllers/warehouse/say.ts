import { deleteCondition, setCondition } from '../../runtime/conditions.ts'
import type { WarehouseContext, WarehouseDraft } from './options.ts'

export interface Said {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

/** Sets one condition, for the generation at hand. */
export function say(ctx: WarehouseContext, draft: WarehouseDraft, type: string, what: Said): void {
  const observedGeneration = ctx.object.metadata.generation
  setCondition(draft, { type, ...what, observedGeneration }, ctx.now)
}

/** Neither healthy nor ready, and why. */
export function sayBroken(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  why: { readonly healthy: string; readonly ready: string; readonly message: string },
): void {
  const { message } = why
  say(ctx, draft, 'Healthy', { status: 'False', reason: why.healthy, message })
  say(ctx, draft, 'Ready', { status: 'False', reason: why.ready, message })
}

/** Nothing is known of Freight in this pass. */
export function sayNothingOfFreight(draft: WarehouseDraft): void {
  deleteCondition(draft, 'FreightCreationCriteriaSatisfied', 'FreightCreated')
}
