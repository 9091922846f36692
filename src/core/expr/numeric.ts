import { callError } from './function-value.ts'
import { describeKind } from './describe.ts'
import { NamedInt, Uint } from './named.ts'
import { Duration } from './duration.ts'
import type { Value } from './value.ts'

/** A number as it computes: an int64 or a float64. Undefined for anything else, also for named types. */
export function asNumber(value: Value | undefined): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  return value instanceof Uint ? BigInt.asIntN(64, value.value) : undefined
}

const int64Min = -(2n ** 63n)

/** A float cut to int64, as the hardware does it: what does not fit becomes the smallest. */
export function truncate(value: number): bigint {
  const whole = Math.trunc(value)
  if (!(whole >= -(2 ** 63) && whole < 2 ** 63)) return int64Min
  return BigInt(whole)
}

/** An index or a count: any number, floats cut. Throws a call error for anything else. */
export function toIndex(value: Value | undefined): number {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Number(truncate(value))
  if (value instanceof Uint) return Number(value.value)
  throw callError(`invalid operation: int(${describeKind(value)})`)
}

/** A whole number that must not be a float: for `take` and the operations on bits. */
export function wholeNumber(value: Value | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return BigInt.asIntN(64, value.value)
  return undefined
}

/** What `int()` makes of a named whole number. */
export function namedWhole(value: Value): bigint | undefined {
  if (value instanceof NamedInt) return value.value
  return value instanceof Duration ? value.nanoseconds : undefined
}
