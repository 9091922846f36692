import { isJsonObject } from './json.ts'

/**
 * A deep copy of a JSON value, as JSON text would carry it: undefined members are dropped, a member called `__proto__`
 * stays an ordinary one. Frozen parts are copied too, so the copy may be changed freely.
 */
export function cloneJson<T>(value: T): T {
  // A copy of a T is a T: `copy` keeps the shape of what it is given.
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : copy(item)))
  if (!isJsonObject(value))
    return typeof value === 'number' && !Number.isFinite(value) ? null : value
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const child = value[key]
    if (child === undefined) continue
    if (key === '__proto__') setMember(result, key, copy(child))
    else result[key] = copy(child)
  }
  return result
}

/** Sets an own member whatever its name: plain assignment to `__proto__` would change the prototype instead. */
export function setMember(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') {
    target[key] = value
    return
  }
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}
