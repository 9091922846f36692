import { type Clock, toTimestamp } from '../../core/clock.ts'
import type { Warehouse } from '../../core/kinds/warehouse.ts'
import type {
  BudgetView,
  DiscoveryView,
  SubscriptionState,
  SubscriptionView,
} from '../../core/policy/discovery-view.ts'
import { artifactName, bestArtifact, countArtifacts } from './artifacts.ts'
import type { Look, Looks } from './looks.ts'
import {
  type BrokenSubscription,
  type Entries,
  isBroken,
  type Subscription,
} from './subscriptions.ts'

/** The looks at a Warehouse's subscriptions as users see them: volatile facts, read from memory, written nowhere. */
export function describeDiscovery(
  warehouse: Warehouse,
  entries: Entries,
  looks: Looks | undefined,
  clock: Clock,
): DiscoveryView {
  // After an edit the looks are another generation's until the controller has seen it.
  const { uid, generation } = warehouse.metadata
  const known = looks?.uid === uid && looks?.generation === generation ? looks : undefined
  return {
    warehouse: warehouse.metadata.name,
    now: toTimestamp(clock.now()),
    subscriptions: entries.map((entry, index) => {
      const errors = warehouse.status?.gantry?.subscriptionErrors ?? []
      const since = errors.find((error) => error.index === index)?.since
      const until = known?.taken.stale.find((stale) => stale.index === index)?.until
      return describeOne(entry, known?.bySubscription[index], clock, { since, until })
    }),
  }
}

function describeOne(
  entry: Subscription | BrokenSubscription,
  look: Look | undefined,
  clock: Clock,
  { since, until }: { since: string | undefined; until: number | undefined },
): SubscriptionView {
  const error = isBroken(entry) ? entry.error : look?.error
  const best = look?.result && bestArtifact(look.result)
  const isWaiting = look?.runningSince === undefined && Number.isFinite(look?.dueAt)
  const nextLookAt = isWaiting ? clock.now() + ((look?.dueAt ?? 0) - clock.monotonic()) : undefined
  return {
    index: entry.index,
    ...(entry.name !== undefined && { name: entry.name }),
    ...(!isBroken(entry) && { type: entry.source.kind, remote: entry.remote }),
    state: stateOf(entry, look),
    isFresh: look?.seenAt !== undefined && look.error === undefined,
    ...moments({
      staleUntil: until,
      runningSince: look?.runningSince,
      lastLookAt: look?.endedAt,
      seenAt: look?.seenAt,
      changedAt: look?.changedAt,
      nextLookAt,
    }),
    failures: look?.failures ?? 0,
    ...(error !== undefined && {
      error: {
        code: error.code,
        message: error.message,
        ...(since !== undefined && { since }),
      },
    }),
    requests: {
      lastLook: [...(look?.cost.lastLook.values() ?? [])].reduce((sum, count) => sum + count, 0),
      total: look?.cost.total ?? 0,
    },
    budgets: budgetsOf(look),
    artifacts: look?.result === undefined ? 0 : countArtifacts(look.result),
    ...(best !== undefined && { best: artifactName(best) }),
  }
}

function stateOf(
  entry: Subscription | BrokenSubscription,
  look: Look | undefined,
): SubscriptionState {
  if (isBroken(entry)) return 'Broken'
  if (look === undefined) return 'NotSeen'
  if (look.error !== undefined) return 'Failing'
  if (look.runningSince !== undefined) return 'Looking'
  return look.seenAt === undefined ? 'NotSeen' : 'Current'
}

function budgetsOf(look: Look | undefined): BudgetView[] {
  return [...(look?.cost.budgets ?? [])].map(([host, { remaining, limit, resetAt }]) => ({
    host,
    remaining,
    ...(limit !== undefined && { limit }),
    ...moments({ resetAt }),
  }))
}

/** The moments that are known, as timestamps. */
function moments<K extends string>(
  times: Readonly<Record<K, number | undefined>>,
): { [P in K]?: string } {
  const known: { [P in K]?: string } = {}
  for (const key of Object.keys(times) as K[]) {
    const time = times[key]
    if (time !== undefined) known[key] = toTimestamp(time)
  }
  return known
}
