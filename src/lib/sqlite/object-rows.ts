import type { DatabaseSync } from 'node:sqlite'
import type { Row } from '../object-table/tables.ts'

/** Characters of object text that go to the main thread in one message. */
const batchChars = 2_000_000

export interface ObjectRows {
  write(rows: readonly Row[]): void
  /** Hands out every object in batches; returns the highest version ever given out. */
  load(take: (rows: readonly Row[]) => void): number
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
  const all = db.prepare('SELECT kind, namespace, name, seq, body FROM objects')
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
    load(take) {
      let lastSeq = Number(remembered.get()?.['value'] ?? 0)
      let batch: Row[] = []
      let chars = 0
      for (const raw of all.iterate()) {
        const row = toRow(raw)
        lastSeq = Math.max(lastSeq, row.seq)
        batch.push(row)
        chars += row.body?.length ?? 0
        if (chars < batchChars) continue
        take(batch)
        batch = []
        chars = 0
      }
      if (batch.length > 0) take(batch)
      return lastSeq
    },
  }
}

function toRow(raw: Readonly<Record<string, unknown>>): Row {
  return {
    kind: String(raw['kind']),
    namespace: String(raw['namespace']),
    name: String(raw['name']),
    seq: Number(raw['seq']),
    body: String(raw['body']),
  }
}
