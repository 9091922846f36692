import { AnyMap } from '../../src/core/expr/any-map.ts'
import { fromBytes } from '../../src/core/expr/bytes.ts'
import { Duration } from '../../src/core/expr/duration.ts'
import { sortedKeys } from '../../src/core/expr/go-json.ts'
import type { Value } from '../../src/core/expr/index.ts'
import { Time } from '../../src/core/expr/time.ts'
import { Boxed, isList, isNil, newMap } from '../../src/core/expr/value.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'

/** A value in the encoding of the vector files: see README.md beside them. */
export function encodeVector(value: Value | undefined): Json {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return { $int: String(value) }
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    return { $float: Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf' }
  }
  if (isList(value)) return isNil(value) ? [] : value.map(encodeVector)
  if (value instanceof Uint8Array) return { $bytes: fromBytes(value).toWellFormed() }
  if (value instanceof Time) return { $time: value.format('2006-01-02T15:04:05.999999999Z07:00') }
  if (value instanceof Duration) return { $duration: Number(value.nanoseconds) }
  if (value instanceof AnyMap) return encodeAnyMap(value)
  if (value instanceof Boxed) return encodeVector(value.toJsonValue())
  return Object.fromEntries(sortedKeys(value).map((key) => [key, encodeVector(value[key])]))
}

function encodeAnyMap(map: AnyMap): Json {
  const entries = map.entries().map(({ key, value }): [string, Json] => {
    const name = typeof key === 'string' ? key : `$key:${JSON.stringify(encodeVector(key))}`
    return [name, encodeVector(value)]
  })
  return Object.fromEntries(entries)
}

/** The value that an encoding stands for: the inverse for what environments hold. */
export function decodeVector(encoded: Json): Value {
  if (Array.isArray(encoded)) return encoded.map(decodeVector)
  if (typeof encoded !== 'object' || encoded === null) return encoded
  const special = decodeSpecial(encoded)
  if (special !== undefined) return special
  const map = newMap()
  for (const [key, child] of Object.entries(encoded))
    if (child !== undefined) map[key] = decodeVector(child)
  return map
}

function decodeSpecial(encoded: JsonObject): Value | undefined {
  if (typeof encoded['$int'] === 'string') return BigInt(encoded['$int'])
  if (encoded['$float'] === 'NaN') return NaN
  if (encoded['$float'] === '+Inf') return Infinity
  if (encoded['$float'] === '-Inf') return -Infinity
  if (typeof encoded['$duration'] === 'number') return new Duration(BigInt(encoded['$duration']))
  if (typeof encoded['$bytes'] === 'string') return new TextEncoder().encode(encoded['$bytes'])
  return undefined
}
