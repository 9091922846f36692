import { defaultRetention, type RetentionRules } from '../core/policy/retention.ts'
import { toCount, toMs } from './read-env.ts'

/** What the operator's environment says about how long Promotions and Freight are kept. */
export function readRetention(env: NodeJS.ProcessEnv): {
  readonly promotions: RetentionRules
  readonly freight: RetentionRules
} {
  const read = (noun: string, plural: string): RetentionRules => ({
    maxRetained: toCount(env, `MAX_RETAINED_${plural}`, defaultRetention.maxRetained),
    minAgeMs: toMs(env, `MIN_${noun}_DELETION_AGE`, defaultRetention.minAgeMs),
  })
  return { promotions: read('PROMOTION', 'PROMOTIONS'), freight: read('FREIGHT', 'FREIGHT') }
}
