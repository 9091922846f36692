import { Boxed } from './value.ts'
import type { Value } from './value.ts'

/** A whole number of a named type (a month, a week day): printed by name, never equal to a bare number. */
export class NamedInt extends Boxed {
  readonly typeName: string
  readonly value: bigint
  readonly #text: string

  constructor(typeName: string, value: bigint, text: string) {
    super()
    this.typeName = typeName
    this.value = value
    this.#text = text
  }

  override get hashKey(): string {
    return String(this.value)
  }

  override toJsonValue(): Value {
    return this.value
  }

  override text(): string {
    return this.#text
  }

  override equals(other: Value): boolean {
    return (
      other instanceof NamedInt && other.typeName === this.typeName && other.value === this.value
    )
  }
}

/** A string of a named type (the status of a step): never equal to a bare string. */
export class NamedString extends Boxed {
  readonly typeName: string
  readonly value: string

  constructor(typeName: string, value: string) {
    super()
    this.typeName = typeName
    this.value = value
  }

  override get hashKey(): string {
    return this.value
  }

  override toJsonValue(): Value {
    return this.value
  }

  override text(): string {
    return this.value
  }

  override equals(other: Value): boolean {
    return (
      other instanceof NamedString && other.typeName === this.typeName && other.value === this.value
    )
  }
}

/** A number without sign: a part of a version, a byte of a string. Computes as an integer. */
export class Uint extends Boxed {
  readonly typeName = 'uint'
  readonly value: bigint

  constructor(value: bigint) {
    super()
    this.value = value
  }

  override get hashKey(): string {
    return String(this.value)
  }

  override toJsonValue(): Value {
    return this.value
  }

  override text(): string {
    return String(this.value)
  }
}
