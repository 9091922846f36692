import { AnyMap } from './any-map.ts'
import { compareBytes, joined, searchable } from './bytes.ts'
import { describeKind } from './describe.ts'
import { Duration } from './duration.ts'
import type { ExpressionError } from './error.ts'
import { budgetError, chargeSearch, maxValueDepth } from './frame.ts'
import type { Frame } from './frame.ts'
import { callError, FunctionValue } from './function-value.ts'
import { goPower } from './go-power.ts'
import { asNumber } from './numeric.ts'
import { StringMap } from './string-map.ts'
import { Struct } from './struct.ts'
import { Time } from './time.ts'
import { Boxed, isList, isNil, isValueMap, ownValue, wrapInt } from './value.ts'
import type { Value } from './value.ts'

/** The operators on values. All of them throw call errors: the place is added by the caller. */

function mismatch(operator: string, a: Value, b: Value): ExpressionError {
  return callError(`invalid operation: ${describeKind(a)} ${operator} ${describeKind(b)}`)
}

export function add(a: Value, b: Value, frame: Frame): Value {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (typeof a === 'string' && typeof b === 'string') return concatText(a, b, frame)
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) {
    return typeof x === 'bigint' && typeof y === 'bigint' ? wrapInt(x + y) : Number(x) + Number(y)
  }
  if (a instanceof Time && b instanceof Duration)
    return new Time(a.nanoseconds + b.nanoseconds, a.zone)
  if (a instanceof Duration && b instanceof Time)
    return new Time(a.nanoseconds + b.nanoseconds, b.zone)
  if (a instanceof Duration && b instanceof Duration)
    return new Duration(a.nanoseconds + b.nanoseconds)
  throw mismatch('+', a, b)
}

function concatText(a: string, b: string, frame: Frame): string {
  frame.growText(a.length + b.length)
  const text = a + b
  // Two halves of a character may meet; that needs a lone surrogate on both sides.
  const last = a.charCodeAt(a.length - 1)
  const first = b.charCodeAt(0)
  return last >= 0xd800 && last <= 0xdfff && first >= 0xd800 && first <= 0xdfff
    ? joined(text)
    : text
}

export function subtract(a: Value, b: Value): Value {
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) {
    return typeof x === 'bigint' && typeof y === 'bigint' ? wrapInt(x - y) : Number(x) - Number(y)
  }
  if (a instanceof Time && b instanceof Time) {
    const span = a.nanoseconds - b.nanoseconds
    const limit = 2n ** 63n
    return new Duration(span >= limit ? limit - 1n : span < -limit ? -limit : span)
  }
  if (a instanceof Time && b instanceof Duration)
    return new Time(a.nanoseconds - b.nanoseconds, a.zone)
  if (a instanceof Duration && b instanceof Duration)
    return new Duration(a.nanoseconds - b.nanoseconds)
  throw mismatch('-', a, b)
}

export function multiply(a: Value, b: Value): Value {
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) {
    return typeof x === 'bigint' && typeof y === 'bigint' ? wrapInt(x * y) : Number(x) * Number(y)
  }
  if (a instanceof Duration && y !== undefined) return scaleDuration(a, y)
  if (b instanceof Duration && x !== undefined) return scaleDuration(b, x)
  if (a instanceof Duration && b instanceof Duration)
    return new Duration(a.nanoseconds * b.nanoseconds)
  throw mismatch('*', a, b)
}

function scaleDuration(duration: Duration, factor: number | bigint): Value {
  return typeof factor === 'bigint'
    ? new Duration(duration.nanoseconds * factor)
    : Number(duration.nanoseconds) * factor
}

export function divide(a: Value, b: Value): Value {
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) return Number(x) / Number(y)
  throw mismatch('/', a, b)
}

export function modulo(a: Value, b: Value): Value {
  const x = asNumber(a)
  const y = asNumber(b)
  if (typeof x !== 'bigint' || typeof y !== 'bigint') throw mismatch('%', a, b)
  if (y === 0n) throw callError('integer divide by zero')
  return wrapInt(x % y)
}

export function power(a: Value, b: Value): Value {
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) return goPower(Number(x), Number(y))
  throw mismatch('**', a, b)
}

export function negate(value: Value): Value {
  const x = asNumber(value)
  if (x === undefined) throw callError(`invalid operation: - ${describeKind(value)}`)
  return typeof x === 'bigint' ? wrapInt(-x) : -x
}

export function plus(value: Value): Value {
  if (asNumber(value) === undefined) throw callError(`invalid operation: + ${describeKind(value)}`)
  return value
}

/** Order of two values below, equal to or above zero; NaN is in no order: undefined. Throws for kinds without order. */
function compare(operator: string, a: Value, b: Value): number | undefined {
  const x = asNumber(a)
  const y = asNumber(b)
  if (x !== undefined && y !== undefined) {
    if (typeof x === 'bigint' && typeof y === 'bigint') return x < y ? -1 : x > y ? 1 : 0
    const left = Number(x)
    const right = Number(y)
    return left < right ? -1 : left > right ? 1 : left === right ? 0 : undefined
  }
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  const times = a instanceof Time && b instanceof Time
  if (times || (a instanceof Duration && b instanceof Duration)) {
    const left = a.nanoseconds
    const right = b.nanoseconds
    return left < right ? -1 : left > right ? 1 : 0
  }
  throw mismatch(operator, a, b)
}

export function less(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b
  return (compare('<', a, b) ?? 1) < 0
}

