import { encodeJson } from '../go-json.ts'
import type { Implementation } from '../function-value.ts'
import { quoteGo } from '../go-quote.ts'
import { encodeYaml } from '../go-yaml.ts'
import type { Declarations, FunctionSet } from '../signature.ts'
import { any, signature, string } from '../types.ts'
import type { Signature } from '../types.ts'
import type { Value } from '../value.ts'
import { declare, expectArguments, functionSet } from './declare.ts'

/**
 * What keeps a result from being read as something else: the text between a pair of quotes around a whole template
 * stays a string.
 */

const anyToText: readonly Signature[] = [signature([any], string)]

export const quotingSignatures: Readonly<Record<string, readonly Signature[]>> = {
  quote: anyToText,
  unsafeQuote: anyToText,
  asYAML: anyToText,
  asJSON: anyToText,
}

const one =
  (write: (value: Value) => string): Implementation =>
  (args, context) => {
    expectArguments(args, 1)
    const text = write(args[0] ?? null)
    context.charge(1 + text.length)
    return text
  }

const unsafeQuote = (value: Value): string => `"${encodeJson(value)}"`

export const quotingImplementations: Readonly<Record<string, Implementation>> = {
  quote: one((value) => (typeof value === 'string' ? quoteGo(value) : unsafeQuote(value))),
  unsafeQuote: one(unsafeQuote),
  asYAML: one((value) => `"${encodeYaml(value)}"`),
  asJSON: one((value) => `"${encodeJson(value, { indent: 2 })}\n"`),
}

const quotingDeclarations = declare(quotingSignatures)

/** Only the quoting functions: for templates of contexts that have no others. */
export const quotingFunctions: FunctionSet = functionSet(
  quotingDeclarations,
  quotingImplementations,
)

const merged = new WeakMap<Declarations, Declarations>()

/** A function set with the quoting functions, which every template has. */
export function withQuoting(set: FunctionSet | undefined): FunctionSet {
  if (set === undefined) return quotingFunctions
  if (set.declarations.functions.has('quote')) return set
  const found = merged.get(set.declarations)
  const declarations = found ?? {
    functions: new Map([...set.declarations.functions, ...Object.entries(quotingSignatures)]),
  }
  if (found === undefined) merged.set(set.declarations, declarations)
  return {
    declarations,
    implementations: new Map([...set.implementations, ...Object.entries(quotingImplementations)]),
  }
}
