import { toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import { parseAnnotationRequest } from '../../core/policy/annotation-request.ts'
import { annotation } from '../../core/policy/annotations.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { writePending } from './accept.ts'
import type { PromotionContext } from './facts.ts'
import type { Runs } from './runs.ts'

/** Who asked for the Promotion to end, as an error with the sentence to show; undefined when nobody did. */
export function abortReason(promotion: Promotion): GantryError | undefined {
  const request = parseAnnotationRequest(annotation(promotion, annotations.abort), 'action')
  if (request?.id !== 'terminate') return undefined
  return new GantryError('Canceled', `Promotion terminated by ${request.actor ?? 'unknown actor'}`)
}

/** Ends what was asked to end: at once while it waits, also for a slot; through its run when it has started. */
export async function abort(
  ctx: PromotionContext,
  runs: Runs,
  key: string,
): Promise<PhaseResult | undefined> {
  const reason = abortReason(ctx.object)
  if (reason === undefined) return undefined
  const active = runs.find(key)
  const isPending = ctx.object.status?.phase === 'Pending'
  // One that waits for its slot has done nothing: were it to start, the Stage would take it for an attempt.
  const isTakenBack = isPending && active !== undefined && runs.takeBack(key, reason)
  if (!isTakenBack) active?.abort(reason)
  if (!isPending) return undefined
  if (active !== undefined && !isTakenBack) return { requeueAfterMs: 1000, stop: true }
  await writePending(ctx, ctx.object, {
    phase: 'Aborted',
    message: reason.message,
    finishedAt: toTimestamp(ctx.now),
  })
  return { stop: true }
}