export function more(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b
  return (compare('>', a, b) ?? -1) > 0
}

export function lessOrEqual(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a <= b
  return (compare('<=', a, b) ?? 1) <= 0
}

export function moreOrEqual(a: Value, b: Value): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a >= b
  return (compare('>=', a, b) ?? -1) >= 0
}

/** `==`: numbers across kinds, lists element by element, maps by Go's deep equality. */
export function equal(a: Value, b: Value, frame: Frame): boolean {
  if (typeof a === 'boolean') return a === b
  if (typeof a === 'string') {
    // Texts of different lengths are told apart at once.
    if (typeof b === 'string' && b.length === a.length) frame.charge(a.length >> 8)
    return a === b
  }
  return equalAt(a, b, frame, 0)
}

function equalAt(a: Value, b: Value, frame: Frame, depth: number): boolean {
  const x = asNumber(a)
  if (x !== undefined) {
    const y = asNumber(b)
    if (y === undefined) return false
    return typeof x === typeof y ? x === y : Number(x) === Number(y)
  }
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b)
  if (isList(a) && isList(b)) {
    enter(frame, depth)
    if (a.length !== b.length) return false
    return a.every((item, index) => equalAt(item, b[index] ?? null, frame, depth + 1))
  }
  return deepEqual(a, b, frame, depth)
}

function enter(frame: Frame, depth: number): void {
  frame.charge(1)
  if (depth > maxValueDepth) throw budgetError('the values are nested too deeply to be compared')
}

/** Go's deep equality: kinds must be the same all the way down, so `1` and `1.0` inside maps differ. */
function deepEqual(a: Value, b: Value, frame: Frame, depth: number): boolean {
  enter(frame, depth)
  if (typeof a !== 'object' || a === null) return a === b
  if (a === b) return !(a instanceof FunctionValue)
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length || isNil(a) !== isNil(b)) return false
    return a.every((item, index) => deepEqual(item, b[index] ?? null, frame, depth + 1))
  }
  if (a instanceof Uint8Array) {
    return (
      b instanceof Uint8Array &&
      a.length === b.length &&
      a.every((byte, index) => byte === b[index])
    )
  }
  if (a instanceof AnyMap) return b instanceof AnyMap && equalAnyMaps(a, b, frame, depth)
  if (a instanceof Struct)
    return (
      b instanceof Struct && a.type === b.type && deepEqual(a.fields, b.fields, frame, depth + 1)
    )
  if (a instanceof Boxed) return a.equals(b)
  return isValueMap(b) && isValueMap(a) && equalMaps(a, b, frame, depth)
}

function equalAnyMaps(a: AnyMap, b: AnyMap, frame: Frame, depth: number): boolean {
  return (
    a.size === b.size &&
    a
      .entries()
      .every(({ key, value }) => b.has(key) && deepEqual(value, b.get(key), frame, depth + 1))
  )
}

function equalMaps(
  a: Readonly<Record<string, Value | undefined>>,
  b: Readonly<Record<string, Value | undefined>>,
  frame: Frame,
  depth: number,
): boolean {
  const keys = Object.keys(a).filter((key) => a[key] !== undefined)
  const others = Object.keys(b).filter((key) => b[key] !== undefined)
  if (keys.length !== others.length) return false
  return keys.every((key) => {
    const other = ownValue(b, key)
    return other !== undefined && deepEqual(a[key] ?? null, other, frame, depth + 1)
  })
}

/** `needle in haystack`. */
export function isIn(needle: Value, haystack: Value, frame: Frame): boolean {
  if (haystack === null) return false
  if (isList(haystack)) {
    frame.charge(haystack.length)
    return haystack.some((item) => equal(item, needle, frame))
  }
  if (haystack instanceof Uint8Array) {
    const byte = asNumber(needle)
    return byte !== undefined && haystack.includes(Number(byte))
  }
  if (haystack instanceof AnyMap) return haystack.has(needle)
  if (haystack instanceof StringMap && (needle === null || typeof needle === 'string')) {
    return haystack.has(needle ?? '')
  }
  if (haystack instanceof Struct) {
    if (typeof needle === 'string') return haystack.field(needle) !== undefined
  } else if (isValueMap(haystack)) {
    const key = needle === null ? '' : needle
    if (typeof key === 'string') return ownValue(haystack, key) !== undefined
    throw callError(`cannot use ${describeKind(needle)} as a map key: it must be a string`)
  }
  throw callError(`operator "in" not defined on ${describeKind(haystack)}`)
}

/** `contains`, `startsWith`, `endsWith`: false when either side is nil. */
export function textTest(
  operator: 'contains' | 'startsWith' | 'endsWith',
  a: Value,
  b: Value,
  frame: Frame,
): boolean {
  if (isNil(a) || isNil(b)) return false
  if (typeof a !== 'string' || typeof b !== 'string') throw mismatch(operator, a, b)
  const [text, part] = searchable(a, b)
  chargeSearch(frame, text, part)
  switch (operator) {
    case 'contains':
      return text.includes(part)
    case 'startsWith':
      return text.startsWith(part)
    case 'endsWith':
      return text.endsWith(part)
  }
}

/** A range of whole numbers, both ends included. */
export function range(from: bigint, to: bigint, frame: Frame): Value {
  if (to < from) return []
  const size = to - from + 1n
  if (size > 100_000_000n) throw budgetError('memory budget exceeded')
  frame.grow(Number(size))
  return Array.from({ length: Number(size) }, (_, index) => from + BigInt(index))
}
