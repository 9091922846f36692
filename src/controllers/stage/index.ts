import { jsonEqual } from '../../core/json.ts'
import { AnalysisRunKind } from '../../core/kinds/analysis-run.ts'
import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { ClusterPromotionTaskKind } from '../../core/kinds/cluster-promotion-task.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { isControlFlow, type Stage, StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { Change } from '../../runtime/cache.ts'
import { type Controller, defineController, refOf, wake } from '../../runtime/controller.ts'
import { stageFinalizer } from '../stage-deletion.ts'
import { taskWakes } from '../stage-steps.ts'
import { promotionWake, stageWakes } from '../stage-wakes.ts'
import { assessHealth } from './assess-health.ts'
import { autoPromote } from './auto-promote.ts'
import { conclude } from './conclude.ts'
import type { StageOptions } from './options.ts'
import { supersede } from './supersede.ts'
import { slimPromotions } from './slim-promotions.ts'
import { markVerified, syncFreight } from './sync-freight.ts'
import { syncHolds } from './sync-holds.ts'
import { syncPromotions } from './sync-promotions.ts'
import { verify } from './verify.ts'

export type { StageOptions } from './options.ts'

/**
 * Looks after Stages that are promoted to: their queue, their health, their verification, and automatic promotion. All
 * decisions are the kernel's (`core/policy`); what is here gathers the facts and does what was decided.
 */
export function stageController(options: StageOptions = {}): Controller<Stage> {
  return defineController<Stage>({
    name: 'stage-controller',
    kind: StageKind,
    selects: (stage) => !isControlFlow(stage),
    reads: [
      FreightKind,
      StageKind,
      WarehouseKind,
      AnalysisRunKind,
      PromotionTaskKind,
      ClusterPromotionTaskKind,
    ],
    wakes: [
      ...stageWakes,
      ...taskWakes,
      promotionWake,
      wake(ProjectConfigKind, (change, cache) => {
        const { namespace } = change.object.metadata
        return isConfigured(change) ? cache.list(StageKind, { namespace }).map(refOf) : []
      }),
      wake(ClusterConfigKind, (change, cache) =>
        isConfigured(change) ? cache.list(StageKind).map(refOf) : [],
      ),
      // Promotion windows may select Projects by their labels.
      wake(ProjectKind, ({ type, object, old }, cache) => {
        const { name: namespace, labels } = object.metadata
        if (type === 'updated' && jsonEqual(old?.metadata.labels, labels)) return []
        return cache.list(StageKind, { namespace }).map(refOf)
      }),
      wake(AnalysisRunKind, ({ object }, cache) => {
        const { namespace, name } = object.metadata
        const index = { name: 'analysisRun', key: `${namespace ?? ''}/${name}` }
        return cache.list(StageKind, { index }).map(refOf)
      }),
    ],
    slims: [slimPromotions],
    phases: {
      syncPromotions: syncPromotions(options),
      syncFreight,
      assessHealth: assessHealth(options),
      verify: verify(options),
      markVerified,
      syncHolds,
      autoPromote: autoPromote(options),
      supersede,
    },
    finalizer: stageFinalizer,
    conclude: (ctx, draft, outcome) => conclude(ctx, draft, outcome, options),
  })
}

/** Something other than the status of a configuration changed. */
function isConfigured({ type, object, old }: Change): boolean {
  return (
    type !== 'updated' ||
    old?.metadata.generation !== object.metadata.generation ||
    !jsonEqual(old?.metadata.annotations, object.metadata.annotations)
  )
}
