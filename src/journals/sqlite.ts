import { checkedQuery } from '../lib/journal/query.ts'
import { fromStored, toStored } from '../lib/journal/record.ts'
import type { Database } from '../lib/sqlite/database.ts'
import type { Journal } from '../journal.ts'

/** The Journal of the standalone home: tables of the store's own database, which its owner closes. */
export function createSqliteJournal(database: Database): Journal {
  return {
    async append(records) {
      const stored = records.map(toStored)
      return stored.length === 0 ? [] : database.append(stored)
    },
    async range(query) {
      const { records, next } = await database.range(checkedQuery(query))
      return { records: records.map(fromStored), ...(next !== undefined && { next }) }
    },
    async prune(kind, before) {
      let pruned = 0
      let after: number | undefined = 0
      while (after !== undefined) {
        const piece: Awaited<ReturnType<Database['prune']>> = await database.prune(
          kind,
          before,
          after,
        )
        pruned += piece.pruned
        after = piece.next
      }
      return pruned
    },
    close: () => Promise.resolve(),
  }
}
