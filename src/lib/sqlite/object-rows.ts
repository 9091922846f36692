import type { DatabaseSync } from 'node:sqlite'
import { pack, shelfChars } from '../object-table/shelf.ts'
import type { Batch, BatchShelf, Row } from '../object-table/tables.ts'
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
      const packer = createPacker(takeBatch)
      for (const raw of all.iterate()) {
        const row = toRow(raw)
        lastSeq = Math.max(lastSeq, row.seq)
        if (isSealed(row.body)) takeRow(row)
        else packer.add(row)
      }
      packer.end()
      return lastSeq
    },
  }
}

/** Shelves that are handed out together: each handing over wakes a thread. */
const shelvesPerBatch = 16

function createPacker(takeBatch: (batch: Batch) => void): {
  add(row: StoredRow): void
  end(): void
} {
  let rows: BatchShelf['rows'][number][] = []
  let texts: string[] = []
  let chars = 0
  let shelves: BatchShelf[] = []
  let packed: Uint8Array[] = []
  const endShelf = (): void => {
    if (rows.length === 0) return
    const bytes = pack(texts)
    packed.push(bytes)
    shelves.push({ packedBytes: bytes.length, rows })
    rows = []
    texts = []
    chars = 0
  }
  const endBatch = (): void => {
    if (shelves.length === 0) return
    takeBatch({ shelves: JSON.stringify(shelves), packed: joined(packed) })
    shelves = []
    packed = []
  }
  return {
    add({ kind, namespace, name, seq, body }) {
      chars += body.length
      rows.push([kind, namespace, name, seq, chars])
      texts.push(body)
      if (chars >= shelfChars) endShelf()
      if (shelves.length === shelvesPerBatch) endBatch()
    },
    end() {
      endShelf()
      endBatch()
    },
  }
}

/** In a buffer of exactly its size, which is sent and kept as a whole. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

type StoredRow = Row & { readonly body: string }

function toRow(raw: Readonly<Record<string, unknown>>): StoredRow {
  return {
    kind: String(raw['kind']),
    namespace: String(raw['namespace']),
    name: String(raw['name']),
    seq: Number(raw['seq']),
    body: String(raw['body']),
  }
}
