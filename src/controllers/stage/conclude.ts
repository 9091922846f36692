import { annotations } from '../../core/kinds/labels.ts'
import { freightSummary, stageReadiness } from '../../core/policy/stage-status.ts'
import { deleteCondition, getCondition, setCondition } from '../../runtime/conditions.ts'
import type { PassOutcome } from '../../runtime/controller.ts'
import { findPipelineProblems } from '../pipeline-problems.ts'
import { findStepProblem } from '../stage-steps.ts'
import { type StageContext, type StageDraft, viewOf } from './facts.ts'
import type { StageOptions } from './options.ts'

/** Ready, Reconciling, the summary and what was observed, at the end of every pass. */
export function conclude(
  ctx: StageContext,
  draft: StageDraft,
  { error }: PassOutcome,
  { stepKinds }: StageOptions,
): void {
  const { generation, annotations: notes } = ctx.object.metadata
  const refresh = notes?.[annotations.refresh]
  if (refresh !== undefined) draft.lastHandledRefresh = refresh
  draft.freightSummary = freightSummary(viewOf(ctx, draft))
  const problem =
    error === undefined && getCondition(draft, 'Promoting') === undefined
      ? (findPipelineProblems(ctx.object, ctx.cache)[0] ??
        (stepKinds && findStepProblem(ctx.object, ctx.cache, stepKinds)))
      : undefined
  if (problem !== undefined) {
    const { code: reason, message } = problem
    deleteCondition(draft, 'Reconciling')
    set({ type: 'Ready', status: 'False', reason, message })
    return
  }
  const { ready, reconciling, observed } = stageReadiness(viewOf(ctx, draft), error?.message)
  set(ready)
  if (reconciling === undefined) deleteCondition(draft, 'Reconciling')
  else set(reconciling)
  if (observed && generation !== undefined) draft.observedGeneration = generation

  function set(condition: typeof ready): void {
    setCondition(draft, { ...condition, observedGeneration: generation }, ctx.now)
  }
}
