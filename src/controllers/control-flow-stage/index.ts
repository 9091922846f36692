import { toTimestamp } from '../../core/clock.ts'
import { AnalysisRunKind } from '../../core/kinds/analysis-run.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import { isControlFlow, type Stage, StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { availabilityOf, nextAvailabilityChange } from '../../core/policy/availability.ts'
import { entry } from '../../core/policy/entry.ts'
import { addVerifiedStage } from '../../core/policy/freight-status.ts'
import { nextTurn } from '../../core/policy/queue.ts'
import type { PolicyContext } from '../../core/policy/soak.ts'
import { freightSummary } from '../../core/policy/stage-status.ts'
import { deleteCondition, keepConditions, setCondition } from '../../runtime/conditions.ts'
import {
  defineController,
  type PassOutcome,
  type Phase,
  type ReconcileContext,
  type StatusOf,
} from '../../runtime/controller.ts'
import { updateFreightStatus } from '../freight-status.ts'
import { findPipelineProblems } from '../pipeline-problems.ts'
import { stageFinalizer } from '../stage-deletion.ts'
import { promotionWake, stageWakes } from '../stage-wakes.ts'
import { emitVerified } from '../verification-events.ts'

/** Nothing is promoted here: what a Stage with steps left behind goes. */
const clear: Phase<Stage> = async (ctx, draft) => {
  keepConditions(draft, 'Ready', 'Reconciling')
  delete draft.freightHistory
  delete draft.health
  delete draft.lastPromotion
  delete draft.autoPromotionHolds
  delete draft.effectiveAutoPromotionHolds
  delete draft.autoPromotionEnabled
  delete draft.gantry
  if (ctx.object.metadata.annotations?.[annotations.argocdContext] === undefined) return
  const patch = { metadata: { annotations: { [annotations.argocdContext]: null } } }
  await ctx.store.patch(StageKind, ctx.ref, patch, { actor: ctx.actor })
}

/**
 * What was queued before the Stage lost its steps gets its turn all the same: the gate at the start then refuses it, so
 * that it ends and says why.
 */
const giveTurn: Phase<Stage> = (ctx, draft) => {
  const { namespace, name: stage } = ctx.ref
  const index = { name: 'stage', key: stage }
  const turn = nextTurn(ctx.object, ctx.cache.list(PromotionKind, { namespace, index }))
  if (turn.do === 'nothing') delete draft.currentPromotion
  else draft.currentPromotion = { name: turn.promotion.metadata.name }
  return Promise.resolve()
}

/** Every Freight that is available to the Stage passes through it, at the exact moment when a soak ends if need be. */
const letThrough: Phase<Stage> = async (ctx) => {
  const { namespace, name } = ctx.ref
  const context: PolicyContext = {
    now: ctx.now,
    stages: (stage) => ctx.cache.get(StageKind, { namespace, name: stage }),
  }
  const outside = ctx.object.spec.requestedFreight
    .flatMap(({ origin }) =>
      ctx.cache.list(FreightKind, { namespace, index: { name: 'warehouse', key: origin.name } }),
    )
    .filter((freight) => entry(freight.status?.verifiedIn, name) === undefined)
  for (const freight of outside)
    if (availabilityOf(ctx.object, freight, context).available) await pass(ctx, freight)
  const requeueAt = nextAvailabilityChange(ctx.object, outside, context)
  if (requeueAt === undefined) return undefined
  const message = 'freight soaks in an upstream stage'
  return { requeueAt, waiting: { code: 'Soaking', message, until: requeueAt } }
}

async function pass(ctx: ReconcileContext<Stage>, freight: Freight): Promise<void> {
  const { name } = ctx.ref
  const isNew = await updateFreightStatus(ctx, freight, (status) =>
    addVerifiedStage(status, name, ctx.now),
  )
  if (!isNew) return
  const at = toTimestamp(ctx.now)
  emitVerified(
    ctx,
    [freight],
    { phase: 'Successful', startTime: at, finishTime: at, message: `passed through stage ${name}` },
    undefined,
  )
}

/** Looks after Stages without promotion steps: Freight passes through them by itself. */
export const controlFlowStageController = defineController<Stage>({
  name: 'control-flow-stage-controller',
  kind: StageKind,
  selects: isControlFlow,
  reads: [FreightKind, StageKind, WarehouseKind, AnalysisRunKind],
  wakes: [...stageWakes, promotionWake],
  phases: { clear, giveTurn, letThrough },
  finalizer: stageFinalizer,
  conclude,
})

function conclude(
  ctx: ReconcileContext<Stage>,
  draft: StatusOf<Stage>,
  { error }: PassOutcome,
): void {
  const { generation: observedGeneration, annotations: notes } = ctx.object.metadata
  const refresh = notes?.[annotations.refresh]
  if (refresh !== undefined) draft.lastHandledRefresh = refresh
  if (observedGeneration !== undefined) draft.observedGeneration = observedGeneration
  draft.freightSummary = freightSummary(ctx.object)
  const shared = { type: 'Ready', observedGeneration } as const
  if (error !== undefined) {
    const { message } = error
    const reason = 'FreightVerificationFailed'
    setCondition(draft, { ...shared, status: 'False', reason, message }, ctx.now)
    setCondition(
      draft,
      { ...shared, type: 'Reconciling', status: 'True', reason: 'RetryAfterError', message },
      ctx.now,
    )
    return
  }
  deleteCondition(draft, 'Reconciling')
  const problem = findPipelineProblems(ctx.object, ctx.cache)[0]
  if (problem === undefined) {
    const message = 'freight passes through this stage'
    setCondition(draft, { ...shared, status: 'True', reason: 'Ready', message }, ctx.now)
    return
  }
  const { code: reason, message } = problem
  setCondition(draft, { ...shared, status: 'False', reason, message }, ctx.now)
}
