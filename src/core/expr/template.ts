import { isJsonObject } from '../json.ts'
import type { DeepReadonly, Json, JsonObject } from '../json.ts'
import { joined } from './bytes.ts'
import { ExpressionError } from './error.ts'
import { withQuoting } from './functions/quoting.ts'
import { callError, compile, createSharedSteps, encodeJson, run } from './index.ts'
import type { Budget, Env, FunctionSet, RunOptions, Value } from './index.ts'
import { mayReadSecret } from './may-read-secret.ts'
import { decodeGoJson } from './go-json-decode.ts'
import { parseGoBool, parseGoFloat } from './go-number.ts'

export interface TemplateOptions {
  /** The functions of the context; `quote` and its like are always there. */
  readonly functions?: FunctionSet | undefined
  /** What `now()` answers, epoch milliseconds. */
  readonly now?: number | undefined
  /** For each expression; `shared` for all of them, and whatever else has the same. */
  readonly budget?: Budget | undefined
  /** The environment holds values that were made from secrets: so is the result, and errors quote no values. */
  readonly sensitive?: boolean | undefined
  /** What in such an environment was not made from a secret all the same: `vars.region`, `outputs.build`. */
  readonly open?: ReadonlySet<string> | undefined
}

export interface TemplateResult<T = Json> {
  /** Numbers may be NaN or infinite: JSON cannot carry those, and `evaluateConfig` refuses them. */
  readonly value: T
  /** The evaluation read a secret: the value must be stored encrypted and shown masked. */
  readonly sensitive: boolean
  /** What expressions gave that read a secret, or what was made from one, each with the path of its string. */
  readonly secrets: readonly Secret[]
}

export interface Secret {
  readonly field: string
  readonly text: string
}

/** A piece of a template: text as it is, or an expression and where it starts. */
export type TemplatePart =
  | { readonly text: string }
  | { readonly expression: string; readonly at: number }

const delimiters = [
  { start: '${{', end: '}}' },
  { start: '${%', end: '%}' },
] as const

/** True when the text holds the start of an expression. Without one it is taken as it is. */
export function isTemplate(text: string): boolean {
  return delimiters.some(({ start }) => text.includes(start))
}

/**
 * Cuts a template into its parts. The earliest start counts, and the expression ends at the first end of the same kind,
 * whatever quotes or braces stand between. An empty expression ends the reading: the rest is text.
 *
 * @throws ExpressionError of kind compile for an expression without an end.
 */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = []
  const nextStart = startsIn(text)
  let at = 0
  for (;;) {
    const next = nextStart(at)
    if (next === undefined) {
      if (at < text.length) parts.push({ text: text.slice(at) })
      return parts
    }
    if (next.index > at) parts.push({ text: text.slice(at, next.index) })
    const from = next.index + next.start.length
    const end = text.indexOf(next.end, from)
    if (end === -1) {
      throw new ExpressionError({
        kind: 'compile',
        reason: `unclosed expression: expected "${next.end}" but reached end of template`,
        source: text,
        offset: next.index,
      })
    }
    at = end + next.end.length
    if (end === from) {
      if (at < text.length) parts.push({ text: text.slice(at) })
      return parts
    }
    parts.push({ expression: text.slice(from, end), at: from })
  }
}

interface Start {
  readonly index: number
  readonly start: string
  readonly end: string
}

/** Finds the earliest start from a place on; places only grow, so nothing of the text is looked at twice. */
function startsIn(text: string): (from: number) => Start | undefined {
  let ahead: readonly Start[] = delimiters.map((each) => ({ ...each, index: -1 }))
  return (from) => {
    ahead = ahead.flatMap((each) => {
      const index = each.index < from ? text.indexOf(each.start, from) : each.index
      return index === -1 ? [] : [{ ...each, index }]
    })
    const [first, second] = ahead
    return second !== undefined && first !== undefined && second.index < first.index
      ? second
      : first
  }
}

/**
 * Evaluates a template: the results of its expressions are put together with the text around them, and the whole is
 * read again as a number, a bool or JSON, the way Kargo does it.
 *
 * @throws ExpressionError; beside it only Need, from functions over a snapshot.
 */
export function evaluateTemplate(
  text: string,
  env: Env,
  options: TemplateOptions = {},
): TemplateResult {
  return new Evaluation(env, options).template(text)
}

/** Names that an environment must not have: they would hide the functions. */
const reserved = ['quote', 'asYAML', 'asJSON']

/** Templates in a config go no deeper. */
const maxConfigDepth = 500

/**
 * Evaluates every string value of a JSON object, at any depth; keys are left alone.
 *
 * @throws ExpressionError, also for what is not an object, for numbers that JSON cannot carry and for reserved names in
 * the environment. The error's `field` is the path of the value.
 */
