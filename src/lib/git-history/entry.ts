import { toTimestamp } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { CommitRecord } from './commit-record.ts'

const maxSubjectLength = 80
/** Nobody has such a long name; what stands in a commit goes into objects whose size is bounded. */
const maxPersonLength = 256

/** A commit as `status.discoveredArtifacts.git[].commits[]` holds it. */
export function toEntry(
  { id, subject, author, committer }: CommitRecord,
  more: { readonly branch?: string; readonly tag?: string; readonly createdAtMs: number },
): JsonObject {
  const short = shorten(subject, maxSubjectLength)
  return {
    id,
    ...(more.branch !== undefined && more.branch !== '' && { branch: more.branch }),
    ...(more.tag !== undefined && { tag: more.tag }),
    ...(short !== '' && { subject: short }),
    author: shorten(author, maxPersonLength),
    committer: shorten(committer, maxPersonLength),
    creatorDate: toTimestamp(more.createdAtMs),
  }
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const points = Array.from(text.slice(0, 2 * maxLength + 2))
  return points.length > maxLength ? `${points.slice(0, maxLength).join('')}...` : text
}
