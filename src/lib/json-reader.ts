import type { DocumentReader } from '../core/documents.ts'
import { GantryError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'

/** Reads a JSON document as it is. */
export const jsonReader: DocumentReader = {
  name: 'json-v1',
  start() {
    const pieces: Uint8Array[] = []
    return {
      push: (piece) => void pieces.push(piece),
      end() {
        try {
          // JSON.parse answers JSON, whatever its type says.
          return JSON.parse(Buffer.concat(pieces).toString('utf8')) as Json
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause)
          throw new GantryError('Invalid', `the document is not valid JSON: ${why}`, { cause })
        }
      },
    }
  },
}
