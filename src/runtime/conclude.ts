import { type Conditioned, deleteCondition, setCondition } from './conditions.ts'
import type { PassOutcome, ReconcileContext } from './controller.ts'

/** The status fields that the default rules write. */
export interface ConcludedStatus extends Conditioned {
  observedGeneration?: number | undefined
}

/**
 * The default rules. Success: Ready=True with the given reason, nothing else, observedGeneration moves. Failure:
 * Ready=False with the error's code as its reason, and beside it Reconciling=True (it will be tried again) or
 * Stalled=True (trying again will not help; something has to change).
 */
export function concludeReady(
  ctx: ReconcileContext,
  draft: ConcludedStatus,
  { error }: PassOutcome,
  ready: { readonly reason: string; readonly message: string } = { reason: 'Synced', message: '' },
): void {
  const observedGeneration = ctx.object.metadata.generation
  if (error === undefined) {
    deleteCondition(draft, 'Reconciling', 'Stalled')
    setCondition(draft, { type: 'Ready', status: 'True', ...ready, observedGeneration }, ctx.now)
    if (observedGeneration !== undefined) draft.observedGeneration = observedGeneration
    return
  }
  const { code: reason, message } = error
  setCondition(
    draft,
    { type: 'Ready', status: 'False', reason, message, observedGeneration },
    ctx.now,
  )
  deleteCondition(draft, error.retry ? 'Stalled' : 'Reconciling')
  setCondition(
    draft,
    error.retry
      ? {
          type: 'Reconciling',
          status: 'True',
          reason: 'RetryAfterError',
          message,
          observedGeneration,
        }
      : { type: 'Stalled', status: 'True', reason, message, observedGeneration },
    ctx.now,
  )
}
