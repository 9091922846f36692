import {
  criteriaFunctions,
  promotionFunctions,
  quotingFunctions,
  stepFunctions,
} from '../../core/expr/functions/index.ts'
import { compile, ExpressionError } from '../../core/expr/index.ts'
import { parse } from '../../core/expr/parse/index.ts'
import { isTemplate, parseTemplate, type TemplatePart } from '../../core/expr/template.ts'
import { type KnownNames, unknownNames } from '../../core/expr/unknown-names.ts'
import { isJsonObject } from '../../core/json.ts'

/** What is wrong with an expression: where it is, and why. */
export interface ExpressionProblem {
  readonly field: string
  readonly why: string
}

/** Nothing is evaluated at admission; only which names there are counts. */
const nothing = { project: '', requestedFreight: [], freight: [], snapshot: new Map() }
const promotionDeclarations = promotionFunctions(nothing).declarations
const stepDeclarations = stepFunctions({ ...nothing, alias: '', steps: [] }).declarations

/** The variables of a Promotion before its steps; `target` is there for Promotions to a Target. */
const promotionVariables = ['ctx', 'target', 'vars']
const stepVariables = [...promotionVariables, 'outputs', 'stepMetas']

const promotionEntries = {
  ctx: ['uiBaseUrl', 'project', 'promotion', 'stage', 'targetFreight', 'meta'],
}

/** The names of each place where an expression may stand. */
export const places = {
  criteria: { declarations: criteriaFunctions({}).declarations, variables: [] },
  promotionVars: {
    declarations: promotionDeclarations,
    variables: promotionVariables,
    entries: promotionEntries,
  },
  stepVars: {
    declarations: promotionDeclarations,
    variables: stepVariables,
    entries: promotionEntries,
  },
  step: { declarations: stepDeclarations, variables: stepVariables, entries: promotionEntries },
  verification: {
    declarations: promotionDeclarations,
    variables: ['ctx', 'vars'],
    entries: { ctx: ['project', 'stage'] },
  },
  receiver: { variables: webhookVariables() },
  receiverTemplate: {
    declarations: quotingFunctions.declarations,
    variables: webhookVariables(),
  },
  freightLink: { variables: ['freight'] },
  stageLink: { variables: ['stage'] },
} as const satisfies Readonly<Record<string, KnownNames>>

function webhookVariables(): string[] {
  return ['request', 'params', 'normalizeGit', 'normalizeImage', 'normalizeChart']
}

/** Why an expression does not compile; undefined when it does. */
export function brokenExpression(source: string, names: KnownNames): string | undefined {
  return problemOf(() => compile(source, { declarations: names.declarations }))
}

/** Why an expression does not compile or which of its names mean nothing. An empty one is fine. */
export function expressionProblems(
  source: string | undefined,
  field: string,
  names: KnownNames,
): ExpressionProblem[] {
  if (source === undefined || source.trim() === '') return []
  const broken = brokenExpression(source, names)
  // Compiled just now, so it is not read again.
  if (broken === undefined) {
    const { root } = compile(source, { declarations: names.declarations })
    return unknownNames(root, names).map((why) => ({ field, why }))
  }
  if (problemOf(() => parse(source)) !== undefined) return [{ field, why: broken }]
  // What a wrong name does to types says less than the name.
  const unknown = unknownNames(source, names)
  return (unknown.length > 0 ? unknown : [broken]).map((why) => ({ field, why }))
}

/** Texts of one step that are looked at; more than any real config has. */
const maxTexts = 10_000

/** The same for every template in a value, at any depth. */
export function templateProblems(
  root: unknown,
  field: string,
  names: KnownNames,
): ExpressionProblem[] {
  const problems: ExpressionProblem[] = []
  let texts = 0
  const visit = (value: unknown, at: string): void => {
    if (texts >= maxTexts) return
    if (typeof value === 'string') {
      texts += 1
      problems.push(...problemsOfText(value, at, names))
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, `${at}[${index}]`))
    } else if (isJsonObject(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, `${at}.${key}`)
    }
  }
  visit(root, field)
  return problems
}

function problemsOfText(text: string, field: string, names: KnownNames): ExpressionProblem[] {
  if (!isTemplate(text)) return []
  let parts: readonly TemplatePart[] = []
  const unclosed = problemOf(() => (parts = parseTemplate(text)))
  if (unclosed !== undefined) return [{ field, why: unclosed }]
  return parts.flatMap((part) =>
    'expression' in part ? expressionProblems(part.expression, field, names) : [],
  )
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
