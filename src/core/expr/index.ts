import type { Node } from './ast.ts'
import { compileNode } from './compile/index.ts'
import { ExpressionError } from './error.ts'
import { budgetError, defaultMemory, defaultSharedSteps, defaultSteps, Frame } from './frame.ts'
import type { Code } from './frame.ts'
import { describeKind } from './describe.ts'
import { parseGoBool } from './go-number.ts'
import { formatValue } from './go-text.ts'
import { parse } from './parse/index.ts'
import { locateFailure } from './locate.ts'
import type { Declarations, FunctionSet } from './signature.ts'
import { Need } from './functions/need.ts'
import type { Env, Value } from './value.ts'

export { ExpressionError } from './error.ts'
export type { ExpressionErrorKind } from './error.ts'
export { callError, FunctionValue } from './function-value.ts'
export { encodeJson } from './go-json.ts'
export { fromJson, toJson } from './json-value.ts'
export type { FunctionSet } from './signature.ts'
export type { Env, Value } from './value.ts'

export interface CompileOptions {
  /** Functions beside the builtins. One object per context: programs are cached by it. */
  readonly declarations?: Declarations | undefined
}

/** A compiled expression. Immutable: it may be run any number of times, with any environment. */
export interface Program {
  readonly source: string
  /** The functions it was compiled with; `run` must be given implementations of the same. */
  readonly declarations: Declarations | undefined
  /** What the source was read as. */
  readonly root: Node
  readonly code: Code
  /** It needs room for `let` variables or for what `#` stands for. */
  readonly setsVariables: boolean
}

/** How much an evaluation may use. None of them is a clock, so the same input always gives the same answer. */
export interface Budget {
  /** Operations. 10,000,000 unless told. */
  readonly steps?: number | undefined
  /** Elements of lists and maps, and characters of strings (32 for one), that it may make. 1,000,000 unless told. */
  readonly memory?: number | undefined
  /** What several runs may use together, beside what each may. */
  readonly shared?: SharedSteps | undefined
}

/** Operations that are left; runs take away what they used. */
export interface SharedSteps {
  left: number
}

export function createSharedSteps(): SharedSteps {
  return { left: defaultSharedSteps }
}

export interface RunOptions {
  readonly functions?: FunctionSet | undefined
  /** What `now()` answers, epoch milliseconds. Without it `now()` is an error. */
  readonly now?: number | undefined
  readonly budget?: Budget | undefined
  /** Called when a function says that the result depends on a secret. */
  readonly onSensitive?: (() => void) | undefined
}

/** Compiled programs are kept, up to so many; then it starts anew. */
const maxCachedPrograms = 2_000
/** Longer sources are not kept. */
const maxCachedLength = 10_000
const cache = new Map<Declarations | undefined, Map<string, Program>>()
let cachedPrograms = 0

/**
 * Compiles an expression, or takes it from the cache.
 *
 * @throws ExpressionError of kind compile, or budget when the source is too long, too large or nested too deeply.
 */
export function compile(source: string, options: CompileOptions = {}): Program {
  const { declarations } = options
  const cached = cache.get(declarations)?.get(source)
  if (cached !== undefined) return cached
  const program = compileFresh(source, declarations)
  if (source.length <= maxCachedLength) remember(program)
  return program
}

/** Compiles without the cache. */
export function compileFresh(source: string, declarations: Declarations | undefined): Program {
  return guarded(() => {
    const root = parse(source, { overridden: declarations?.functions })
    const { code, setsVariables } = compileNode(root, source, { declarations })
    return Object.freeze({ source, declarations, root, code, setsVariables })
  })
}

function remember(program: Program): void {
  if (cachedPrograms >= maxCachedPrograms) {
    cache.clear()
    cachedPrograms = 0
  }
  const group = cache.get(program.declarations) ?? new Map<string, Program>()
  group.set(program.source, program)
  cache.set(program.declarations, group)
  cachedPrograms++
}

/** The stack is a budget too: running out of it is our error, never the engine's. */
function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof RangeError)
      throw budgetError('the expression or its data is nested too deeply')
    throw thrown
  }
}

/**
 * Runs a program with these variables.
 *
 * @throws ExpressionError of kind run, or budget; beside it only Need, from functions over a snapshot.
 */
export function run(program: Program, env: Env, options: RunOptions = {}): Value {
  const frame = frameFor(env, options, program.setsVariables)
  try {
    return program.code(frame)
  } catch (thrown) {
    throw placed(thrown, program, env, options)
  } finally {
    const shared = options.budget?.shared
    if (shared !== undefined) shared.left -= frame.stepsUsed
  }
}

/** The state of one run. For parts of the language that run programs in their own way. */
export function frameFor(env: Env, options: RunOptions, setsVariables = true): Frame {
  return new Frame(
    env,
    options.functions?.implementations,
    options.now,
    options.onSensitive,
    Math.min(options.budget?.steps ?? defaultSteps, options.budget?.shared?.left ?? Infinity),
    options.budget?.memory ?? defaultMemory,
    setsVariables,
  )
}

/** What was thrown, as an error that says where. Evaluation has no effects, so finding the place means running again. */
function placed(thrown: unknown, program: Program, env: Env, options: RunOptions): unknown {
  if (thrown instanceof Need) return thrown
  if (thrown instanceof RangeError)
    return budgetError('the expression or its data is nested too deeply')
  if (
    !(thrown instanceof ExpressionError) ||
    thrown.kind !== 'run' ||
    thrown.position !== undefined
  )
    return thrown
  const quiet = { ...options, onSensitive: undefined }
  return locateFailure(thrown, program, frameFor(env, quiet))
}

/** Compiles and runs in one go. */
export function evaluate(source: string, env: Env, options: RunOptions = {}): Value {
  return run(compile(source, { declarations: options.functions?.declarations }), env, options)
}

/**
 * Evaluates to a bool: a real one, or any value whose printed form Go's ParseBool takes (`1`, `t`, `TRUE`, ...). This is
 * the rule of filters and criteria; where only a real bool counts, look at what `evaluate` gives.
 */
export function evaluateBool(source: string, env: Env, options: RunOptions = {}): boolean {
  const value = evaluate(source, env, options)
  if (typeof value === 'boolean') return value
  const parsed = parseGoBool(formatValue(value))
  if (parsed !== undefined) return parsed
  throw new ExpressionError({
    kind: 'run',
    reason: `the expression must give a bool, but gives ${describeKind(value)}`,
    source,
    offset: 0,
  })
}
