import type { Json } from '../json.ts'
import { mask } from '../redact.ts'
import type { Node } from './ast.ts'
import { compileNode } from './compile/index.ts'
import { ExpressionError } from './error.ts'
import type { Code } from './frame.ts'
import { withQuoting } from './functions/quoting.ts'
import { encodeJson } from './go-json.ts'
import { formatValue } from './go-text.ts'
import { frameFor } from './index.ts'
import type { Env, Value } from './index.ts'
import { parse } from './parse/index.ts'
import { print } from './print.ts'
import { evaluateTemplate, isTemplate, parseTemplate } from './template.ts'
import type { TemplateOptions } from './template.ts'

/** What a sub-expression gave. */
export interface ExplainedValue {
  readonly expression: string
  /** As JSON, or as it prints where it has no JSON form; masked when the evaluation read a secret. */
  readonly value: string
  /** How often it was computed: more than once inside a predicate. `value` is the last. */
  readonly times: number
}

export interface ExplainedExpression {
  readonly source: string
  /** In the order in which they were first computed, what is inside before what is around it. */
  readonly values: readonly ExplainedValue[]
}

export interface TemplateExplanation {
  readonly expressions: readonly ExplainedExpression[]
  /** Absent when the evaluation failed. */
  readonly value?: Json | undefined
  readonly error?: ExpressionError | undefined
  readonly sensitive: boolean
}

/** Longer texts are cut. */
const maxShown = 120
/** Of one expression so many sub-expressions are shown. */
const maxValues = 60

/**
 * Evaluates a template and says what each sub-expression gave, as far as the evaluation came. Where it read a secret,
 * every value is masked. Failures are in the result; beside them only Need is thrown.
 */
export function explainTemplate(
  text: string,
  env: Env,
  options: TemplateOptions = {},
): TemplateExplanation {
  const expressions: ExplainedExpression[] = []
  let sensitive = options.sensitive ?? false
  const outcome = attempt(() => evaluateTemplate(text, env, options))
  if (isTemplate(text)) {
    const parts = attempt(() => parseTemplate(text)).result ?? []
    for (const part of parts) {
      if ('text' in part) continue
      const explained = explainExpression(part.expression, env, options)
      sensitive ||= explained.sensitive
      expressions.push({ source: part.expression.trim(), values: explained.values })
      if (explained.failed) break
    }
  }
  const shown = sensitive ? expressions.map(masked) : expressions
  return { expressions: shown, value: outcome.result?.value, error: outcome.error, sensitive }
}

function masked(expression: ExplainedExpression): ExplainedExpression {
  return { ...expression, values: expression.values.map((value) => ({ ...value, value: mask })) }
}

function attempt<T>(work: () => T): { readonly result?: T; readonly error?: ExpressionError } {
  try {
    return { result: work() }
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return { error: thrown }
    throw thrown
  }
}

function explainExpression(
  source: string,
  env: Env,
  options: TemplateOptions,
): {
  readonly values: readonly ExplainedValue[]
  readonly sensitive: boolean
  readonly failed: boolean
} {
  const seen = new Map<Node, { value: Value; times: number }>()
  const instrument =
    (node: Node, code: Code): Code =>
    (frame) => {
      const value = code(frame)
      seen.set(node, { value, times: (seen.get(node)?.times ?? 0) + 1 })
      return value
    }
  let sensitive = false
  const functions = withQuoting(options.functions)
  const { error } = attempt(() => {
    const root = parse(source, { overridden: functions.declarations.functions })
    const { code } = compileNode(root, source, { declarations: functions.declarations, instrument })
    const onSensitive = (): void => {
      sensitive = true
    }
    code(frameFor(env, { ...options, functions, onSensitive }))
  })
  const values: ExplainedValue[] = []
  for (const [node, { value, times }] of seen) {
    if (values.length < maxValues && isTelling(node)) {
      values.push({ expression: cut(print(node)), value: cut(showValue(value)), times })
    }
  }
  return { values, sensitive, failed: error !== undefined }
}

/** Literals say nothing new, and a predicate is shown by what it gives. */
function isTelling(node: Node): boolean {
  return !['nil', 'bool', 'int', 'float', 'string', 'bytes', 'predicate'].includes(node.kind)
}

/** A value for people: JSON, or what it prints where it has none. */
function showValue(value: Value): string {
  return (
    attempt(() => encodeJson(value, { plain: true })).result ??
    attempt(() => formatValue(value)).result ??
    '...'
  )
}

function cut(text: string): string {
  const line = text.replaceAll('\n', '\\n')
  return line.length <= maxShown ? line : `${line.slice(0, maxShown - 3)}...`
}

/** An explanation as lines of text: each sub-expression with what it gave. */
export function explanationLines(explanation: TemplateExplanation): string[] {
  return explanation.expressions.flatMap(({ values }) =>
    values.map(
      ({ expression, value, times }) =>
        `${expression} = ${value}${times > 1 ? ` (${times} times)` : ''}`,
    ),
  )
}

/** The message of a failed evaluation, followed by what its sub-expressions gave: for a failed step. */
export function explainFailure(
  error: ExpressionError,
  text: string,
  env: Env,
  options: TemplateOptions = {},
): string {
  const lines = explanationLines(explainTemplate(text, env, options))
  return lines.length === 0
    ? error.message
    : `${error.message}\nwhere\n${lines.map((line) => `  ${line}`).join('\n')}`
}
