import { ClusterRoleBindingKind } from '../../core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../../core/kinds/cluster-role.ts'
import type { KubeObject } from '../../core/kinds/kind.ts'
import { finalizer } from '../../core/kinds/labels.ts'
import { NamespaceKind } from '../../core/kinds/namespace.ts'
import { type Project, ProjectKind } from '../../core/kinds/project.ts'
import { RoleBindingKind } from '../../core/kinds/role-binding.ts'
import { RoleKind } from '../../core/kinds/role.ts'
import { ServiceAccountKind } from '../../core/kinds/service-account.ts'
import { isControlFlow, type Stage, StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { Change } from '../../runtime/cache.ts'
import { deleteCondition, setCondition } from '../../runtime/conditions.ts'
import {
  defineController,
  type PassOutcome,
  type ReconcileContext,
  type StatusOf,
  wake,
} from '../../runtime/controller.ts'
import type { Ref } from '../../store.ts'
import { cleanUp } from './clean-up.ts'
import { collectStats, isHealthy } from './collect-stats.ts'
import { defaultRoleNames } from './default-roles.ts'
import { projectOfAdminRole } from './project-admin.ts'
import { syncNamespace } from './sync-namespace.ts'
import { syncRoles } from './sync-roles.ts'

/** Figures are not urgent, and a Project has many Stages. */
const statsDelayMs = 1000

/** Looks after Projects: their namespace, their roles, their figures, and what has to go with them. */
export const projectController = defineController<Project>({
  name: 'project',
  kind: ProjectKind,
  wakes: [
    wake(NamespaceKind, ({ object }) => [{ name: object.metadata.name }]),
    wake(RoleKind, defaultRoleOf),
    wake(RoleBindingKind, defaultRoleOf),
    wake(ServiceAccountKind, defaultRoleOf),
    wake(ClusterRoleKind, clusterRoleOf),
    wake(ClusterRoleBindingKind, clusterRoleOf),
    wake(WarehouseKind, (change) => countedIn(change, isHealthy), statsDelayMs),
    wake(StageKind, (change) => countedIn(change, stageClass), statsDelayMs),
  ],
  phases: { syncNamespace, syncRoles, collectStats },
  finalizer: { name: finalizer, phases: { cleanUp } },
  conclude,
})

const failureReasons: Readonly<Record<string, string>> = {
  syncNamespace: 'EnsuringNamespaceFailed',
  syncRoles: 'EnsuringDefaultUserRoles',
}

function conclude(
  ctx: ReconcileContext<Project>,
  draft: StatusOf<Project>,
  { error, failedPhase }: PassOutcome,
): void {
  if (error === undefined) {
    deleteCondition(draft, 'Reconciling', 'Stalled')
    const message = 'the project is in step and ready for use'
    setCondition(draft, { type: 'Ready', status: 'True', reason: 'Synced', message }, ctx.now)
    return
  }
  const { message } = error
  const isForeign = failedPhase === 'syncNamespace' && error.code === 'AlreadyExists'
  const reason = failureReasons[failedPhase ?? ''] ?? error.code
  setCondition(draft, { type: 'Ready', status: 'False', reason, message }, ctx.now)
  setCondition(draft, { type: 'Reconciling', status: 'True', reason: 'Syncing', message }, ctx.now)
  if (isForeign)
    setCondition(
      draft,
      { type: 'Stalled', status: 'True', reason: 'ExistingNamespaceMissingLabel', message },
      ctx.now,
    )
  else deleteCondition(draft, 'Stalled')
}

function defaultRoleOf({ object }: Change): readonly Ref[] {
  const { name, namespace } = object.metadata
  const names: readonly string[] = defaultRoleNames
  return namespace !== undefined && names.includes(name) ? [{ name: namespace }] : []
}

function clusterRoleOf({ object }: Change): readonly Ref[] {
  const name = projectOfAdminRole(object.metadata.name)
  return name === undefined ? [] : [{ name }]
}

/** The Project, when the change moves its figures. */
function countedIn<T extends KubeObject>(
  { type, object, old }: Change<T>,
  figure: (object: T) => unknown,
): readonly Ref[] {
  const { namespace } = object.metadata
  if (namespace === undefined) return []
  const isSame = type === 'updated' && old !== undefined && figure(old) === figure(object)
  return isSame ? [] : [{ name: namespace }]
}

function stageClass(stage: Stage): string {
  return isControlFlow(stage) ? 'control-flow' : String(isHealthy(stage))
}
