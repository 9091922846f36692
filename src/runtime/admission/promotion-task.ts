import {
  type ClusterPromotionTask,
  ClusterPromotionTaskKind,
} from '../../core/kinds/cluster-promotion-task.ts'
import { type PromotionTask, PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { defineAdmission, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { checkSteps } from './steps.ts'

export const promotionTaskAdmission = defineAdmission({
  kind: PromotionTaskKind,
  async admit(write: Write<PromotionTask>) {
    await requireProjectNamespace(write)
    return admitTask(write)
  },
})

export const clusterPromotionTaskAdmission = defineAdmission<ClusterPromotionTask>({
  kind: ClusterPromotionTaskKind,
  admit: admitTask,
})

function admitTask<T extends PromotionTask | ClusterPromotionTask>(write: Write<T>): T {
  const { object, isSpecChanged } = write
  if (isSpecChanged) checkSteps(write, object.spec.steps, { field: 'spec.steps', tasks: false })
  return object
}
