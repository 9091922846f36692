import { ClusterPromotionTaskKind } from '../../core/kinds/cluster-promotion-task.ts'
import { PromotionTaskKind, type PromotionTaskSpec } from '../../core/kinds/promotion-task.ts'
import type { PromotionStep, PromotionTaskReference } from '../../core/kinds/promotion-step.ts'
import type { ExpressionVariable } from '../../core/kinds/shared.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { inflateSteps } from '../../core/policy/inflate-steps.ts'
import type { StoreReader } from '../../store.ts'

/** What a Promotion to this Stage does: the variables of Stage and template, and the steps with their tasks unfolded. */
export async function readSteps(
  stage: Stage,
  reader: StoreReader,
): Promise<{ vars?: ExpressionVariable[]; steps: PromotionStep[] }> {
  const template = stage.spec.promotionTemplate?.spec
  const templateSteps = template?.steps ?? []
  const vars = structuredClone([...(stage.spec.vars ?? []), ...(template?.vars ?? [])])
  const tasks = new Map<string, PromotionTaskSpec>()
  for (const { task } of templateSteps) {
    if (task === undefined || tasks.has(keyOf(task))) continue
    const spec = await readTask(task, stage.metadata.namespace, reader)
    if (spec !== undefined) tasks.set(keyOf(task), spec)
  }
  const steps = inflateSteps({
    steps: templateSteps,
    vars,
    task: (reference) => tasks.get(keyOf(reference)),
  })
  return { ...(vars.length > 0 && { vars }), steps }
}

function keyOf({ kind, name }: PromotionTaskReference): string {
  return `${kind ?? 'PromotionTask'}/${name}`
}

async function readTask(
  { kind, name }: PromotionTaskReference,
  namespace: string | undefined,
  reader: StoreReader,
): Promise<PromotionTaskSpec | undefined> {
  const task =
    kind === 'ClusterPromotionTask'
      ? await reader.get(ClusterPromotionTaskKind, { name })
      : await reader.get(PromotionTaskKind, { namespace, name })
  return task?.spec
}
