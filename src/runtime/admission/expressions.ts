import {
  criteriaFunctions,
  promotionFunctions,
  stepFunctions,
} from '../../core/expr/functions/index.ts'
import { compile, ExpressionError } from '../../core/expr/index.ts'
import type { Declarations } from '../../core/expr/index.ts'
import { isTemplate, parseTemplate } from '../../core/expr/template.ts'
import { isJsonObject } from '../../core/json.ts'
import type { ExpressionVariable, PromotionStep } from '../../core/kinds/shared.ts'

/** Nothing is evaluated at admission; only which functions there are counts. */
const nothing = { project: '', requestedFreight: [], freight: [], snapshot: new Map() }
const criteria = criteriaFunctions({}).declarations
const variables = promotionFunctions(nothing).declarations
const steps = stepFunctions({ ...nothing, alias: '', steps: [] }).declarations

/** Why a Warehouse's creation criterion does not compile; undefined when it does. */
export function criteriaProblem(expression: string): string | undefined {
  return problemOf(() => compile(expression, { declarations: criteria }))
}

/** What does not compile in the templates of a step: where, and why. */
export function stepProblems(step: PromotionStep, field: string): string[] {
  return [
    ...problemsIn(step.if, `${field}.if`, steps),
    ...variableProblems(step.vars, field),
    ...problemsIn(step.config, `${field}.config`, steps),
  ]
}

/** The same for variables. */
export function variableProblems(
  vars: readonly ExpressionVariable[] | undefined,
  field: string,
): string[] {
  return (vars ?? []).flatMap(({ name, value }) =>
    problemsIn(value, `${field}.vars.${name}`, variables),
  )
}

/** Texts of one step that are looked at; more than any real config has. */
const maxTexts = 10_000

function problemsIn(root: unknown, field: string, declarations: Declarations): string[] {
  const problems: string[] = []
  const waiting: { readonly value: unknown; readonly at: string }[] = [{ value: root, at: field }]
  let texts = 0
  for (let next = waiting.pop(); next !== undefined && texts < maxTexts; next = waiting.pop()) {
    const { value, at } = next
    if (typeof value === 'string') {
      texts += 1
      const problem = templateProblem(value, declarations)
      if (problem !== undefined) problems.push(`${at}: ${problem}`)
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => waiting.push({ value: item, at: `${at}[${index}]` }))
    } else if (isJsonObject(value)) {
      for (const [key, child] of Object.entries(value)) {
        waiting.push({ value: child, at: `${at}.${key}` })
      }
    }
  }
  return problems
}

function templateProblem(text: string, declarations: Declarations): string | undefined {
  if (!isTemplate(text)) return undefined
  return problemOf(() => {
    for (const part of parseTemplate(text)) {
      if ('expression' in part) compile(part.expression, { declarations })
    }
  })
}

function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt()
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown
    const hint = thrown.nearest === undefined ? '' : ` (did you mean "${thrown.nearest}"?)`
    return `${thrown.reason}${hint}`
  }
}
