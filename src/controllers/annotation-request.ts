import { isJsonObject } from '../core/json.ts'

/** What someone asked for by an annotation (`reverify`, `abort`). */
export interface AnnotationRequest {
  /** The id of what is meant. */
  readonly id: string
  readonly actor?: string | undefined
  readonly controlPlane: boolean
}

/**
 * Reads the value of a request annotation: `{id, actor, controlPlane}` as JSON, or the bare id. JSON of another shape
 * asks for nothing.
 */
export function parseAnnotationRequest(value: string | undefined): AnnotationRequest | undefined {
  if (value === undefined || value === '') return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return { id: value, controlPlane: false }
  }
  if (!isJsonObject(parsed)) return undefined
  const { id, actor, controlPlane } = parsed
  if (typeof id !== 'string' || id === '') return undefined
  return {
    id,
    controlPlane: controlPlane === true,
    ...(typeof actor === 'string' && actor !== '' && { actor }),
  }
}
