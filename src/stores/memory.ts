import type { Clock } from '../core/clock.ts'
import type { Kind } from '../core/kinds/kind.ts'
import type { Journal } from '../journal.ts'
import { payloadOf } from '../lib/journal/record.ts'
import { createObjectStore } from '../lib/object-table/object-store.ts'
import { Tables } from '../lib/object-table/tables.ts'
import type { Admission, Store } from '../store.ts'

export interface MemoryStoreOptions {
  readonly kinds: readonly Kind[]
  readonly clock: Clock
  /** Default: everything is let in as it is. */
  readonly admission?: Admission | undefined
  /** Where admission's records go, before the write is acknowledged. Without one they are dropped. */
  readonly journal?: Journal | undefined
  /** Refuse objects whose Namespace does not exist; default false. */
  readonly requireNamespaces?: boolean | undefined
  /** How many changes of a kind a watcher may be behind, at least; default 4096. */
  readonly changeLogCapacity?: number | undefined
}

/** A Store that forgets: for tests, and for trying something out. The same semantics as every other. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  const { kinds, journal, ...rest } = options
  return createObjectStore({
    ...rest,
    tables: new Tables(kinds),
    startSeq: 0,
    persistence: {
      async commit({ records }) {
        if (records.length === 0) return
        await journal?.append(
          records.map((record) => ({ ...record, payload: payloadOf(record.payload) })),
        )
      },
      close: () => Promise.resolve(),
    },
  })
}
