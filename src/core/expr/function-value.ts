import { ExpressionError } from './error.ts'
import { Boxed } from './value.ts'
import type { Value } from './value.ts'

/** What a function may use of the evaluation that calls it. */
export interface CallContext {
  /** The frozen time of the evaluation, epoch milliseconds. Throws when the host gave none. */
  now(): number
  /** Says that the result depends on a secret. */
  markSensitive(): void
  /** Counts work and memory against the budget: elements or characters made. Throws the budget error. */
  charge(amount: number): void
}

/**
 * A function's work: values in, a value out. Wrong arguments and failures are thrown as `callError(...)`; the place in
 * the source is added by the caller.
 */
export type Implementation = (args: readonly Value[], context: CallContext) => Value

/** A function as a value: a method bound to its receiver, or a function in the environment. */
export class FunctionValue extends Boxed {
  readonly typeName = 'func'
  readonly name: string
  readonly call: Implementation
  readonly #text: string

  /** `text` is what `string()` prints of it. */
  constructor(name: string, call: Implementation, text = 'func') {
    super()
    this.name = name
    this.call = call
    this.#text = text
  }

  toJsonValue(): Value {
    throw callError('json: unsupported type: func')
  }

  text(): string {
    return this.#text
  }

  /** No function equals another, nor itself. */
  override equals(): boolean {
    return false
  }
}

/** A failure of a function, without a place; the evaluator adds it. `%s` in the reason stands for data of the values. */
export function callError(reason: string, data?: string): ExpressionError {
  return new ExpressionError({ kind: 'run', reason, data })
}
