import { ClusterPromotionTaskKind } from '../core/kinds/cluster-promotion-task.ts'
import { PromotionTaskKind } from '../core/kinds/promotion-task.ts'
import type { PromotionStep } from '../core/kinds/promotion-step.ts'
import { type Stage, StageKind } from '../core/kinds/stage.ts'
import { didYouMean } from '../core/nearest.ts'
import type { CacheReader } from '../runtime/cache.ts'
import { refOf, wake, type Wake } from '../runtime/controller.ts'
import type { Ref } from '../store.ts'

/** Something about the steps of a Stage that lets every promotion to it fail. */
export interface StepProblem {
  /** A condition's reason. */
  readonly code: 'TaskNotFound' | 'UnknownStep'
  /** What is wrong and what to do; lower case, no trailing stop. */
  readonly message: string
}

/** The first step, also of the tasks that a Stage uses, that cannot be run; undefined when all can. */
export function findStepProblem(
  stage: Stage,
  cache: CacheReader,
  stepKinds: ReadonlySet<string>,
): StepProblem | undefined {
  const { name, namespace } = stage.metadata
  const own = stage.spec.promotionTemplate?.spec.steps ?? []
  for (const [index, step] of own.entries()) {
    const unknown = unknownStep(step, `step ${index + 1} of stage ${name}`, stepKinds)
    if (unknown !== undefined) return unknown
    if (step.task === undefined) continue
    const { kind = 'PromotionTask', name: task } = step.task
    const found =
      kind === 'ClusterPromotionTask'
        ? cache.get(ClusterPromotionTaskKind, { name: task })
        : cache.get(PromotionTaskKind, { namespace, name: task })
    if (found === undefined)
      return {
        code: 'TaskNotFound',
        message: `stage ${name} uses ${kind} ${task}, which does not exist: create it, or remove the step`,
      }
    for (const [inner, taskStep] of found.spec.steps.entries()) {
      const problem = unknownStep(taskStep, `step ${inner + 1} of ${kind} ${task}`, stepKinds)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function unknownStep(
  { uses }: PromotionStep,
  where: string,
  stepKinds: ReadonlySet<string>,
): StepProblem | undefined {
  if (uses === undefined || stepKinds.has(uses)) return undefined
  const hint = didYouMean(uses, stepKinds) || ': `gantry catalog` lists the steps there are'
  return { code: 'UnknownStep', message: `${where} is "${uses}", which does not exist${hint}` }
}

/** A task came, went or changed: the Stages that use it look at their steps again. */
export const taskWakes: readonly Wake[] = [
  wake(PromotionTaskKind, ({ object }, cache) =>
    stagesUsing(cache, 'PromotionTask', object.metadata.name, object.metadata.namespace),
  ),
  wake(ClusterPromotionTaskKind, ({ object }, cache) =>
    stagesUsing(cache, 'ClusterPromotionTask', object.metadata.name, undefined),
  ),
]

function stagesUsing(
  cache: CacheReader,
  kind: string,
  task: string,
  namespace: string | undefined,
): readonly Ref[] {
  return cache
    .list(StageKind, { namespace })
    .filter(({ spec }) =>
      spec.promotionTemplate?.spec.steps?.some(
        (step) => step.task?.name === task && (step.task.kind ?? 'PromotionTask') === kind,
      ),
    )
    .map(refOf)
}
