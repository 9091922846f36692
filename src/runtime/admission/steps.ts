import type { KubeObject } from '../../core/kinds/kind.ts'
import type { PromotionStep } from '../../core/kinds/promotion-step.ts'
import { didYouMean } from '../../core/nearest.ts'
import type { Write } from './parts.ts'
import { invalid } from './refuse.ts'
import { configProblems } from './step-config.ts'
import { bareProblems, stepProblems } from './step-expressions.ts'

/** Names that steps get by their position. */
const reservedAlias = /^(step|task)-\d+$/

/** Aliases are unique and not those that are given by position. A step either `uses` a kind or is a task. */
export function checkSteps(
  write: Pick<Write, 'object' | 'warn' | 'doubt' | 'parts'>,
  steps: readonly PromotionStep[],
  options: {
    readonly field: string
    readonly tasks: boolean
    /** Variables of the Promotion, where all of them are known. */
    readonly vars?: readonly string[] | undefined
  },
): void {
  const { object, warn, doubt, parts } = write
  const aliases = new Set<string>()
  let earlier: readonly string[] | undefined = []
  for (const [index, step] of steps.entries()) {
    const field = `${options.field}[${index}]`
    const alias = step.as?.trim() ?? ''
    if (aliases.has(alias))
      throw invalid(object, `${field}.as`, `"${alias}" is used by another step`)
    if (reservedAlias.test(alias)) {
      throw invalid(object, `${field}.as`, `"${alias}" is reserved for steps without an alias`)
    }
    if (alias !== '') aliases.add(alias)
    checkShape(object, step, field, options.tasks)
    if (step.uses !== undefined && !parts.stepKinds.has(step.uses)) {
      warn(`${field}: there is no step "${step.uses}"${didYouMean(step.uses, parts.stepKinds)}`)
    }
    const rules = parts.stepRules?.get(step.uses ?? '')
    const around = { vars: options.vars, aliases: options.tasks ? earlier : undefined }
    const problems = [
      ...stepProblems(step, field, around, !options.tasks),
      ...(rules === undefined ? [] : configProblems(rules, step.config, `${field}.config`)),
      ...(rules?.expressions ?? []).flatMap((place) => bareProblems(step.config, field, place)),
    ]
    for (const problem of problems) doubt(problem.field, problem.why)
    // What the steps of a task are called is for the task to say.
    earlier = step.task === undefined ? earlier?.concat(aliasOf(step, index)) : undefined
  }
}

function aliasOf({ as }: PromotionStep, index: number): string {
  const alias = as?.trim() ?? ''
  return alias === '' ? `step-${index + 1}` : alias
}

function checkShape(object: KubeObject, step: PromotionStep, field: string, tasks: boolean): void {
  if (!tasks) {
    if (step.task !== undefined) throw invalid(object, `${field}.task`, 'tasks cannot be used here')
    if (step.uses === undefined) throw invalid(object, `${field}.uses`, 'the field is required')
    return
  }
  if ((step.uses === undefined) === (step.task === undefined)) {
    throw invalid(object, field, 'exactly one of uses and task must be set')
  }
  if (step.task === undefined) return
  for (const key of ['continueOnError', 'retry', 'if', 'config'] as const) {
    if (step[key] === undefined || step[key] === '') continue
    throw invalid(object, `${field}.${key}`, 'cannot be set on a task: set it on its steps')
  }
}
