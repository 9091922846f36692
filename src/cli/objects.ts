import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { KubeObject } from '../core/kinds/kind.ts'

/** The object in a server's answer. Throws when it is none. */
export function asObject(value: unknown): KubeObject {
  if (isKubeObject(value)) return value
  throw new GantryError('Internal', 'the server answered with something that is not an object')
}

/** The objects of a server's list. */
export function asObjects(value: unknown): readonly KubeObject[] {
  if (isJsonObject(value) && Array.isArray(value['items'])) return value['items'].map(asObject)
  throw new GantryError('Internal', 'the server answered with something that is not a list')
}

function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null) return false
  if (!('apiVersion' in value) || !('kind' in value) || !('metadata' in value)) return false
  return isJsonObject(value.metadata) && typeof value.metadata['name'] === 'string'
}
