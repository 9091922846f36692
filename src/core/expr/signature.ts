import type { Implementation } from './function-value.ts'
import type { Signature } from './types.ts'

export type { Signature } from './types.ts'

/**
 * The functions that a context declares: known at compile time, so that wrong calls are compile errors. One object per
 * context, made once: compiled programs are cached by it.
 */
export interface Declarations {
  readonly functions: ReadonlyMap<string, readonly Signature[]>
}

/** Declared functions together with what they do in one evaluation. */
export interface FunctionSet {
  readonly declarations: Declarations
  readonly implementations: ReadonlyMap<string, Implementation>
}
