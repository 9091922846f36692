import { GantryError } from '../errors.ts'
import type { PromotionTaskSpec } from '../kinds/promotion-task.ts'
import type { PromotionStep, PromotionTaskReference } from '../kinds/promotion-step.ts'
import type { ExpressionVariable } from '../kinds/shared.ts'

/** What a template's steps are unfolded with. */
export interface Inflation {
  readonly steps: readonly PromotionStep[]
  /** The variables of the Promotion: the Stage's, then the template's. */
  readonly vars: readonly ExpressionVariable[]
  /** The task that a step refers to; undefined when there is none. */
  task(reference: PromotionTaskReference): PromotionTaskSpec | undefined
}

/**
 * The steps of a Promotion: every step with an alias, every task replaced by its steps. A step without `as` is called
 * `step-<n>`, a task `task-<n>`, the steps of a task `<task>::<step>`. Nothing is shared with the input. Throws Invalid
 * for a task that does not exist and for a task variable that nothing gives a value.
 */
export function inflateSteps(inflation: Inflation): PromotionStep[] {
  return inflation.steps.flatMap((step, index) =>
    step.task === undefined
      ? [structuredClone({ ...step, as: aliasOf(step, 'step', index) })]
      : inflateTask(step, step.task, index, inflation),
  )
}

function inflateTask(
  step: PromotionStep,
  reference: PromotionTaskReference,
  index: number,
  inflation: Inflation,
): PromotionStep[] {
  const kind = reference.kind ?? 'PromotionTask'
  const spec = inflation.task(reference)
  if (spec === undefined) {
    throw new GantryError('Invalid', `there is no ${kind} "${reference.name}"`, {
      field: `spec.promotionTemplate.spec.steps[${index}].task`,
    })
  }
  const alias = aliasOf(step, 'task', index)
  const given = step.vars ?? []
  const inputs = inputsOf(spec, given, inflation.vars, `${kind} "${reference.name}"`)
  return spec.steps.map((inner, position) => {
    const { vars: own = [], ...rest } = inner
    const vars = [...inputs, ...given, ...own]
    return structuredClone({
      ...rest,
      as: `${alias}::${aliasOf(inner, 'step', position)}`,
      ...(vars.length > 0 && { vars }),
    })
  })
}

/** The task's variables that keep their defaults: those that neither the step nor the Promotion gives a value. */
function inputsOf(
  spec: PromotionTaskSpec,
  given: readonly ExpressionVariable[],
  shared: readonly ExpressionVariable[],
  task: string,
): ExpressionVariable[] {
  const hasValue = (variable: ExpressionVariable): boolean => (variable.value ?? '') !== ''
  const set = new Set([...given, ...shared].filter(hasValue).map(({ name }) => name))
  const kept = (spec.vars ?? []).filter(({ name }) => !set.has(name))
  const missing = kept.find((variable) => !hasValue(variable))
  if (missing === undefined) return kept
  throw new GantryError(
    'Invalid',
    `${task} needs a value for its variable "${missing.name}": give it in the vars of the step, the template or the stage`,
    { field: 'spec.promotionTemplate' },
  )
}

function aliasOf(step: PromotionStep, prefix: string, index: number): string {
  const alias = step.as?.trim() ?? ''
  return alias === '' ? `${prefix}-${index + 1}` : alias
}
