/** A sorted set of strings: appends are cheap, and so are ranges. */
export class SortedKeys {
  #keys: string[] = []
  #isSorted = true

  get size(): number {
    return this.#keys.length
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const last = this.#keys.at(-1)
    if (!this.#isSorted || last === undefined || key > last) this.#keys.push(key)
    else this.#keys.splice(this.#lowerBound(key), 0, key)
  }

  /** Adds a key of a bulk load, in any order: sorting waits for the first look. */
  addUnsorted(key: string): void {
    const last = this.#keys.at(-1)
    if (last !== undefined && key < last) this.#isSorted = false
    this.#keys.push(key)
  }

  remove(key: string): void {
    this.#sort()
    const at = this.#lowerBound(key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }

  /** Keys from the first one that is not below `from`, in order. The set must not change meanwhile. */
  *from(from: string): Generator<string> {
    this.#sort()
    for (let at = this.#lowerBound(from); at < this.#keys.length; at++) {
      const key = this.#keys[at]
      if (key !== undefined) yield key
    }
  }

  #sort(): void {
    if (this.#isSorted) return
    this.#keys.sort(compareKeys)
    this.#isSorted = true
  }

  #lowerBound(key: string): number {
    this.#sort()
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#keys[middle] ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** By UTF-16 code units, as `<` has it: the same on every machine. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
