import type { DatabaseSync } from 'node:sqlite'
import { pack, shelfChars } from '../object-table/shelf.ts'
import type { Batch, Row } from '../object-table/tables.ts'
import { isSealed } from '../seal.ts'

export interface ObjectRows {
  write(rows: readonly Row[]): void
  /** Hands out every object; returns the highest version ever given out. What is sealed is not packed. */
  load(takeBatch: (batch: Batch) => void, takeRow: (row: Row) => void): number
}

export function createObjectRows(db: DatabaseSync): ObjectRows {
  const put = db.prepare(
    `INSERT INTO objects (kind, namespace, name, seq, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (kind, namespace, name) DO UPDATE SET seq = excluded.seq, body = excluded.body`,
  )
  const remove = db.prepare('DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?')
  // A Namespace goes when nothing that this version knows is left in it; the rest goes with it.
  const empty = db.prepare("DELETE FROM objects WHERE namespace = ? AND namespace <> ''")
  const remember = db.prepare(
    `INSERT INTO meta (name, value) VALUES ('seq', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  )
  // In the order in which they will be read: neighbours share a shelf.
  const all = db.prepare(
    'SELECT kind, namespace, name, seq, body FROM objects ORDER BY kind, namespace, name',
  )
  const remembered = db.prepare("SELECT value FROM meta WHERE name = 'seq'")

  return {
    write(rows) {
      let lastRemoved: number | undefined
      for (const { kind, namespace, name, seq, body } of rows) {
        if (body !== undefined) put.run(kind, namespace, name, seq, body)
        else {
          remove.run(kind, namespace, name)
          if (kind === 'Namespace') empty.run(name)
          lastRemoved = seq
        }
      }
      // Versions in the table remember themselves; one that ended in a deletion would be given out twice.
      if (lastRemoved !== undefined) remember.run(String(lastRemoved))
    },
    load(takeBatch, takeRow) {
      let lastSeq = Number(remembered.get()?.['value'] ?? 0)
      let rows: Omit<Row, 'body'>[] = []
      let texts: string[] = []
      let ends: number[] = []
      const send = (): void => {
        if (rows.length > 0) takeBatch({ rows, ends, packed: pack(texts) })
        rows = []
        texts = []
        ends = []
      }
      for (const raw of all.iterate()) {
        const { body, ...row } = toRow(raw)
        lastSeq = Math.max(lastSeq, row.seq)
        if (isSealed(body)) {
          takeRow({ ...row, body })
          continue
        }
        rows.push(row)
        texts.push(body)
        ends.push((ends.at(-1) ?? 0) + body.length)
        if ((ends.at(-1) ?? 0) >= shelfChars) send()
      }
      send()
      return lastSeq
    },
  }
}

function toRow(raw: Readonly<Record<string, unknown>>): Row & { readonly body: string } {
  return {
    kind: String(raw['kind']),
    namespace: String(raw['namespace']),
    name: String(raw['name']),
    seq: Number(raw['seq']),
    body: String(raw['body']),
  }
}
