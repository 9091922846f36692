import type { DatabaseSync } from 'node:sqlite'
import type { JournalKind } from '../../journal.ts'
import { type CheckedQuery, planTail } from './journal-plan.ts'

/** Records that the tail holds at most. A move takes some milliseconds, in which no other write is made. */
const tailSize = 256

const columns = 'seq, time, kind, subject, scope, payload'

/** A record as it is stored: its subject's scope beside it. */
export interface JournalRow {
  readonly seq: number
  readonly time: number
  readonly kind: string
  readonly subject: string
  readonly scope: string
  readonly payload: string
}

/**
 * Where the newest records are first: a table without indexes, so that a write of one record touches one page of it and
 * none of theirs. When it is full, all of it moves to the table that has them. Every record of the tail is newer than
 * every record there.
 */
export interface JournalTail {
  append(rows: readonly JournalRow[]): void
  /** At most `limit + 1` records in the query's order. */
  range(query: CheckedQuery): readonly Readonly<Record<string, unknown>>[]
  /** Whether it holds a record that would be pruned. */
  hasOlder(kind: JournalKind, before: number): boolean
  /** Moves everything to where the indexes are. */
  flush(): void
}

export function createJournalTail(db: DatabaseSync): JournalTail {
  const insertInto = (table: string): ((row: JournalRow) => void) => {
    const statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (?, ?, ?, ?, ?, ?)`)
    return ({ seq, time, kind, subject, scope, payload }) =>
      void statement.run(seq, time, kind, subject, scope, payload)
  }
  const toTail = insertInto('journal_tail')
  const toIndexed = insertInto('journal')
  const move = db.prepare(
    `INSERT INTO journal (${columns}) SELECT ${columns} FROM journal_tail ORDER BY seq`,
  )
  const clear = db.prepare('DELETE FROM journal_tail')
  const older = db.prepare('SELECT 1 FROM journal_tail WHERE kind = ? AND time < ? LIMIT 1')
  let size = Number(db.prepare('SELECT count(*) AS size FROM journal_tail').get()?.['size'] ?? 0)

  const flush = (): void => {
    if (size === 0) return
    move.run()
    clear.run()
    size = 0
  }
  return {
    append(rows) {
      const isFull = size + rows.length > tailSize
      if (isFull) flush()
      // Many at once would only pass through.
      const isMany = rows.length > tailSize
      for (const row of rows) (isMany ? toIndexed : toTail)(row)
      if (!isMany) size += rows.length
    },
    range(query) {
      if (size === 0) return []
      const { sql, values } = planTail(query)
      return db.prepare(sql).all(...values)
    },
    hasOlder: (kind, before) => size > 0 && older.get(kind, before) !== undefined,
    flush,
  }
}
