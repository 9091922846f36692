import { selectsLabels } from '../core/label-selector.ts'
import { deepFreeze } from '../core/json.ts'
import { type Kind, type KubeObject, refKey } from '../core/kinds/kind.ts'
import type { LabelSelector, Ref } from '../store.ts'
import { Bucket } from './bucket.ts'

/** What of a kind is asked for; all conditions are ANDed. */
export interface CacheQuery {
  readonly namespace?: string | undefined
  /** Objects whose `kind.indexKeys(object)[name]` holds `key`. */
  readonly index?: { readonly name: string; readonly key: string } | undefined
  readonly labels?: LabelSelector | undefined
}

export interface Change<T extends KubeObject = KubeObject> {
  readonly type: 'added' | 'updated' | 'deleted'
  /** As it is now; on `deleted` as it last was. */
  readonly object: T
  /** As it was before an update. */
  readonly old?: T | undefined
}

export type ChangeListener<T extends KubeObject = KubeObject> = (change: Change<T>) => void

const nothing: readonly never[] = Object.freeze([])

/**
 * Everything the cache holds of one kind: by key, by namespace and by each index that the kind declares. Index buckets
 * are kept per namespace, because nearly every question is about one Project.
 */
export class CacheTable<T extends KubeObject> {
  readonly kind: Kind<T>
  readonly #objects = new Map<string, T>()
  readonly #all = new Bucket<T>()
  readonly #buckets = new Map<string, Bucket<T>>()
  readonly #listeners = new Set<ChangeListener<T>>()
  /** Versions taken from write answers that the watch has yet to bring, oldest first. */
  readonly #ahead = new Map<string, readonly string[]>()

  readonly #keep: (object: T) => T

  /** `keep` leaves out of an object what the cache need not hold. */
  constructor(kind: Kind<T>, keep: (object: T) => T = (object) => object) {
    this.kind = kind
    this.#keep = keep
  }

  get size(): number {
    return this.#objects.size
  }

  get(ref: Ref): T | undefined {
    return this.#objects.get(refKey(ref))
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys()
  }

  list(query: CacheQuery): readonly T[] {
    const { namespace, index, labels } = query
    const found = this.#bucket(namespace, index)?.read() ?? nothing
    return labels === undefined
      ? found
      : found.filter((object) => selectsLabels(labels, object.metadata.labels))
  }

  /** Takes what the watch brought, unless a write's answer has brought it already. */
  apply(object: T): void {
    const key = refKey(object.metadata)
    const version = object.metadata.resourceVersion ?? ''
    if (this.#objects.get(key)?.metadata.resourceVersion === version) {
      this.#ahead.delete(key)
      return
    }
    const ahead = this.#ahead.get(key)
    if (ahead !== undefined) {
      const at = ahead.indexOf(version)
      if (at >= 0) {
        this.#ahead.set(key, ahead.slice(at + 1))
        return
      }
      // Neither held nor on its way: a new list has skipped ahead of every answer.
      this.#ahead.delete(key)
    }
    this.#store(key, object)
  }

  /** Takes the answer of a write that replaced the version held; says whether the written version is held now. */
  observe(replaced: string | undefined, written: T): boolean {
    const key = refKey(written.metadata)
    const held = this.#objects.get(key)?.metadata.resourceVersion
    const version = written.metadata.resourceVersion
    if (held !== undefined && held === version) return true
    if (held === undefined || held !== replaced || version === undefined) return false
    this.#ahead.set(key, [...(this.#ahead.get(key) ?? []), version])
    this.#store(key, written)
    return true
  }

  #store(key: string, whole: T): void {
    const object = deepFreeze(this.#keep(whole))
    const old = this.#objects.get(key)
    this.#objects.set(key, object)
    this.#all.set(key, object)
    const names = bucketNames(this.kind, object)
    if (old !== undefined)
      for (const name of bucketNames(this.kind, old)) if (!names.has(name)) this.#remove(name, key)
    for (const name of names) this.#ensure(name).set(key, object)
    this.#tell(old === undefined ? { type: 'added', object } : { type: 'updated', object, old })
  }

  remove(key: string, last?: T): void {
    const old = this.#objects.get(key)
    if (old === undefined) return
    this.#ahead.delete(key)
    this.#objects.delete(key)
    this.#all.delete(key)
    for (const name of bucketNames(this.kind, old)) this.#remove(name, key)
    this.#tell({ type: 'deleted', object: last ?? old })
  }

  listen(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change)
  }

  #bucket(namespace: string | undefined, index: CacheQuery['index']): Bucket<T> | undefined {
    if (namespace === undefined && index === undefined) return this.#all
    return this.#buckets.get(bucketName(namespace, index?.name, index?.key))
  }

  #ensure(name: string): Bucket<T> {
    const found = this.#buckets.get(name)
    if (found !== undefined) return found
    const bucket = new Bucket<T>()
    this.#buckets.set(name, bucket)
    return bucket
  }

  #remove(name: string, key: string): void {
    const bucket = this.#buckets.get(name)
    bucket?.delete(key)
    if (bucket?.size === 0) this.#buckets.delete(name)
  }
}

function bucketName(namespace: string | undefined, index?: string, key?: string): string {
  return index === undefined
    ? `n\u0000${namespace ?? ''}`
    : `${namespace === undefined ? 'i' : `ni\u0000${namespace}`}\u0000${index}\u0000${key ?? ''}`
}

function bucketNames<T extends KubeObject>(kind: Kind<T>, object: T): ReadonlySet<string> {
  const { namespace } = object.metadata
  const names = new Set<string>()
  if (namespace !== undefined) names.add(bucketName(namespace))
  for (const [index, keys] of Object.entries(kind.indexKeys(object)))
    for (const key of keys) {
      names.add(bucketName(undefined, index, key))
      if (namespace !== undefined) names.add(bucketName(namespace, index, key))
    }
  return names
}
