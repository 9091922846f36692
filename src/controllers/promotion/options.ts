import type { Promotion } from '../../core/kinds/promotion.ts'
import type { Supported } from '../../core/policy/policy-facts.ts'
import type { Clock } from '../../core/clock.ts'
import type { Engine } from '../../engine/engine.ts'

export interface PromotionOptions {
  readonly engine: Engine
  readonly clock: Clock
  /** Gates that are there: the same as the Stage controller has. */
  readonly supports?: Supported | undefined
  /** Promotions at work at a time; more wait for a slot. Default 10. */
  readonly maxRuns?: number | undefined
  /** Which Promotions this controller looks after; default all. */
  readonly selects?: ((promotion: Promotion) => boolean) | undefined
}
