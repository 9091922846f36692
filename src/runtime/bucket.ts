import type { KubeObject } from '../core/kinds/kind.ts'

/**
 * Objects in the order of their keys, as one array that readers may keep: it is copied before the next change once it
 * has been handed out. Reads are free, a change costs a binary search and at most one shallow copy.
 */
export class Bucket<T extends KubeObject> {
  #keys: string[] = []
  #objects: T[] = []
  #shared = false

  get size(): number {
    return this.#objects.length
  }

  /** The objects, sorted by key. The array never changes afterwards. */
  read(): readonly T[] {
    this.#shared = true
    return this.#objects
  }

  set(key: string, object: T): void {
    this.#own()
    const at = this.#find(key)
    if (this.#keys[at] === key) this.#objects[at] = object
    else if (at === this.#keys.length) {
      this.#keys.push(key)
      this.#objects.push(object)
    } else {
      this.#keys.splice(at, 0, key)
      this.#objects.splice(at, 0, object)
    }
  }

  delete(key: string): void {
    const at = this.#find(key)
    if (this.#keys[at] !== key) return
    this.#own()
    this.#keys.splice(at, 1)
    this.#objects.splice(at, 1)
  }

  #own(): void {
    if (!this.#shared) return
    this.#objects = this.#objects.slice()
    this.#shared = false
  }

  /** The first place whose key is not below `key`. The end is tried first, because lists arrive sorted. */
  #find(key: string): number {
    let high = this.#keys.length
    const last = this.#keys[high - 1]
    if (last === undefined || last < key) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = this.#keys[middle]
      if (found !== undefined && found < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
