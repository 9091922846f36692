import { StringMap } from './string-map.ts'
import { Boxed, ownValue } from './value.ts'
import type { Value, ValueMap } from './value.ts'

/** A type with named fields: Go's names inside expressions, JSON names when it is encoded. */
export interface StructType {
  readonly name: string
  readonly fields: readonly {
    readonly name: string
    readonly json: string
    /** Left out of JSON when it is empty: nil, "", 0, false, or nothing in it. */
    readonly omitEmpty?: boolean | undefined
  }[]
}

export class Struct extends Boxed {
  readonly type: StructType
  /** By Go name. */
  readonly fields: ValueMap

  constructor(type: StructType, fields: ValueMap) {
    super()
    this.type = type
    this.fields = fields
  }

  get typeName(): string {
    return this.type.name
  }

  override field(name: string): Value | undefined {
    return this.type.fields.some((field) => field.name === name)
      ? (ownValue(this.fields, name) ?? null)
      : undefined
  }

  override toJsonValue(): Value {
    const entries = this.type.fields.flatMap(({ name, json, omitEmpty }) => {
      const value = ownValue(this.fields, name) ?? null
      return omitEmpty === true && isEmpty(value) ? [] : [[json, value] as const]
    })
    return Object.fromEntries(entries)
  }

  override text(): string {
    // Go prints `{v1 v2}`; strings alone are what these types hold.
    return `{${this.type.fields.map(({ name }) => plain(ownValue(this.fields, name) ?? null)).join(' ')}}`
  }
}

function plain(value: Value): string {
  if (value === null) return '<nil>'
  if (value instanceof Boxed) return value.text()
  return typeof value === 'object' ? 'map[]' : String(value)
}

function isEmpty(value: Value): boolean {
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true
  if (value instanceof StringMap) return value.size === 0
  return typeof value === 'object' && !(value instanceof Boxed) && Object.keys(value).length === 0
}
