import { instantOf, sortNewestFirst } from './instant.ts'
import { isTerminal } from './promotion-order.ts'
import type { FreightView, PromotionView, StageView } from './views.ts'

export interface RetentionRules {
  /** How many are kept beyond the oldest that is still needed. */
  readonly maxRetained: number
  /** What is younger than this is kept, in milliseconds. */
  readonly minAgeMs: number
}

/** Kargo's defaults: twenty, and two weeks. */
export const defaultRetention: RetentionRules = { maxRetained: 20, minAgeMs: 336 * 3_600_000 }

/**
 * The Promotions of one Stage that garbage collection may delete, newest first: those that come after the oldest one
 * that is needed and `maxRetained` more, and are old enough. Needed is what has not ended, and what the Stage has not
 * taken up yet: `lastNoted` is the name of its `lastPromotion`, undefined for a Stage that takes up none.
 */
export function collectablePromotions<P extends PromotionView>(
  promotions: readonly P[],
  rules: RetentionRules,
  now: number,
  lastNoted: string | undefined,
): readonly P[] {
  const sorted = [...promotions].sort(newestPromotionFirst)
  const oldestNeeded = sorted.findLastIndex(
    (promotion) =>
      !isTerminal(promotion) || (lastNoted !== undefined && promotion.metadata.name > lastNoted),
  )
  return sorted
    .slice(oldestNeeded + rules.maxRetained + 1)
    .filter(({ metadata }) => isOldEnough(instantOf(metadata.creationTimestamp), rules, now))
}

function newestPromotionFirst(a: PromotionView, b: PromotionView): number {
  const difference =
    (instantOf(b.metadata.creationTimestamp) ?? 0) - (instantOf(a.metadata.creationTimestamp) ?? 0)
  if (difference !== 0) return difference
  return a.metadata.name < b.metadata.name ? 1 : -1
}

/**
 * The Freight of one Warehouse that garbage collection may delete, newest first: those that come after the oldest one in
 * use and `maxRetained` more, and are old enough. `inUse` is of the whole Project, see `freightInUse`.
 */
export function collectableFreight<F extends FreightView>(
  freight: readonly F[],
  inUse: ReadonlySet<string>,
  rules: RetentionRules,
  now: number,
): readonly F[] {
  const sorted = sortNewestFirst(freight)
  const oldestNeeded = sorted.findLastIndex(({ metadata }) => inUse.has(metadata.name))
  return sorted
    .slice(oldestNeeded + rules.maxRetained + 1)
    .filter((each) => isOldEnough(ageStart(each), rules, now))
}

function ageStart(freight: FreightView): number | undefined {
  return instantOf(freight.discoveredAt) ?? instantOf(freight.metadata.creationTimestamp)
}

/** Without a readable time nothing counts as old. */
function isOldEnough(since: number | undefined, rules: RetentionRules, now: number): boolean {
  return since !== undefined && now - since >= rules.minAgeMs
}

/** Names of the Freight that a Stage is at, or that a Promotion which has not ended is to bring. */
export function freightInUse(
  stages: readonly StageView[],
  promotions: readonly PromotionView[],
): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { status } of stages)
    for (const { name } of Object.values(status?.freightHistory?.[0]?.items ?? {})) names.add(name)
  for (const promotion of promotions)
    if (!isTerminal(promotion) && promotion.spec.freight !== undefined)
      names.add(promotion.spec.freight)
  return names
}

/** Names of the Stages whose current collection holds the Freight: it cannot be deleted while there is one. */
export function stagesUsing(freight: string, stages: readonly StageView[]): readonly string[] {
  return stages
    .filter(({ status }) =>
      Object.values(status?.freightHistory?.[0]?.items ?? {}).some(({ name }) => name === freight),
    )
    .map(({ metadata }) => metadata.name)
}
