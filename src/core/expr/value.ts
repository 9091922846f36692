import type { FunctionValue } from './function-value.ts'

/**
 * What an expression computes with. The kinds are Go's, because results must be the same as there:
 *
 * - `bigint` is int64 (always within its range), `number` is float64;
 * - `string` is a byte string held as UTF-16: a byte that is no valid UTF-8 is a lone surrogate U+DC80..U+DCFF
 *   (`bytes.ts`), everything else is ordinary text;
 * - arrays and plain objects are lists and maps of strings; JSON can be used as it is, without copying. Only own
 *   properties count, so no expression reaches a prototype;
 * - everything else is a `Boxed` value: times, durations, named types, objects with methods, functions.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ValueMap
  | Boxed

/** A map with string keys. An absent or undefined key is a missing one. */
export interface ValueMap {
  readonly [key: string]: Value | undefined
}

/** The variables of an evaluation. */
export type Env = ValueMap

/** A value of a kind that plain JavaScript lacks. */
export abstract class Boxed {
  /** The name that `type()` and messages use, as in `time.Duration`. */
  abstract readonly typeName: string
  /** The field of this name, or undefined when the type has none. */
  field(_name: string): Value | undefined {
    return undefined
  }
  /** The method of this name, bound; undefined when the type has none. */
  method(_name: string): FunctionValue | undefined {
    return undefined
  }
  /** What two equal values of this type share, so that they are one map key; undefined when they cannot be keys. */
  get hashKey(): string | undefined {
    return undefined
  }
  /** What is encoded in its place as JSON; throws ExpressionError when it cannot be. */
  abstract toJsonValue(): Value
  /** What `string()` prints. */
  abstract text(): string
  /** Equality with another value, as `==` sees it. */
  equals(other: Value): boolean {
    return this === other
  }
}

/** True for maps with string keys: neither null, nor a list, bytes or a boxed value. */
export function isValueMap(value: Value | undefined): value is ValueMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Boxed)
  )
}

/** True for lists. Bytes are not among them. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

/** A new map without a prototype, so that any key can be set. */
export function newMap(): Record<string, Value> {
  return Object.create(null)
}

/** The value under a key, undefined when the key is missing. Never looks at a prototype. */
export function ownValue(map: ValueMap, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/** Wraps to 64 bits with sign, as Go's int does. */
export function wrapInt(value: bigint): bigint {
  return value >= int64Min && value <= int64Max ? value : BigInt.asIntN(64, value)
}

/**
 * The list that Go calls nil: an ordinary empty list, but `== nil` and `??` take it for nil, and its JSON is null.
 * `concat` of nothing and `split` into no parts give it.
 */
export const nilList: readonly Value[] = Object.freeze([])

export function isNilList(value: Value | undefined): boolean {
  return value === nilList
}

/** True for nil, also a nil list. */
export function isNil(value: Value | undefined): boolean {
  return value === null || value === undefined || value === nilList
}
