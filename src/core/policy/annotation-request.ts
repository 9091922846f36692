import { isJsonObject } from '../json.ts'

/** What someone asks for by an annotation (`reverify`, `abort`). */
export interface AnnotationRequest {
  /** The id of what is meant; of an abort of a Promotion the action. */
  readonly id: string
  readonly actor?: string | undefined
  /** Gantry itself asks. */
  readonly controlPlane: boolean
}

/**
 * Reads the value of a request annotation: `{id, actor, controlPlane}` as JSON, or the bare id. JSON of another shape
 * asks for nothing. `key` is the member that carries the id.
 */
export function parseAnnotationRequest(
  value: string | undefined,
  key: 'id' | 'action' = 'id',
): AnnotationRequest | undefined {
  if (value === undefined || value === '') return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return { id: value, controlPlane: false }
  }
  if (!isJsonObject(parsed)) return undefined
  const { [key]: id, actor, controlPlane } = parsed
  if (typeof id !== 'string' || id === '') return undefined
  return {
    id,
    controlPlane: controlPlane === true,
    ...(typeof actor === 'string' && actor !== '' && { actor }),
  }
}
