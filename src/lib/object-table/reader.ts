import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type { ListPage, ListQuery, StoreReader } from '../../store.ts'
import { createBreath } from '../breath.ts'
import { type Entry, typed } from './entry.ts'
import type { Ledger } from './ledger.ts'
import { checkLimit, fromContinueToken, takePage, toContinueToken } from './page.ts'
import type { Selection, Table } from './table.ts'
import { keyOf } from './tables.ts'

/** One of the two states of the tables, as far as reading goes. */
interface View {
  get(table: Table, key: string): Entry | undefined
  select(table: Table, selection: Selection): Iterable<Entry>
}

/** What everybody reads: only what is durable. */
export function committedReader(ledger: Ledger): StoreReader {
  return readerOf(ledger, {
    get: (table, key) => table.get(key),
    select: (table, selection) => table.select(selection),
  })
}

/** What admission reads: every write before its own. */
export function headReader(ledger: Ledger): StoreReader {
  return readerOf(ledger, {
    get: (table, key) => ledger.tables.headGet(table, key),
    select: (table, selection) => ledger.tables.headSelect(table, selection),
  })
}

function readerOf(ledger: Ledger, view: View): StoreReader {
  return {
    async get<T extends KubeObject>(kind: Kind<T>, ref: Parameters<typeof keyOf>[1]) {
      ledger.assertOpen()
      const table = ledger.tables.of(kind)
      const entry = view.get(table, keyOf(table, ref))
      return entry === undefined ? undefined : typed(kind, entry.object)
    },
    async list<T extends KubeObject>(kind: Kind<T>, query: ListQuery = {}): Promise<ListPage<T>> {
      ledger.assertOpen()
      const { namespace, labels, index } = query
      const limit = checkLimit(query.limit)
      const from = query.continue === undefined ? undefined : fromContinueToken(query.continue)
      const resourceVersion = from?.resourceVersion ?? String(ledger.committedSeq)
      const table = ledger.tables.of(kind)
      const selection = {
        namespace: kind.namespaced && namespace !== '' ? namespace : undefined,
        labels,
        index,
        after: from?.after,
      }
      const { entries, hasMore } = takePage(view.select(table, selection), limit)
      const last = entries.at(-1)
      const pause = createBreath()
      const items: T[] = []
      for (const entry of entries) {
        await pause()
        items.push(typed(kind, entry.object))
      }
      return {
        items,
        resourceVersion,
        ...(hasMore &&
          last !== undefined && {
            continue: toContinueToken({ after: last.key, resourceVersion }),
          }),
      }
    },
  }
}
