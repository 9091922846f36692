/**
 * Keys that wait for their turn, in the order in which they came, but namespaces take turns: one that has much to be done
 * keeps no other waiting. A key is `namespace/name`, or a name alone.
 */
export class FairKeys {
  /** Namespaces in the order of their turns; each with its keys, oldest first, and since when they wait. */
  readonly #namespaces = new Map<string, Map<string, number>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: string): boolean {
    return this.#namespaces.get(namespaceOf(key))?.has(key) === true
  }

  /** Does nothing for a key that waits already. */
  add(key: string, since: number): void {
    if (this.has(key)) return
    const namespace = namespaceOf(key)
    const keys = this.#namespaces.get(namespace)
    if (keys === undefined) this.#namespaces.set(namespace, new Map([[key, since]]))
    else keys.set(key, since)
    this.#size += 1
  }

  /** The key whose turn it is; it no longer waits then. Undefined when none does. */
  take(): string | undefined {
    const turn = this.#namespaces.entries().next()
    if (turn.done === true) return undefined
    const [namespace, keys] = turn.value
    const [key = ''] = keys.keys()
    keys.delete(key)
    this.#size -= 1
    this.#namespaces.delete(namespace)
    if (keys.size > 0) this.#namespaces.set(namespace, keys)
    return key
  }

  clear(): void {
    this.#namespaces.clear()
    this.#size = 0
  }

  *entries(): IterableIterator<[key: string, since: number]> {
    for (const keys of this.#namespaces.values()) yield* keys
  }
}

function namespaceOf(key: string): string {
  const slash = key.indexOf('/')
  return slash === -1 ? '' : key.slice(0, slash)
}
