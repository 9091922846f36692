import {
  type ClusterPromotionTask,
  ClusterPromotionTaskKind,
} from '../../core/kinds/cluster-promotion-task.ts'
import { type PromotionTask, PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { places, templateProblems } from './expressions.ts'
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

/** Inputs are evaluated with the steps, and see what the Stage gives to them. */
const taskVars = { ...places.stepVars, variables: [...places.stepVars.variables, 'task'] }

function admitTask<T extends PromotionTask | ClusterPromotionTask>(write: Write<T>): T {
  const { object, isSpecChanged } = write
  if (!isSpecChanged) return object
  checkSteps(write, object.spec.steps, { field: 'spec.steps', tasks: false })
  for (const { name, value } of object.spec.vars ?? []) {
    const problems = templateProblems(value, `spec.vars.${name}`, taskVars)
    for (const { field, why } of problems) write.doubt(field, why)
  }
  return object
}
