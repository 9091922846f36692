import type { z } from 'zod'
import { annotations } from '../core/kinds/labels.ts'
import type { ConfigStatus } from '../core/kinds/project-config.ts'
import { deleteCondition, setCondition } from '../runtime/conditions.ts'
import type { PassOutcome, ReconcileContext } from '../runtime/controller.ts'

/** The conditions of ProjectConfig and ClusterConfig. */
export function concludeConfig(
  ctx: ReconcileContext,
  draft: z.infer<typeof ConfigStatus>,
  { error }: PassOutcome,
): void {
  const observedGeneration = ctx.object.metadata.generation
  const refresh = ctx.object.metadata.annotations?.[annotations.refresh]
  if (refresh !== undefined) draft.lastHandledRefresh = refresh
  if (observedGeneration !== undefined) draft.observedGeneration = observedGeneration
  if (error === undefined) {
    deleteCondition(draft, 'Reconciling', 'Stalled')
    const message = 'the configuration is in force'
    setCondition(
      draft,
      { type: 'Ready', status: 'True', reason: 'Synced', message, observedGeneration },
      ctx.now,
    )
    return
  }
  const { message } = error
  setCondition(
    draft,
    {
      type: 'Ready',
      status: 'False',
      reason: 'SyncWebhookReceiversFailed',
      message,
      observedGeneration,
    },
    ctx.now,
  )
  setCondition(
    draft,
    { type: 'Reconciling', status: 'True', reason: 'SyncingWebhooks', message, observedGeneration },
    ctx.now,
  )
}
