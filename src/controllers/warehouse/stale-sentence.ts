import { toTimestamp } from '../../core/clock.ts'
import type { Looks } from './looks.ts'
import { type Entries, titleOf } from './subscriptions.ts'

/** How the stale parts of a result are told of: which, and of when. */
export function staleSentence(entries: Entries, { taken }: Looks): string {
  const parts = taken.stale.map(({ index, seenAt }) => {
    const entry = entries[index]
    const title = entry === undefined ? `subscription ${index}` : titleOf(entry)
    return `${title} as it was at ${toTimestamp(seenAt)}`
  })
  return parts.join('; ')
}
