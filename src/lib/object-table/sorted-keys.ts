/** Keys that are moved at most to make room for one. */
const maxChunk = 256

/** A sorted set of strings, however many: chunks of some hundred keys, so that adding one moves few others. */
export class SortedKeys {
  #size = 0
  /** None is empty; every key of one is below every key of the next. */
  #chunks: string[][] = []
  /** Added in bulk and not sorted in yet. */
  #unsorted: string[] = []

  get size(): number {
    return this.#size
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.#sortIn()
    this.#size += 1
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) {
      this.#chunks.push([key])
      return
    }
    chunk.splice(lowerBound(chunk, key), 0, key)
    if (chunk.length <= maxChunk) return
    // A chunk that grows at its end goes on growing there: leave the full one full.
    const isLast = at === this.#chunks.length - 1 && chunk.at(-1) === key
    this.#chunks.splice(at + 1, 0, chunk.splice(isLast ? maxChunk : maxChunk >> 1))
  }

  /** Adds a key of a bulk load, in any order: sorting waits for the first look. */
  addUnsorted(key: string): void {
    this.#size += 1
    this.#unsorted.push(key)
  }

  remove(key: string): void {
    this.#sortIn()
    const at = this.#chunkOf(key)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const place = lowerBound(chunk, key)
    if (chunk[place] !== key) return
    this.#size -= 1
    chunk.splice(place, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** Keys from the first one that is not below `from`, in order. The set must not change meanwhile. */
  *from(from: string): Generator<string> {
    this.#sortIn()
    const first = this.#chunkOf(from)
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] ?? []
      const start = at === first ? lowerBound(chunk, from) : 0
      for (let place = start; place < chunk.length; place++) {
        const key = chunk[place]
        if (key !== undefined) yield key
      }
    }
  }

  /** Where a key is or belongs: the last chunk that does not begin above it, or the first. */
  #chunkOf(key: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#chunks[middle]?.[0] ?? '') <= key) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #sortIn(): void {
    if (this.#unsorted.length === 0) return
    const all = [...this.#chunks.flat(), ...this.#unsorted].sort(compareKeys)
    this.#unsorted = []
    this.#chunks = []
    for (let at = 0; at < all.length; at += maxChunk)
      this.#chunks.push(all.slice(at, at + maxChunk))
  }
}

/** Position of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** By UTF-16 code units, as `<` has it: the same on every machine. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
