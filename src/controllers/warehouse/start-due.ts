import { parseDuration } from '../../core/duration.ts'
import type { Look, LookKeeper, Looks } from './looks.ts'
import type { WarehouseContext, WarehouseDraft, WarehouseOptions } from './options.ts'
import { type Entries, isBroken } from './subscriptions.ts'

const defaultIntervalMs = 300_000
const minIntervalMs = 100

/** Begins the looks that are due: by the interval, to try again what failed, or because a refresh asks for it. */
export function startDue(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  options: WarehouseOptions,
  keeper: LookKeeper,
  { entries, looks, refresh }: { entries: Entries; looks: Looks; refresh: string | undefined },
): void {
  const { object, clock, log } = ctx
  const isRefreshed = refresh !== undefined && refresh !== draft.lastHandledRefresh
  const wishedMs = parseDuration(object.spec.interval ?? '') ?? defaultIntervalMs
  const intervalMs = Math.max(wishedMs, options.minIntervalMs ?? 0, minIntervalMs)
  const isTime = (look: Look): boolean => look.dueAt <= clock.monotonic()
  const usable = entries.flatMap((subscription, index) => {
    const look = looks.bySubscription[index]
    return look === undefined || isBroken(subscription) ? [] : [{ look, subscription }]
  })
  // All at once: one by one, what was released together would become Freight in parts. A look that goes on is no reason
  // to look again at what the others have seen meanwhile.
  const isRoundDue = usable.some(
    ({ look }) => look.error === undefined && look.runningSince === undefined && isTime(look),
  )
  for (const { look, subscription } of usable) {
    const isScheduled = look.error === undefined ? isRoundDue : isTime(look)
    // A look that began before the refresh was asked for may have missed what the refresh is about.
    const isDue = isScheduled || (isRefreshed && look.refresh !== refresh)
    if (look.runningSince !== undefined || !isDue) continue
    const { namespace: project = '', name: warehouse } = object.metadata
    keeper.start(look, { project, warehouse, subscription, refresh, intervalMs, log })
  }
}
