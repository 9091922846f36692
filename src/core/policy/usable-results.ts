import type { ErrorCode } from '../errors.ts'

/**
 * Which results of a Warehouse's looks may become Freight. By itself only what the last look of this process found; by
 * the Warehouse's own wish also what a look found shortly before its remote could no longer be reached.
 */

/** What is known of the looks at one subscription. Times are epoch milliseconds. */
export interface LookView {
  /** When this process last saw the remote as it is in the result; absent: it never did. */
  readonly seenAt?: number | undefined
  /** Why the last look failed; absent when it did not. */
  readonly errorCode?: ErrorCode | undefined
}

export interface StaleResult {
  /** Position of the subscription. */
  readonly index: number
  readonly seenAt: number
  /** Until when it may be used. */
  readonly until: number
}

export interface UsableResults {
  /** Subscriptions whose last result is used although the last look failed. */
  readonly stale: readonly StaleResult[]
  /** Positions of those without a result that may be used: no Freight. */
  readonly unusable: readonly number[]
}

/** Failures that pass by themselves. Refused access or a repository that is gone is no reason to go on without it. */
const outages: ReadonlySet<ErrorCode> = new Set([
  'Unreachable',
  'Unavailable',
  'Timeout',
  'RateLimited',
])

/** @param maxStalenessMs - how old the result of a subscription that cannot be read may be; absent: never used. */
export function usableResults(
  looks: readonly LookView[],
  maxStalenessMs: number | undefined,
  nowMs: number,
): UsableResults {
  const stale: StaleResult[] = []
  const unusable: number[] = []
  for (const [index, { seenAt, errorCode }] of looks.entries()) {
    if (seenAt === undefined) unusable.push(index)
    else if (errorCode !== undefined) {
      const until = seenAt + (maxStalenessMs ?? Number.NEGATIVE_INFINITY)
      if (outages.has(errorCode) && nowMs < until) stale.push({ index, seenAt, until })
      else unusable.push(index)
    }
  }
  return { stale, unusable }
}
