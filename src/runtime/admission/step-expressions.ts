import { isTemplate } from '../../core/expr/template.ts'
import { isJsonObject } from '../../core/json.ts'
import type { PromotionStep } from '../../core/kinds/promotion-step.ts'
import type { ExpressionVariable } from '../../core/kinds/shared.ts'
import {
  brokenExpression,
  type ExpressionProblem,
  expressionProblems,
  places,
  templateProblems,
} from './expressions.ts'
import type { StepRules } from './parts.ts'

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
    ...places.step.entries,
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
      const { promotionVars } = places
      const names = { ...promotionVars, entries: { ...promotionVars.entries, vars: [...before] } }
      before.push(name)
      return templateProblems(value, `${field}.vars.${name}`, names)
    }),
  )
}

/** What is wrong with expressions without delimiters, at one place of a step's config. Templates are not known yet. */
export function bareProblems(
  config: unknown,
  field: string,
  { path, names }: StepRules['expressions'][number],
): ExpressionProblem[] {
  return textsAt(config, path.split('.'), `${field}.config`).flatMap(({ text, at }) => {
    if (isTemplate(text) || text.trim() === '') return []
    if (names !== undefined) return expressionProblems(text, at, names)
    const why = brokenExpression(text, { variables: [] })
    return why === undefined ? [] : [{ field: at, why }]
  })
}

function textsAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  at: string,
): { readonly text: string; readonly at: string }[] {
  if (key === undefined) return typeof value === 'string' ? [{ text: value, at }] : []
  if (!isJsonObject(value)) return []
  const name = key.replace('[]', '')
  const child = value[name]
  if (name === key) return textsAt(child, rest, `${at}.${name}`)
  if (!Array.isArray(child)) return []
  return child.flatMap((item, index) => textsAt(item, rest, `${at}.${name}[${index}]`))
}
