import type { Json } from '../json.ts'
import { AnyMap } from './any-map.ts'
import { toBase64 } from './base64.ts'
import { joined } from './bytes.ts'
import { budgetError, maxValueDepth } from './frame.ts'
import { callError } from './function-value.ts'
import { sortedKeys } from './go-json.ts'
import { Boxed, isList, isNilList, newMap } from './value.ts'
import type { Value } from './value.ts'

/** Objects inside one another, in JSON that is taken over. */
const maxJsonDepth = 10_000

export interface FromJsonOptions {
  /** What a whole number becomes: `float` as Go's decoder does it, `int` where whole numbers must stay whole. */
  readonly integers: 'float' | 'int'
}

/** JSON as a value of the language, copied. Bare JSON may also be used as it is: then every number is a float. */
export function fromJson(value: unknown, options: FromJsonOptions): Value {
  return convert(value, options.integers === 'int', 0)
}

function convert(value: unknown, integers: boolean, depth: number): Value {
  if (depth > maxJsonDepth) throw budgetError('json: nested too deeply')
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'boolean' || typeof value === 'bigint') return value
  if (typeof value === 'number') return integers && isWhole(value) ? BigInt(value) : value
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) return value.map((item) => convert(item, integers, depth + 1))
  const map = newMap()
  for (const [key, child] of Object.entries(value)) {
    if (child !== undefined) map[key] = convert(child, integers, depth + 1)
  }
  return map
}

/** A minus zero is no integer: it would lose its sign. */
function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0)
}

/** The value as JSON, by the same rules as `encodeJson`. Integers beyond 2^53 lose precision, as they do in JSON. */
export function toJson(value: Value): Json {
  return jsonOf(value, 0)
}

function jsonOf(value: Value | undefined, depth: number): Json {
  if (depth > maxValueDepth) throw budgetError('json: nested too deeply')
  if (value === undefined) return null
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'number') return jsonOfObject(value, depth)
  if (!Number.isFinite(value)) throw callError('json: unsupported value: not a finite number')
  return value
}

function jsonOfObject(
  value: Exclude<Value, string | number | bigint | boolean>,
  depth: number,
): Json {
  if (value === null || isNilList(value)) return null
  if (isList(value)) return value.map((item) => jsonOf(item, depth + 1))
  if (value instanceof Uint8Array) return toBase64(value)
  if (value instanceof AnyMap)
    throw callError('json: unsupported type: map[interface {}]interface {}')
  if (value instanceof Boxed) return jsonOf(value.toJsonValue(), depth + 1)
  return Object.fromEntries(
    sortedKeys(value).map((key) => [joined(key).toWellFormed(), jsonOf(value[key], depth + 1)]),
  )
}
