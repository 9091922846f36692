import { type Kind, kindKey } from '../../core/kinds/kind.ts'
import { type LabelSelector, selectsLabels } from '../../core/label-selector.ts'
import type { Entry } from './entry.ts'
import { SortedKeys } from './sorted-keys.ts'

/** What of a table is asked for; all conditions are ANDed. */
export interface Selection {
  readonly namespace?: string | undefined
  readonly labels?: LabelSelector | undefined
  readonly index?: { readonly name: string; readonly key: string } | undefined
  /** Only keys after this one. */
  readonly after?: string | undefined
}

/** The objects of one kind: by key in order, and by each index that the kind declares. */
export class Table {
  readonly kind: Kind
  readonly kindKey: string
  readonly #entries = new Map<string, Entry>()
  readonly #order = new SortedKeys()
  /** Index name and key, to object keys. */
  readonly #index = new Map<string, SortedKeys>()
  /** Loaded entries that no index knows yet: reading them all would make for a slow start. */
  readonly #unread = new Set<Entry>()

  constructor(kind: Kind) {
    this.kind = kind
    this.kindKey = kindKey(kind)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  put(entry: Entry): void {
    const old = this.#entries.get(entry.key)
    this.#entries.set(entry.key, entry)
    if (old === undefined) this.#order.add(entry.key)
    const [before, after] = [this.#slotsOf(old), indexSlots(entry)]
    for (const slot of before) if (!after.has(slot)) this.#unindex(slot, entry.key)
    for (const slot of after) if (!before.has(slot)) this.#bucket(slot).add(entry.key)
  }

  /** `put` for a bulk load: the order is made up at the end, and indexes when they are asked for. */
  load(entry: Entry): void {
    this.#entries.set(entry.key, entry)
    this.#order.addUnsorted(entry.key)
    this.#unread.add(entry)
  }

  /** Takes up to `limit` loaded entries into the indexes; says whether there are more. */
  catchUp(limit: number): boolean {
    let left = limit
    for (const entry of this.#unread) {
      if (left-- === 0) return true
      for (const slot of indexSlots(entry)) this.#bucket(slot).addUnsorted(entry.key)
      this.#unread.delete(entry)
    }
    return false
  }

  remove(key: string): void {
    const old = this.#entries.get(key)
    if (old === undefined) return
    this.#entries.delete(key)
    this.#order.remove(key)
    for (const slot of this.#slotsOf(old)) this.#unindex(slot, key)
  }

  /** Entries in order of their keys. The table must not change while it is read. */
  *select(selection: Selection): Generator<Entry> {
    if (selection.index !== undefined) this.catchUp(Number.POSITIVE_INFINITY)
    for (const key of this.#candidates(selection)) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      if (selection.namespace !== undefined && entry.namespace !== selection.namespace) return
      if (isSelected(entry, selection)) yield entry
    }
  }

  #candidates({ namespace, index, after }: Selection): Iterable<string> {
    const keys =
      index === undefined ? this.#order : this.#index.get(indexSlot(index.name, index.key))
    const first = namespace === undefined ? '' : `${namespace}\0`
    return keys?.from(after !== undefined && after > first ? after : first) ?? []
  }

  /** The index slots that an entry is in now. */
  #slotsOf(entry: Entry | undefined): ReadonlySet<string> {
    return entry === undefined || this.#unread.delete(entry) ? new Set() : indexSlots(entry)
  }

  #bucket(slot: string): SortedKeys {
    const found = this.#index.get(slot)
    if (found !== undefined) return found
    const bucket = new SortedKeys()
    this.#index.set(slot, bucket)
    return bucket
  }

  #unindex(slot: string, key: string): void {
    const bucket = this.#index.get(slot)
    bucket?.remove(key)
    if (bucket?.size === 0) this.#index.delete(slot)
  }
}

/** Whether an entry satisfies every condition. */
export function isSelected(entry: Entry, selection: Selection): boolean {
  const { namespace, labels, index, after } = selection
  if (namespace !== undefined && entry.namespace !== namespace) return false
  if (after !== undefined && entry.key <= after) return false
  if (index !== undefined && entry.index[index.name]?.includes(index.key) !== true) return false
  // Only who asks for labels needs the object's text read.
  return labels === undefined || selectsLabels(labels, entry.labels)
}

function indexSlots(entry: Entry): ReadonlySet<string> {
  const slots = new Set<string>()
  for (const [name, keys] of Object.entries(entry.index))
    for (const key of keys) slots.add(indexSlot(name, key))
  return slots
}

function indexSlot(name: string, key: string): string {
  return `${name}\0${key}`
}
