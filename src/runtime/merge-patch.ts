import { cloneJson } from '../core/clone-json.ts'
import { isJsonObject, type JsonObject, jsonEqual } from '../core/json.ts'

/**
 * The RFC 7386 merge patch that turns `before` into `after`; undefined when they are equal. Only what differs is in it,
 * so that writers of different fields do not undo each other. Both must be JSON without null values: a merge patch
 * cannot carry them.
 */
export function mergePatch(before: unknown, after: unknown): JsonObject | undefined {
  const from = isJsonObject(before) ? before : {}
  const to = isJsonObject(after) ? after : {}
  const patch: JsonObject = {}
  for (const key of Object.keys(from))
    if (to[key] === undefined && from[key] !== undefined) patch[key] = null
  for (const key of Object.keys(to)) {
    const value = to[key]
    const old = from[key]
    if (value === undefined || jsonEqual(old, value)) continue
    patch[key] =
      isJsonObject(old) && isJsonObject(value) ? (mergePatch(old, value) ?? {}) : cloneJson(value)
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}
