import type { JsonObject } from '../../core/json.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import type { PromotionContext } from './facts.ts'

/** At first sight: the Promotion takes its place in the queue of its Stage. */
export async function accept(ctx: PromotionContext): Promise<PhaseResult | undefined> {
  if (ctx.object.status?.phase !== undefined) return undefined
  const message = `waiting for stage ${ctx.object.spec.stage} to take it up`
  await writePending(ctx, ctx.object, { phase: 'Pending', message })
  return { stop: true }
}

/**
 * Changes the status of a Promotion that has not started, if it is still exactly the one that was looked at. Throws
 * Conflict otherwise, and the pass is made again. Never through the frame's draft: that writes a difference onto
 * whatever is there by then, and could take back what has ended meanwhile.
 */
export async function writePending(
  ctx: PromotionContext,
  seen: Promotion,
  change: JsonObject,
): Promise<void> {
  const { resourceVersion } = seen.metadata
  const patch = { metadata: { resourceVersion }, status: change }
  await ctx.store.patchStatus(PromotionKind, ctx.ref, patch, { actor: ctx.actor })
}

/** Says what a waiting Promotion waits for, when that is not what it says already. */
export async function sayWaiting(ctx: PromotionContext, message: string): Promise<void> {
  const { status } = ctx.object
  if (status?.phase === 'Pending' && status.message !== message)
    await writePending(ctx, ctx.object, { message })
}
