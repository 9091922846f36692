import { ExpressionError } from './error.ts'
import { callError } from './function-value.ts'
import type { CallContext, Implementation } from './function-value.ts'
import type { Env, Value } from './value.ts'

/** A compiled node: computes its value in a frame. */
export type Code = (frame: Frame) => Value

export const defaultSteps = 10_000_000
/** Of all expressions of one config or step together. */
export const defaultSharedSteps = 20_000_000
export const defaultMemory = 1_000_000
/** Values inside one another, as far as they are walked: compared, printed, encoded. */
export const maxValueDepth = 1_000
/** So many characters count as one unit of memory. */
const charsPerUnit = 32
/** No single string is longer. */
export const maxStringLength = 8_000_000

const nothing: readonly Value[] = Object.freeze([])
/** Shared by all programs that set no variable. */
const noSlots: Value[] = []

/** The state of one run: its environment, what it may still use, and the variables it has set. */
export class Frame implements CallContext {
  readonly env: Env
  /** Values of `let` variables and of what `#`, `#index` and `#acc` stand for; places are known at compile time. */
  readonly slots: Value[]
  /** Arguments of calls that did not happen because their chain ended; see `stack.ts`. */
  leftBehind: readonly Value[] = nothing
  readonly functions: ReadonlyMap<string, Implementation> | undefined
  readonly #now: number | undefined
  readonly #onSensitive: (() => void) | undefined
  readonly #stepsGiven: number
  #steps: number
  #memory: number

  constructor(
    env: Env,
    functions: ReadonlyMap<string, Implementation> | undefined,
    now: number | undefined,
    onSensitive: (() => void) | undefined,
    steps: number,
    memory: number,
    setsVariables: boolean,
  ) {
    this.env = env
    this.slots = setsVariables ? [] : noSlots
    this.functions = functions
    this.#now = now
    this.#onSensitive = onSensitive
    this.#stepsGiven = steps
    this.#steps = steps
    this.#memory = memory
  }

  now(): number {
    if (this.#now === undefined) throw callError('now() is not available here')
    return this.#now
  }

  get stepsUsed(): number {
    return this.#stepsGiven - this.#steps
  }

  markSensitive(): void {
    this.#onSensitive?.()
  }

  /** Counts operations. */
  charge(amount: number): void {
    this.#steps -= amount
    if (this.#steps < 0)
      throw budgetError('step budget exceeded: the expression takes too many operations')
  }

  /** Counts elements made; they also cost as many steps. */
  grow(elements: number): void {
    this.#memory -= elements
    if (this.#memory <= 0) throw budgetError('memory budget exceeded')
    this.charge(elements)
  }

  /** Counts characters made, before they are made. */
  growText(chars: number): void {
    if (chars > maxStringLength) throw budgetError('memory budget exceeded')
    if (chars >= charsPerUnit) this.grow(Math.floor(chars / charsPerUnit))
    else this.charge(1)
  }
}

/** Pays for a search of one text in another: at worst every place of the one is compared with all of the other. */
export function chargeSearch(frame: Frame, text: string, part: string): void {
  frame.charge(1 + Math.floor((text.length * (part.length + 16)) / 512))
}

/** Pays for putting two values in order. */
export function chargeOrder(frame: Frame, a: Value, b: Value): void {
  frame.charge(
    typeof a === 'string' && typeof b === 'string' ? 1 + (Math.min(a.length, b.length) >> 4) : 1,
  )
}

export function budgetError(reason: string): ExpressionError {
  return new ExpressionError({ kind: 'budget', reason })
}
