import type { Project } from '../../core/kinds/project.ts'
import { isControlFlow, StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { type Conditioned, deleteCondition, getCondition } from '../../runtime/conditions.ts'
import type { Phase } from '../../runtime/controller.ts'

/** How many Warehouses and Stages the Project has, and how many of them are healthy. */
export const collectStats: Phase<Project> = (ctx, draft) => {
  const namespace = ctx.object.metadata.name
  const warehouses = ctx.cache.list(WarehouseKind, { namespace })
  const stages = ctx.cache.list(StageKind, { namespace }).filter((stage) => !isControlFlow(stage))
  draft.stats = { warehouses: statsOf(warehouses), stages: statsOf(stages) }
  deleteCondition(draft, 'Healthy')
  return Promise.resolve()
}

function statsOf(objects: readonly { readonly status?: Conditioned | undefined }[]) {
  return { count: objects.length, health: { healthy: objects.filter(isHealthy).length } }
}

export function isHealthy(object: { readonly status?: Conditioned | undefined }): boolean {
  return getCondition(object.status, 'Healthy')?.status === 'True'
}
