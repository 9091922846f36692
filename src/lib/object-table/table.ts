import type { Kind } from '../../core/kinds/kind.ts'
import { type LabelSelector, selectsLabels } from '../../core/label-selector.ts'
import { type Entry, kindKeyOf } from './entry.ts'
import { compareKeys, SortedKeys } from './sorted-keys.ts'

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
  readonly #index = new Map<string, Set<string>>()

  constructor(kind: Kind) {
    this.kind = kind
    this.kindKey = kindKeyOf(kind)
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
    else this.#unindex(old)
    this.#addToIndex(entry)
  }

  /** `put` for a bulk load: the order is made up at the end. */
  load(entry: Entry): void {
    this.#entries.set(entry.key, entry)
    this.#order.addUnsorted(entry.key)
    this.#addToIndex(entry)
  }

  remove(key: string): void {
    const old = this.#entries.get(key)
    if (old === undefined) return
    this.#entries.delete(key)
    this.#order.remove(key)
    this.#unindex(old)
  }

  /** Entries in order of their keys. The table must not change while it is read. */
  *select(selection: Selection): Generator<Entry> {
    for (const key of this.#candidates(selection)) {
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      if (selection.namespace !== undefined && entry.namespace !== selection.namespace) {
        if (selection.index === undefined) return
        continue
      }
      if (isSelected(entry, selection)) yield entry
    }
  }

  #candidates({ namespace, index, after }: Selection): Iterable<string> {
    if (index !== undefined)
      return [...(this.#index.get(indexSlot(index.name, index.key)) ?? [])].sort(compareKeys)
    const first = namespace === undefined ? '' : `${namespace}\0`
    return this.#order.from(after !== undefined && after > first ? after : first)
  }

  #addToIndex(entry: Entry): void {
    for (const slot of indexSlots(entry)) {
      const keys = this.#index.get(slot)
      if (keys === undefined) this.#index.set(slot, new Set([entry.key]))
      else keys.add(entry.key)
    }
  }

  #unindex(entry: Entry): void {
    for (const slot of indexSlots(entry)) {
      const keys = this.#index.get(slot)
      keys?.delete(entry.key)
      if (keys?.size === 0) this.#index.delete(slot)
    }
  }
}

/** Whether an entry satisfies every condition. */
export function isSelected(entry: Entry, selection: Selection): boolean {
  const { namespace, labels, index, after } = selection
  if (namespace !== undefined && entry.namespace !== namespace) return false
  if (after !== undefined && entry.key <= after) return false
  if (index !== undefined && entry.index[index.name]?.includes(index.key) !== true) return false
  return selectsLabels(labels, entry.labels)
}

function indexSlots(entry: Entry): string[] {
  return Object.entries(entry.index).flatMap(([name, keys]) =>
    keys.map((key) => indexSlot(name, key)),
  )
}

function indexSlot(name: string, key: string): string {
  return `${name}\0${key}`
}
