import { parseDuration } from '../../core/duration.ts'
import { jsonEqual } from '../../core/json.ts'
import { refKey } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { SubscriptionError } from '../../core/kinds/warehouse.ts'
import { toTimestamp } from '../../core/clock.ts'
import { getCondition } from '../../runtime/conditions.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { composeLists, recallResults } from './compose.ts'
import type { Look, LookKeeper, Looks } from './looks.ts'
import type { WarehouseContext, WarehouseDraft, WarehouseOptions } from './options.ts'
import { say, sayBroken, sayNothingOfFreight } from './say.ts'
import {
  isBroken,
  readSubscriptions,
  titleOf,
  type BrokenSubscription,
  type Subscription,
} from './subscriptions.ts'

const defaultIntervalMs = 300_000
const minLookAgainMs = 100
const maxPollMs = 1_000

type Entries = readonly (Subscription | BrokenSubscription)[]

/**
 * Sees to it that every subscription is looked at in time, beside the queue, and takes over what was found. Goes on to
 * the next phase only when every subscription was seen by this process and none failed: no Freight of stale parts.
 */
export async function discover(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  options: WarehouseOptions,
  keeper: LookKeeper,
): Promise<PhaseResult> {
  const { object, ref, clock } = ctx
  const { generation = 0, uid = '' } = object.metadata
  const entries = readSubscriptions(object, options.sources)
  const isObserved = draft.observedGeneration === generation
  const recalled = recallResults(entries, isObserved ? draft.discoveredArtifacts : undefined)
  const looks = keeper.open(refKey(ref), uid, generation, recalled)
  const refresh = object.metadata.annotations?.[annotations.refresh]
  startDue(ctx, draft, options, keeper, entries, looks, refresh)

  const running = looks.bySubscription.filter(({ runningSince }) => runningSince !== undefined)
  if (running.length > 0) {
    sayDiscovering(ctx, draft)
    return whileRunning(ctx, running)
  }
  takeOver(ctx, draft, entries, looks)
  if (refresh !== undefined) draft.lastHandledRefresh = refresh
  const lookAgainMs = Math.max(minLookAgainMs, Math.ceil(soonest(looks) - clock.monotonic()))
  const errors = subscriptionErrors(ctx, draft, entries, looks)
  noteErrors(draft, errors)
  if (errors.length === 0) {
    draft.observedGeneration = generation
    return { requeueAfterMs: lookAgainMs }
  }
  const message = errors.map((error) => error.message).join('; ')
  sayNothingOfFreight(draft)
  say(ctx, draft, 'Reconciling', {
    status: 'True',
    reason: 'ScheduledDiscovery',
    message: 'waiting for the next look at what could not be read',
  })
  sayBroken(ctx, draft, { healthy: 'DiscoveryFailed', ready: 'DiscoveryFailure', message })
  const until = Number.isFinite(lookAgainMs) ? ctx.now + lookAgainMs : undefined
  return {
    stop: true,
    ...(until !== undefined && { requeueAfterMs: lookAgainMs }),
    waiting: { code: 'DiscoveryFailed', message, until },
  }
}

function startDue(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  options: WarehouseOptions,
  keeper: LookKeeper,
  entries: Entries,
  looks: Looks,
  refresh: string | undefined,
): void {
  const { object, clock, log } = ctx
  const isRefreshed = refresh !== undefined && refresh !== draft.lastHandledRefresh
  const wishedMs = parseDuration(object.spec.interval ?? '') ?? defaultIntervalMs
  const intervalMs = Math.max(wishedMs, options.minIntervalMs ?? 0, minLookAgainMs)
  const isTime = (look: Look): boolean => look.dueAt <= clock.monotonic()
  const usable = entries.flatMap((subscription, index) => {
    const look = looks.bySubscription[index]
    return look === undefined || isBroken(subscription) ? [] : [{ look, subscription }]
  })
  // All at once: one by one, what was released together would become Freight in parts.
  const isRoundDue = usable.some(({ look }) => look.error === undefined && isTime(look))
  for (const { look, subscription } of usable) {
    const isScheduled = look.error === undefined ? isRoundDue : isTime(look)
    // A look that began before the refresh was asked for may have missed what the refresh is about.
    const isDue = isScheduled || (isRefreshed && look.refresh !== refresh)
    if (look.runningSince !== undefined || !isDue) continue
    const { namespace: project = '', name: warehouse } = object.metadata
    keeper.start(look, { project, warehouse, subscription, refresh, intervalMs, log })
  }
}

/** In-progress conditions are written for what is new only: a look that finds nothing must write nothing. */
function sayDiscovering(ctx: WarehouseContext, draft: WarehouseDraft): void {
  const { generation } = ctx.object.metadata
  if (getCondition(draft, 'Ready')?.observedGeneration === generation) return
  const message = 'looking at the subscriptions'
  say(ctx, draft, 'Reconciling', { status: 'True', reason: 'ScheduledDiscovery', message })
  say(ctx, draft, 'Ready', { status: 'False', reason: 'DiscoveryInProgress', message })
  say(ctx, draft, 'Healthy', { status: 'Unknown', reason: 'Pending', message })
  sayNothingOfFreight(draft)
}

function whileRunning(ctx: WarehouseContext, running: readonly Look[]): PhaseResult {
  const since = Math.min(...running.map(({ runningSince }) => runningSince ?? ctx.now))
  const pollMs = Math.min(maxPollMs, Math.max(minLookAgainMs / 2, (ctx.now - since) / 4))
  const message = `looking at ${running.length} subscription(s)`
  return { stop: true, requeueAfterMs: pollMs, waiting: { code: 'Discovering', message, since } }
}

/** Writes what was found, and when, only where it differs from what is written. */
function takeOver(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
): void {
  const results = looks.bySubscription.map(({ result }) => result)
  if (results.every((result) => result === undefined)) return
  const lists = composeLists(entries, results)
  const { discoveredAt, ...before } = draft.discoveredArtifacts ?? {}
  if (discoveredAt !== undefined && jsonEqual(before, lists)) return
  draft.discoveredArtifacts = { discoveredAt: toTimestamp(ctx.now), ...lists }
}

function soonest(looks: Looks): number {
  const due = looks.bySubscription.map(({ dueAt }) => dueAt).filter(Number.isFinite)
  return Math.min(Number.POSITIVE_INFINITY, ...due)
}

/** `since` is kept while a subscription keeps failing in the same way. */
function subscriptionErrors(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
): SubscriptionError[] {
  const before = draft.gantry?.subscriptionErrors ?? []
  return entries.flatMap((entry, index) => {
    const error = isBroken(entry) ? entry.error : looks.bySubscription[index]?.error
    if (error === undefined) return []
    const known = before.find((other) => other.index === index && other.code === error.code)
    return [
      {
        index,
        ...(entry.name !== undefined && { name: entry.name }),
        ...(!isBroken(entry) && { remote: entry.remote }),
        code: error.code,
        message: `${titleOf(entry)}: ${error.message}`,
        since: known?.since ?? toTimestamp(ctx.now),
      },
    ]
  })
}

function noteErrors(draft: WarehouseDraft, errors: SubscriptionError[]): void {
  const { subscriptionErrors: _before, ...others } = draft.gantry ?? {}
  const gantry = { ...others, ...(errors.length > 0 && { subscriptionErrors: errors }) }
  if (Object.keys(gantry).length > 0) draft.gantry = gantry
  else delete draft.gantry
}
