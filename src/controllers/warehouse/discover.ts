import { toTimestamp } from '../../core/clock.ts'
import { parseDuration } from '../../core/duration.ts'
import { jsonEqual } from '../../core/json.ts'
import { refKey } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { annotation, stalenessAnnotation } from '../../core/policy/annotations.ts'
import { usableResults } from '../../core/policy/usable-results.ts'
import { getCondition } from '../../runtime/conditions.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { composeLists, recallResults } from './compose.ts'
import type { Look, LookKeeper, Looks } from './looks.ts'
import type { WarehouseContext, WarehouseDraft, WarehouseOptions } from './options.ts'
import { say, sayBroken, sayNothingOfFreight } from './say.ts'
import { startDue } from './start-due.ts'
import { noteErrors } from './subscription-errors.ts'
import { type Entries, readSubscriptions } from './subscriptions.ts'

const minLookAgainMs = 100
/** The end of the last look wakes the Warehouse; this is for what those that ended before it found. */
const whileRunningMs = 1_000
/** What the others found is written when one look takes longer than this. */
const patienceMs = 10_000

/**
 * Sees to it that every subscription is looked at in time, beside the queue, and takes over what was found. Goes on to
 * the next phase only when every subscription has a result that may be used: no Freight of stale parts, unless the
 * Warehouse wants them.
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
  startDue(ctx, draft, options, keeper, { entries, looks, refresh })

  const running = looks.bySubscription.filter(({ runningSince }) => runningSince !== undefined)
  // Whoever tries again what failed before holds nobody up: it counts as failed until it succeeds.
  const awaited = running.filter(({ failures }) => failures === 0)
  if (awaited.length > 0) {
    const isLong = awaited.every(
      ({ runningSince = ctx.now }) => ctx.now - runningSince > patienceMs,
    )
    if (isLong) takeOver(ctx, draft, entries, looks)
    sayDiscovering(ctx, draft)
    return whileRunning(ctx, awaited)
  }
  takeOver(ctx, draft, entries, looks)
  if (refresh !== undefined && running.length === 0) draft.lastHandledRefresh = refresh
  const dueMs = Math.max(minLookAgainMs, Math.ceil(soonest(looks) - clock.monotonic()))
  const lookAgainMs = running.length > 0 ? Math.min(dueMs, whileRunningMs) : dueMs
  return judge(ctx, draft, entries, looks, lookAgainMs)
}

/** Ends the pass unless there is a result for each subscription that may be used. */
function judge(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
  lookAgainMs: number,
): PhaseResult {
  const errors = noteErrors(ctx, draft, entries, looks)
  const views = looks.bySubscription.map(({ seenAt, error }) => ({
    seenAt,
    errorCode: error?.code,
  }))
  const maxStalenessMs = parseDuration(annotation(ctx.object, stalenessAnnotation))
  const { stale, unusable } = usableResults(views, maxStalenessMs, ctx.now)
  looks.taken = { ...looks.taken, stale }
  const message = errors.map((error) => error.message).join('; ')
  const until = Number.isFinite(lookAgainMs) ? ctx.now + lookAgainMs : undefined
  const waiting = { code: 'DiscoveryFailed', message, until }
  if (unusable.length === 0) {
    draft.observedGeneration = ctx.object.metadata.generation ?? 0
    const endsMs = Math.min(...stale.map((each) => each.until - ctx.now))
    const requeueAfterMs = Math.min(lookAgainMs, endsMs)
    return { requeueAfterMs, ...(errors.length > 0 && { waiting }) }
  }
  // A process that is about to end looks at nothing any more, and makes nothing of what it has not seen.
  if (errors.length === 0) return { stop: true }
  sayNothingOfFreight(draft)
  say(ctx, draft, 'Reconciling', {
    status: 'True',
    reason: 'ScheduledDiscovery',
    message: 'waiting for the next look at what could not be read',
  })
  sayBroken(ctx, draft, { healthy: 'DiscoveryFailed', ready: 'DiscoveryFailure', message })
  return { stop: true, ...(until !== undefined && { requeueAfterMs: lookAgainMs }), waiting }
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
  const since = sinceWhen(ctx, running)
  const message = `looking at ${running.length} ${running.length === 1 ? 'subscription' : 'subscriptions'}`
  return {
    stop: true,
    requeueAfterMs: whileRunningMs,
    waiting: { code: 'Discovering', message, since },
  }
}

function sinceWhen(ctx: WarehouseContext, running: readonly Look[]): number {
  return Math.min(...running.map(({ runningSince }) => runningSince ?? ctx.now))
}

/** Writes what was found, and when, only where it differs from what is written. */
function takeOver(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
): void {
  const results = looks.bySubscription.map(({ result }) => result)
  looks.taken = { results, stale: [] }
  if (results.every((result) => result === undefined)) return
  const lists = composeLists(entries, results)
  const { discoveredAt, ...before } = draft.discoveredArtifacts ?? {}
  if (discoveredAt !== undefined && jsonEqual(before, lists)) return
  draft.discoveredArtifacts = { discoveredAt: toTimestamp(ctx.now), ...lists }
}

/** Monotonic: when the next look is due, beside those under way. */
function soonest({ bySubscription }: Looks): number {
  const due = bySubscription
    .filter(({ runningSince }) => runningSince === undefined)
    .map(({ dueAt }) => dueAt)
    .filter(Number.isFinite)
  return Math.min(Number.POSITIVE_INFINITY, ...due)
}
