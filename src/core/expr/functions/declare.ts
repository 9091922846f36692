import { callError } from '../function-value.ts'
import type { Implementation } from '../function-value.ts'
import { describeKind } from '../describe.ts'
import type { Declarations, FunctionSet, Signature } from '../signature.ts'
import type { Value } from '../value.ts'

/** The declarations of several groups as one. Make it once: programs are cached by the object. */
export function declare(
  ...groups: readonly Readonly<Record<string, readonly Signature[]>>[]
): Declarations {
  return { functions: new Map(groups.flatMap((group) => Object.entries(group))) }
}

/** Declarations with what they do in one evaluation. */
export function functionSet(
  declarations: Declarations,
  ...groups: readonly Readonly<Record<string, Implementation>>[]
): FunctionSet {
  return {
    declarations,
    implementations: new Map(groups.flatMap((group) => Object.entries(group))),
  }
}

/** Throws the call error for a wrong number of arguments. */
export function expectArguments(args: readonly Value[], from: number, to = from): void {
  if (args.length >= from && args.length <= to) return
  const range = from === to ? `${from} argument${from === 1 ? '' : 's'}` : `${from}-${to} arguments`
  throw callError(`expected ${range}, got ${args.length}`)
}

/** A string argument; throws the call error for anything else. */
export function stringArgument(args: readonly Value[], index: number): string {
  const value = args[index]
  if (typeof value === 'string') return value
  const which = ['first', 'second', 'third'][index] ?? `${index + 1}th`
  throw callError(
    `${args.length === 1 ? '' : `${which} `}argument must be string, got ${describeKind(value)}`,
  )
}