export function evaluateConfig(
  config: DeepReadonly<Json>,
  env: Env,
  options: TemplateOptions = {},
): TemplateResult<JsonObject> {
  for (const name of reserved) {
    if (Object.hasOwn(env, name)) {
      throw callError(
        `"${name}" is a forbidden key in the environment: it is reserved for internal use`,
      )
    }
  }
  if (!isJsonObject(config)) {
    throw callError('input is not valid JSON; are all expressions enclosed in quotes?')
  }
  const evaluation = new Evaluation(env, options)
  const value = evaluation.object(config, '', 0)
  return { value, sensitive: evaluation.sensitive, secrets: evaluation.secrets }
}

class Evaluation {
  sensitive: boolean
  readonly secrets: Secret[] = []
  readonly #env: Env
  readonly #options: RunOptions
  readonly #mayRead: (expression: string) => boolean
  /** The path of the string at work. */
  #field = ''
  /** The expression at work read a secret. */
  #hasRead = false

  constructor(env: Env, options: TemplateOptions) {
    this.#env = env
    this.sensitive = options.sensitive ?? false
    const { open = new Set<string>() } = options
    this.#mayRead = (expression) => options.sensitive === true && mayReadSecret(expression, open)
    this.#options = {
      functions: withQuoting(options.functions),
      now: options.now,
      budget: { ...options.budget, shared: options.budget?.shared ?? createSharedSteps() },
      onSensitive: () => {
        this.sensitive = true
        this.#hasRead = true
      },
    }
  }

  template(text: string): TemplateResult {
    if (!isTemplate(text)) return { value: text, sensitive: false, secrets: [] }
    const pieces = parseTemplate(text).map((part) =>
      'text' in part ? part.text : this.#placed(part, text),
    )
    const value = retype(joined(pieces.join('')))
    return { value, sensitive: this.sensitive, secrets: this.secrets }
  }

  /** The text of an expression; its errors show the whole template. */
  #placed(part: { readonly expression: string; readonly at: number }, text: string): string {
    try {
      return this.#expression(part.expression)
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown
      const placed = thrown.within(text, part.at)
      throw this.sensitive ? placed.withoutData() : placed
    }
  }

  #expression(source: string): string {
    const program = compile(source, { declarations: this.#options.functions?.declarations })
    this.#hasRead = this.#mayRead(source)
    const text = spliceValue(run(program, this.#env, this.#options), source)
    if (this.#hasRead) this.secrets.push({ field: this.#field, text })
    return text
  }

  object(config: DeepReadonly<JsonObject>, path: string, depth: number): JsonObject {
    const entries: [string, Json][] = []
    for (const [key, value] of Object.entries(config)) {
      if (value === undefined) continue
      entries.push([key, this.#value(value, path === '' ? key : `${path}.${key}`, depth + 1)])
    }
    return Object.fromEntries(entries)
  }

  #value(value: DeepReadonly<Json>, path: string, depth: number): Json {
    if (depth > maxConfigDepth)
      throw callError(`the config is nested deeper than ${maxConfigDepth} levels`)
    if (typeof value === 'string') return this.#text(value, path)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value))
      return value.map((item, index) => this.#value(item, `${path}[${index}]`, depth + 1))
    return isJsonObject(value) ? this.object(value, path, depth) : null
  }

  #text(text: string, path: string): Json {
    this.#field = path
    try {
      const { value } = this.template(text)
      if (typeof value === 'number' && !Number.isFinite(value)) {
        throw callError(
          `json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`,
        )
      }
      return value
    } catch (thrown) {
      throw thrown instanceof ExpressionError ? thrown.inField(path) : thrown
    }
  }
}

/** The value of one expression as it stands in the text: strings as they are, everything else as JSON. */
export function spliceValue(value: Value, source: string): string {
  if (typeof value === 'string') return value
  try {
    return encodeJson(value)
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError) || thrown.position !== undefined) throw thrown
    throw new ExpressionError({ kind: thrown.kind, reason: thrown.reason, source, offset: 0 })
  }
}

/** What the text of an evaluated template means: see the guide on expressions. */
function retype(text: string): Json {
  const newline = text.endsWith('\n')
  const body = newline ? text.slice(0, -1) : text
  if (body.length > 1 && body.startsWith('"') && body.endsWith('"')) {
    return body.slice(1, -1).toWellFormed() + (newline ? '\n' : '')
  }
  const number = parseGoFloat(body)
  if (number !== undefined) return number
  const bool = parseGoBool(body)
  if (bool !== undefined) return bool
  const decoded = decodeGoJson(body)
  if (decoded !== undefined) return decoded
  return text.toWellFormed()
}
