import { toTimestamp } from '../../core/clock.ts'
import type { SubscriptionError } from '../../core/kinds/warehouse.ts'
import type { Looks } from './looks.ts'
import type { WarehouseContext, WarehouseDraft } from './options.ts'
import { type Entries, isBroken, titleOf } from './subscriptions.ts'

/** Names the subscriptions that cannot be read, why, and since when, in the status; answers them. */
export function noteErrors(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
): SubscriptionError[] {
  const { subscriptionErrors: before = [], ...others } = draft.gantry ?? {}
  const errors = entries.flatMap((entry, index) => {
    const error = isBroken(entry) ? entry.error : looks.bySubscription[index]?.error
    if (error === undefined) return []
    const message = `${titleOf(entry)}: ${error.message}`
    const known = before.find((other) => other.index === index && other.code === error.code)
    // Who keeps failing in the same way writes nothing: times and counts in the message are no news.
    if (known !== undefined && withoutNumbers(known.message) === withoutNumbers(message))
      return [known]
    return [
      {
        index,
        ...(entry.name !== undefined && { name: entry.name }),
        ...(!isBroken(entry) && { remote: entry.remote }),
        code: error.code,
        message,
        since: known?.since ?? toTimestamp(ctx.now),
      },
    ]
  })
  const gantry = { ...others, ...(errors.length > 0 && { subscriptionErrors: errors }) }
  if (Object.keys(gantry).length > 0) draft.gantry = gantry
  else delete draft.gantry
  return errors
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, '#')
}
