import { GantryError } from '../../core/errors.ts'
import type { JournalQuery, NewJournalRecord } from '../../journal.ts'

const defaultLimit = 100
const maxLimit = 1000

/**
 * The query with its defaults.
 * @throws GantryError BadRequest
 */
export function checkedQuery(
  query: JournalQuery,
): JournalQuery & { readonly order: 'asc' | 'desc'; readonly limit: number } {
  const { limit = defaultLimit, order = 'asc' } = query
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxLimit)
    throw new GantryError('BadRequest', `limit must be 1 to ${maxLimit}, not ${limit}`, {
      field: 'limit',
    })
  if (query.after !== undefined && !Number.isSafeInteger(query.after))
    throw new GantryError('BadRequest', `after must be a sequence number, not ${query.after}`, {
      field: 'after',
    })
  return { ...query, limit, order }
}

/** Whether a record satisfies the query's kind, subject and time. */
export function matchesQuery(record: NewJournalRecord, query: JournalQuery): boolean {
  const { kind, subject, subjectPrefix, from, to } = query
  return (
    (kind === undefined || record.kind === kind) &&
    (subject === undefined || record.subject === subject) &&
    (subjectPrefix === undefined || record.subject.startsWith(subjectPrefix)) &&
    (from === undefined || record.time >= from) &&
    (to === undefined || record.time < to)
  )
}
