import { isJsonObject } from '../../core/json.ts'
import { cloneJson, setMember } from '../../core/clone-json.ts'

/**
 * The target with an RFC 7386 merge patch applied: objects merge, null removes, everything else replaces. Neither
 * argument is changed, and the result shares nothing with them.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return cloneJson(patch)
  const result: Record<string, unknown> = isJsonObject(target) ? cloneJson(target) : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (value === null) delete result[key]
    else setMember(result, key, applyMergePatch(ownMember(result, key), value))
  }
  return result
}

function ownMember(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
