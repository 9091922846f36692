import { GantryError } from '../../core/errors.ts'
import { type Kind, kindKey } from '../../core/kinds/kind.ts'
import { Entry, objectKey } from './entry.ts'
import type { Shelf } from './shelf.ts'
import { compareKeys } from './sorted-keys.ts'
import { isSelected, type Selection, Table } from './table.ts'

/** One object as a disk holds it; `body` undefined when it is gone. */
export interface Row {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly seq: number
  readonly body: string | undefined
}

/** Stored objects as they are handed out in bulk, in a form that goes from thread to thread as two blocks of bytes. */
export interface Batch {
  /** JSON of the shelves: see `BatchShelf`. */
  readonly shelves: string
  /** The packed texts of all shelves, one behind the other. */
  readonly packed: Uint8Array<ArrayBuffer>
}

/** Objects whose texts lie on one shelf, one behind the other. */
export interface BatchShelf {
  readonly packedBytes: number
  /** Each with the place where its text ends. */
  readonly rows: readonly (readonly [
    kind: string,
    namespace: string,
    name: string,
    seq: number,
    end: number,
  ])[]
}

/** A write that admission let through: the new version of an object, or none. */
export interface Operation {
  readonly table: Table
  readonly key: string
  readonly seq: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** On DELETED the object as it last was, with the version of its deletion. */
  readonly entry: Entry
}

/**
 * All objects, in two states. The committed one is what readers see. The head adds the writes that are not durable yet:
 * it is what admission and compare-and-swap see, so that writes need not wait for each other's disk.
 */
export class Tables {
  readonly #tables = new Map<string, Table>()
  readonly #pending = new Map<Table, Map<string, Operation>>()

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.#tables.set(kindKey(kind), new Table(kind))
  }

  /** @throws GantryError Internal when this store does not hold the kind */
  of(kind: Kind): Table {
    const table = this.#tables.get(kindKey(kind))
    if (table === undefined)
      throw new GantryError('Internal', `kind ${kindKey(kind)} is not kept by this store`)
    return table
  }

  all(): Iterable<Table> {
    return this.#tables.values()
  }

  find(kindKey: string): Table | undefined {
    return this.#tables.get(kindKey)
  }

  /** Takes a stored row in, unread. Rows of kinds that this version does not know stay on the disk, untouched. */
  load({ kind, body, ...row }: Row): void {
    const table = this.#tables.get(kind)
    if (table !== undefined && body !== undefined)
      table.load(new Entry(table.kind, { ...row, body }))
  }

  /** The same for a batch. */
  loadBatch({ shelves, packed }: Batch): void {
    let at = 0
    // Only `object-rows.ts` makes batches.
    for (const { packedBytes, rows } of JSON.parse(shelves) as readonly BatchShelf[]) {
      this.#loadShelf({ packed: packed.subarray(at, at + packedBytes) }, rows)
      at += packedBytes
    }
  }

  #loadShelf(shelf: Shelf, rows: BatchShelf['rows']): void {
    let from = 0
    let shared = ''
    for (const [kind, namespace, name, seq, to] of rows) {
      // Rows come in order of their namespaces: equal names become one string.
      if (namespace !== shared) shared = namespace
      const table = this.#tables.get(kind)
      table?.load(
        new Entry(table.kind, { namespace: shared, name, seq, body: { shelf, from, to } }),
      )
      from = to
    }
  }

  headGet(table: Table, key: string): Entry | undefined {
    const operation = this.#pending.get(table)?.get(key)
    if (operation === undefined) return table.get(key)
    return operation.type === 'DELETED' ? undefined : operation.entry
  }

  headSelect(table: Table, selection: Selection): Iterable<Entry> {
    const pending = this.#pending.get(table)
    if (pending === undefined || pending.size === 0) return table.select(selection)
    const settled = table.select(selection).filter((entry) => !pending.has(entry.key))
    const ahead = [...pending.values()]
      .filter(({ type, entry }) => type !== 'DELETED' && isSelected(entry, selection))
      .map(({ entry }) => entry)
    return [...settled, ...ahead].sort((a, b) => compareKeys(a.key, b.key))
  }

  /** Whether the head holds anything in a namespace. */
  hasContents(namespace: string): boolean {
    for (const table of this.#tables.values()) {
      if (!table.kind.namespaced) continue
      for (const _entry of this.headSelect(table, { namespace })) return true
    }
    return false
  }

  /** Makes an operation part of the head. */
  stage(operation: Operation): void {
    const { table, key } = operation
    const pending = this.#pending.get(table) ?? new Map<string, Operation>()
    pending.set(key, operation)
    this.#pending.set(table, pending)
  }

  /** Makes a staged operation part of the committed state. */
  settle(operation: Operation): void {
    const { table, key, seq } = operation
    const pending = this.#pending.get(table)
    if (pending?.get(key)?.seq === seq) pending.delete(key)
    if (operation.type === 'DELETED') table.remove(key)
    else table.put(operation.entry)
  }
}

/** The operation as rows go to a disk. */
export function toRow({ table, entry, seq, type }: Operation): Row {
  const { namespace, name, body } = entry
  return {
    kind: table.kindKey,
    namespace,
    name,
    seq,
    body: type === 'DELETED' ? undefined : body,
  }
}

/** The key of a reference in a table. */
export function keyOf(
  table: Table,
  ref: { readonly namespace?: string | undefined; readonly name: string },
): string {
  return objectKey(table.kind.namespaced ? (ref.namespace ?? '') : '', ref.name)
}
