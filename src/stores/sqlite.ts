import type { Clock } from '../core/clock.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { createObjectStore } from '../lib/object-table/object-store.ts'
import { type Row, Tables } from '../lib/object-table/tables.ts'
import { warmUp } from '../lib/object-table/warm-up.ts'
import { isSealed, type Sealer, wrongKey } from '../lib/seal.ts'
import type { Database } from '../lib/sqlite/database.ts'
import type { Admission, Store } from '../store.ts'

export interface SqliteStoreOptions {
  /** Its owner closes it, after the store. */
  readonly database: Database
  readonly kinds: readonly Kind[]
  readonly clock: Clock
  /** Encrypts Secrets on their way to the disk. */
  readonly sealer: Sealer
  /** Default: everything is let in as it is. Its records are journaled in the transaction of the write. */
  readonly admission?: Admission | undefined
  /** Refuse objects whose Namespace does not exist; default false. */
  readonly requireNamespaces?: boolean | undefined
  /** How many changes of a kind a watcher may be behind, at least; default 4096. */
  readonly changeLogCapacity?: number | undefined
}

/**
 * The Store of the standalone home: everything is in memory, and every write is in SQLite before anybody hears of it.
 * Objects of kinds that this version does not know stay in the database, untouched.
 * @throws GantryError Invalid when the Secrets were sealed with another key; Unavailable
 */
export async function createSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { database, kinds, sealer, ...rest } = options
  await claimKey(database, sealer)
  const tables = new Tables(kinds)
  const startSeq = await database.loadObjects({
    batch: (batch) => tables.loadBatch(batch),
    row: (row) => tables.load(unsealed(row, sealer)),
  })
  const warming = warmUp(tables)
  return createObjectStore({
    ...rest,
    tables,
    startSeq,
    persistence: {
      commit: ({ rows, records }) =>
        database.commit({ rows: rows.map((row) => sealed(row, sealer)), records }),
      broken: Promise.race([database.broken, warming.damaged]),
      async close() {
        warming.stop()
      },
    },
  })
}

/** A database remembers which key seals it, so that a wrong one is refused before anything is read or written. */
async function claimKey(database: Database, sealer: Sealer): Promise<void> {
  const known = database.meta['keyId']
  if (known === undefined) await database.setMeta('keyId', sealer.keyId)
  else if (known !== sealer.keyId) throw wrongKey(`the data in ${database.path}`, known, sealer)
}

/** Sealed as a whole: annotations and managed fields of a Secret may repeat its data. */
function sealed(row: Row, sealer: Sealer): Row {
  if (row.kind !== 'Secret' || row.body === undefined) return row
  return { ...row, body: sealer.seal(row.body) }
}

function unsealed(row: Row, sealer: Sealer): Row {
  if (row.body === undefined || !isSealed(row.body)) return row
  return { ...row, body: sealer.open(row.body) }
}
