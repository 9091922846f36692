import { sortedKeys } from './go-json.ts'
import { Boxed } from './value.ts'
import type { Value } from './value.ts'

/** A map from strings to strings (`secret()`, labels): a missing key reads as `""`, not as nil. */
export class StringMap extends Boxed {
  readonly typeName = 'map'
  readonly entries: Readonly<Record<string, string>>

  constructor(entries: Readonly<Record<string, string>>) {
    super()
    this.entries = entries
  }

  get size(): number {
    return Object.keys(this.entries).length
  }

  has(key: string): boolean {
    return Object.hasOwn(this.entries, key)
  }

  get(key: string): string {
    return this.has(key) ? (this.entries[key] ?? '') : ''
  }

  override equals(other: Value): boolean {
    if (!(other instanceof StringMap) || other.size !== this.size) return false
    return Object.keys(this.entries).every(
      (key) => other.has(key) && other.get(key) === this.get(key),
    )
  }

  override toJsonValue(): Value {
    return this.entries
  }

  override text(): string {
    const shown = sortedKeys(this.entries).map((key) => `${key}:${this.get(key)}`)
    return `map[${shown.join(' ')}]`
  }
}
