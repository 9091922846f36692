import type { ExpressionVariable, PromotionStep } from '../../core/kinds/shared.ts'
import { type ExpressionProblem, places, templateProblems } from './expressions.ts'

/** What is known around the steps: absent where others add to it, as to what a task is given. */
export interface StepSurroundings {
  /** Variables of the Promotion. */
  readonly vars?: readonly string[] | undefined
  /** Aliases of the steps before. */
  readonly aliases?: readonly string[] | undefined
}

/** What is wrong in the templates of a step. */
export function stepProblems(
  step: PromotionStep,
  field: string,
  { vars, aliases }: StepSurroundings,
  isInTask: boolean,
): ExpressionProblem[] {
  const own = (step.vars ?? []).map(({ name }) => name)
  const variables = isInTask ? [...places.step.variables, 'task'] : places.step.variables
  const entriesWith = (more: readonly string[]): Record<string, readonly string[]> => ({
    ...(vars !== undefined && { vars: [...vars, ...more] }),
    ...(aliases !== undefined && { outputs: aliases }),
  })
  const names = { ...places.step, variables, entries: entriesWith(own) }
  return [
    ...templateProblems(step.if, `${field}.if`, names),
    ...(step.vars ?? []).flatMap(({ name, value }, index) =>
      templateProblems(value, `${field}.vars.${name}`, {
        ...places.stepVars,
        variables,
        entries: entriesWith(own.slice(0, index)),
      }),
    ),
    ...templateProblems(step.config, `${field}.config`, names),
  ]
}

/** Lists of variables, each of which sees those before it. */
export function variableProblems(
  lists: readonly { readonly vars?: readonly ExpressionVariable[] | undefined; field: string }[],
): ExpressionProblem[] {
  const before: string[] = []
  return lists.flatMap(({ vars = [], field }) =>
    vars.flatMap(({ name, value }) => {
      const names = { ...places.promotionVars, entries: { vars: [...before] } }
      before.push(name)
      return templateProblems(value, `${field}.vars.${name}`, names)
    }),
  )
}
