import { toTimestamp } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { CommitRecord } from './commit-record.ts'

const maxSubjectLength = 80

/** A commit as `status.discoveredArtifacts.git[].commits[]` holds it. */
export function toEntry(
  { id, subject, author, committer }: CommitRecord,
  more: { readonly branch?: string; readonly tag?: string; readonly createdAtMs: number },
): JsonObject {
  const short = shorten(subject)
  return {
    id,
    ...(more.branch !== undefined && more.branch !== '' && { branch: more.branch }),
    ...(more.tag !== undefined && { tag: more.tag }),
    ...(short !== '' && { subject: short }),
    author,
    committer,
    creatorDate: toTimestamp(more.createdAtMs),
  }
}

function shorten(subject: string): string {
  const points = Array.from(subject)
  return points.length > maxSubjectLength
    ? `${points.slice(0, maxSubjectLength).join('')}...`
    : subject
}
