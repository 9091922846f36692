import { GantryError } from '../core/errors.ts'
import type { Journal, JournalQuery, JournalRecord } from '../journal.ts'
import { checkedQuery, matchesQuery } from '../lib/journal/query.ts'
import { fromStored, toStored } from '../lib/journal/record.ts'

/** A Journal that forgets: for tests, and for trying something out. */
export function createMemoryJournal(): Journal {
  let records: JournalRecord[] = []
  let lastSeq = 0
  let isClosed = false

  const assertOpen = (): void => {
    if (isClosed) throw new GantryError('Unavailable', 'the journal is closed')
  }

  return {
    async append(added) {
      assertOpen()
      return added.map(toStored).map((record) => {
        lastSeq += 1
        records.push(fromStored({ ...record, seq: lastSeq }))
        return lastSeq
      })
    },
    async range(query: JournalQuery) {
      assertOpen()
      const { order, limit, after } = checkedQuery(query)
      const found: JournalRecord[] = []
      for (const record of inOrder(records, order, after)) {
        if (!matchesQuery(record, query)) continue
        found.push(record)
        if (found.length > limit) break
      }
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return { records: page, ...(found.length > limit && last && { next: last.seq }) }
    },
    async prune(kind, before) {
      assertOpen()
      const kept = records.filter((record) => record.kind !== kind || record.time >= before)
      const pruned = records.length - kept.length
      records = kept
      return pruned
    },
    async close() {
      isClosed = true
    },
  }
}

/** Records after (`asc`) or before (`desc`) a sequence number. */
function* inOrder(
  records: readonly JournalRecord[],
  order: 'asc' | 'desc',
  after: number | undefined,
): Generator<JournalRecord> {
  const first = lowerBound(records, after === undefined ? 0 : order === 'asc' ? after + 1 : after)
  const step = order === 'asc' ? 1 : -1
  const start = order === 'asc' ? first : after === undefined ? records.length - 1 : first - 1
  for (let at = start; at >= 0 && at < records.length; at += step) {
    const record = records[at]
    if (record !== undefined) yield record
  }
}

/** Position of the first record whose number is not below `seq`. */
function lowerBound(records: readonly JournalRecord[], seq: number): number {
  let low = 0
  let high = records.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}
