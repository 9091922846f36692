/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | JsonObject

/** A JSON object. Keys that are absent read as undefined. */
export interface JsonObject {
  [key: string]: Json | undefined
}

/** True for plain JSON objects: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A scalar as text, anything else as JSON; nothing for undefined. For showing what a server answered. */
export function jsonText(value: DeepReadonly<Json> | undefined): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A value read, never written: the shape of everything that comes out of a store or a cache. */
export type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/** Freezes a JSON value and everything in it, and returns it. Already frozen branches are not walked again. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  // By keys: lists of values or entries would cost more than the freezing.
  if (isJsonObject(value)) for (const key of Object.keys(value)) deepFreeze(value[key])
  else if (Array.isArray(value)) for (const item of value) deepFreeze(item)
  return value
}

/** Structural equality of two JSON values. Absent and undefined keys count as the same. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => jsonEqual(item, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  let members = 0
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue
    members += 1
    if (!Object.hasOwn(b, key) || !jsonEqual(a[key], b[key])) return false
  }
  for (const key of Object.keys(b)) if (b[key] !== undefined) members -= 1
  return members === 0
}
