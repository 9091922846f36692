import { AnyMap } from './any-map.ts'
import { byteLength, fromBytes, isAscii, runeLength, toBytes } from './bytes.ts'
import { describeKind } from './describe.ts'
import type { Frame } from './frame.ts'
import { callError } from './function-value.ts'
import { Uint } from './named.ts'
import { toIndex } from './numeric.ts'
import { StringMap } from './string-map.ts'
import { Boxed, isList, isNil, isValueMap, ownValue } from './value.ts'
import type { Value } from './value.ts'

/** Reading members of values. Everything throws call errors: the place is added by the caller. */

/** `object.name`. */
export function property(object: Value, name: string): Value {
  if (isValueMap(object)) return ownValue(object, name) ?? null
  if (object instanceof StringMap || object instanceof AnyMap) return object.get(name)
  const found = object instanceof Boxed ? (object.method(name) ?? object.field(name)) : undefined
  if (found === undefined) throw callError(`cannot fetch %s from ${describeKind(object)}`, name)
  return found
}

/** `object[key]`, with any key. */
export function element(object: Value, key: Value, frame: Frame): Value {
  if (isList(object)) return object[position(key, object.length)] ?? null
  if (typeof object === 'string') {
    frame.charge(1 + (object.length >> 4))
    return new Uint(BigInt(byteAt(object, key)))
  }
  if (object instanceof Uint8Array)
    return new Uint(BigInt(object[position(key, object.length)] ?? 0))
  if (object instanceof AnyMap) return object.get(key)
  if (object instanceof StringMap || isValueMap(object)) {
    const name = key === null ? '' : key
    if (typeof name !== 'string')
      throw callError(`cannot use ${describeKind(key)} to get an element from a map`)
    return object instanceof StringMap ? object.get(name) : (ownValue(object, name) ?? null)
  }
  if (object instanceof Boxed && typeof key === 'string') return property(object, key)
  const shown = typeof key === 'string' || typeof key === 'bigint' ? String(key) : describeKind(key)
  throw callError(`cannot fetch %s from ${describeKind(object)}`, shown)
}

/** `get(object, key)`: nil where there is nothing under the key, and where there are no keys at all. */
export function elementOrNil(object: Value, key: Value, frame: Frame): Value {
  if (isList(object)) return isWithin(key, object.length) ? element(object, key, frame) : null
  if (typeof object === 'string') {
    frame.charge(object.length >> 4)
    return isWithin(key, byteLength(object)) ? element(object, key, frame) : null
  }
  if (object instanceof Uint8Array)
    return isWithin(key, object.length) ? element(object, key, frame) : null
  if (object instanceof AnyMap) return object.has(key) ? object.get(key) : null
  if (object instanceof StringMap)
    return typeof key === 'string' && object.has(key) ? object.get(key) : null
  if (isValueMap(object)) return element(object, key, frame)
  if (object instanceof Boxed && typeof key === 'string')
    return object.method(key) ?? object.field(key) ?? null
  return null
}

function isWithin(key: Value, length: number): boolean {
  const index = toIndex(key)
  return index < 0 ? length + index >= 0 : index < length
}

function position(key: Value, length: number): number {
  const index = toIndex(key)
  const from = index < 0 ? length + index : index
  if (from < 0 || from >= length)
    throw callError(`index out of range: ${index} (array length is ${length})`)
  return from
}

function byteAt(text: string, key: Value): number {
  if (isAscii(text)) return text.charCodeAt(position(key, text.length))
  const bytes = toBytes(text)
  return bytes[position(key, bytes.length)] ?? 0
}

/** `object[from:to]`: bounds are clamped, strings cut by bytes. */
export function slice(
  object: Value,
  from: Value | undefined,
  to: Value | undefined,
  frame: Frame,
): Value {
  if (typeof object === 'string') {
    frame.charge(1 + (object.length >> 6))
    if (isAscii(object)) return object.slice(...bounds(from, to, object.length))
    frame.charge(object.length)
    return fromBytes(toBytes(object).subarray(...bounds(from, to, byteLength(object))))
  }
  if (isList(object)) {
    const [start, end] = bounds(from, to, object.length)
    frame.charge(1 + end - start)
    return isNil(object) ? object : object.slice(start, end)
  }
  if (object instanceof Uint8Array) return object.subarray(...bounds(from, to, object.length))
  throw callError(`cannot slice ${describeKind(object)}`)
}

function bounds(from: Value | undefined, to: Value | undefined, length: number): [number, number] {
  const clamp = (index: number): number => Math.max(0, index < 0 ? length + index : index)
  const end = Math.min(to === undefined ? length : clamp(toIndex(to)), length)
  const start = from === undefined ? 0 : clamp(toIndex(from))
  return [Math.min(start, end), end]
}

/** `len(value)`: elements, entries, or code points. Undefined for what has no length. */
export function lengthOf(value: Value, frame: Frame): number | undefined {
  if (typeof value === 'string') {
    frame.charge(value.length >> 5)
    return runeLength(value)
  }
  if (isList(value) || value instanceof Uint8Array) return value.length
  if (value instanceof AnyMap || value instanceof StringMap) return value.size
  if (isValueMap(value)) {
    const { length } = Object.keys(value)
    frame.charge(length * 4)
    return length
  }
  return undefined
}

/** What a predicate runs over: its length, and its elements by position. */
export interface Sequence {
  readonly length: number
  /** False for maps: they have a length, but no positions. */
  readonly positioned: boolean
  at(index: number): Value
}

/** The elements of a list, the bytes of a string. */
export function sequenceOf(value: Value, frame: Frame): Sequence {
  if (isList(value))
    return { length: value.length, positioned: true, at: (index) => value[index] ?? null }
  if (typeof value === 'string') {
    frame.charge(value.length >> 3)
    const bytes = toBytes(value)
    return {
      length: bytes.length,
      positioned: true,
      at: (index) => new Uint(BigInt(bytes[index] ?? 0)),
    }
  }
  if (value instanceof Uint8Array) {
    return {
      length: value.length,
      positioned: true,
      at: (index) => new Uint(BigInt(value[index] ?? 0)),
    }
  }
  const length = value === null ? undefined : lengthOf(value, frame)
  if (length === undefined) throw callError(`cannot iterate over ${describeKind(value)}`)
  return { length, positioned: false, at: () => null }
}
