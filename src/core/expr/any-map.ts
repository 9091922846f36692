import { callError } from './function-value.ts'
import { Boxed, isNilList } from './value.ts'
import type { Value } from './value.ts'

/**
 * A map whose keys may be of any kind that can be compared: what `groupBy` and `fromPairs` give. Keys of different
 * kinds differ, also `1` and `1.0`. It has no JSON form.
 */
export class AnyMap extends Boxed {
  readonly typeName = 'map'
  readonly #entries = new Map<
    string | number | boolean | null | bigint | object,
    { key: Value; value: Value }
  >()
  /** What a missing key reads as. */
  readonly missing: Value

  constructor(missing: Value = null) {
    super()
    this.missing = missing
  }

  get size(): number {
    return this.#entries.size
  }

  has(key: Value): boolean {
    return this.#entries.has(identity(key))
  }

  get(key: Value): Value {
    const entry = this.#entries.get(identity(key))
    return entry === undefined ? this.missing : entry.value
  }

  set(key: Value, value: Value): void {
    // A NaN is not equal to itself: each makes an entry of its own.
    const id = typeof key === 'number' && Number.isNaN(key) ? {} : identity(key)
    this.#entries.set(id, { key, value })
  }

  /** The entries in the order they were added. */
  entries(): readonly { readonly key: Value; readonly value: Value }[] {
    return [...this.#entries.values()]
  }

  override toJsonValue(): Value {
    throw callError('json: unsupported type: map[interface {}]interface {}')
  }

  override text(): string {
    return 'map'
  }
}

/** What two keys share when they are the same key. */
function identity(key: Value): string | number | boolean | null | bigint | object {
  if (typeof key === 'string') return key
  if (typeof key === 'number') return key === 0 ? 0 : key
  if (typeof key !== 'object' || key === null) return key
  if (key instanceof Boxed && key.hashKey !== undefined)
    return `\u0000${key.typeName}\u0000${key.hashKey}`
  const kind =
    Array.isArray(key) || isNilList(key) ? 'list' : key instanceof Boxed ? key.typeName : 'map'
  throw callError(`runtime error: hash of unhashable type ${kind}`)
}
