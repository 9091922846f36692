import type { Secret } from '../core/expr/template.ts'
import type { Json } from '../core/json.ts'
import type { LoopRecord } from '../core/policy/next-step.ts'
import type { PromotionInput } from './promotion.ts'
import type { EngineStep } from './session.ts'

/** What the expressions of one step see. */
export interface StepScope {
  readonly promotion: PromotionInput
  readonly step: EngineStep
  readonly index: number
  /** All steps and what is recorded of them: for `stepMetas`, `status()`, `success()` and `failure()`. */
  readonly steps: readonly EngineStep[]
  readonly records: readonly (LoopRecord | undefined)[]
  readonly outputs: Readonly<Record<string, Json>>
  /** What the step's templates read may have been made from a secret before. */
  readonly sensitive: boolean
  /** Outputs that were not, all the same: `outputs.build`, `task.outputs.build`. */
  readonly open: ReadonlySet<string>
  /** Frozen for the evaluation, epoch milliseconds. */
  readonly now: number
  readonly signal: AbortSignal
}

export interface Evaluated {
  readonly value: Json
  /** Something in it came from a secret. */
  readonly sensitive: boolean
  /** What in it did, each with the path of its string, like `a.b[0].c`. */
  readonly secrets: readonly Secret[]
}

/**
 * Evaluates the expressions of a step. Throws GantryError: one whose code may be retried when a fact could not be
 * fetched (then nothing is said about the step), any other when the expression is at fault.
 */
export interface Evaluator {
  condition(scope: StepScope): Promise<Evaluated>
  /** The step's config with its templates evaluated; `{}` when it has none. */
  config(scope: StepScope): Promise<Evaluated>
}
