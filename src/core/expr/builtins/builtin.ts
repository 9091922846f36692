import { checkCall, wrong } from '../check.ts'
import type { Checked } from '../check.ts'
import { describeKind } from '../describe.ts'
import type { ExpressionError } from '../error.ts'
import type { Frame } from '../frame.ts'
import { callError } from '../function-value.ts'
import { isList } from '../value.ts'
import type { Value } from '../value.ts'
import { isAny, isArray } from '../types.ts'
import type { Signature, Type } from '../types.ts'

/** A builtin without a predicate: what it takes is checked before running, what it is given once more when it runs. */
export interface Builtin {
  check(args: readonly Type[]): Checked
  run(args: readonly Value[], frame: Frame): Value
}

export type BuiltinTable = Readonly<Record<string, Builtin>>

/** A builtin with fixed signatures. */
export function typed(
  name: string,
  signatures: readonly Signature[],
  run: (args: readonly Value[], frame: Frame) => Value,
): Builtin {
  return { check: (args) => checkCall(name, signatures, args), run }
}

/** A builtin of one argument with a rule of its own; the rule gives undefined for a type it does not take. */
export function single(
  name: string,
  rule: (type: Type) => Type | undefined,
  run: (value: Value, frame: Frame) => Value,
): Builtin {
  return {
    check: (args) => {
      const [first] = args
      if (first === undefined || args.length !== 1) return wrongCount('1', args.length)
      return rule(first) ?? wrong(`invalid argument for ${name} (type ${first.kind})`)
    },
    run: (args, frame) => run(args[0] ?? null, frame),
  }
}

export function wrongCount(expected: string, got: number): Checked {
  return wrong(`invalid number of arguments (expected ${expected}, got ${got})`)
}

/** A rule for lists, and for what is not known. */
export function listRule(result: Type | ((type: Type) => Type)): (type: Type) => Type | undefined {
  return (type) => {
    if (!isArray(type) && !isAny(type) && type.kind !== 'bytes') return undefined
    return typeof result === 'function' ? result(type) : result
  }
}

export function textArg(args: readonly Value[], index: number): string {
  const value = args[index] ?? null
  if (typeof value === 'string') return value
  throw callError(`argument ${index + 1} must be string, got ${describeKind(value)}`)
}

export function listArg(name: string, value: Value): readonly Value[] {
  if (isList(value)) return value
  throw invalid(name, value)
}

export function invalid(name: string, value: Value): ExpressionError {
  return callError(`invalid argument for ${name} (type ${describeKind(value)})`)
}

/** Pays for looking at a text once. */
export function scan(frame: Frame, ...texts: readonly string[]): void {
  let length = 0
  for (const text of texts) length += text.length
  frame.charge(1 + (length >> 5))
}
