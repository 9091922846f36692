import { asGantryError } from '../core/errors.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { parseManifest } from '../core/kinds/parse.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { readManifests } from '../lib/manifest-yaml.ts'

/** One document of a manifest text: what it is, or why it could not be read. */
export type ManifestInput = {
  /** `Stage "prod" (document 2, line 14)`: how messages call it. */
  readonly label: string
  readonly warnings: readonly string[]
} & (
  | { readonly kind: Kind; readonly object: KubeObject }
  | { readonly error: unknown; readonly project?: string | undefined }
)

/** The documents of a manifest text, each parsed for itself. */
export function parseManifests(text: string, strict: boolean): ManifestInput[] {
  return readManifests(text).map((document) => {
    const where = `document ${document.document}, line ${document.line}`
    if ('error' in document) return { label: where, warnings: [], error: document.error }
    const label = `${nameOf(document.value)} (${where})`
    try {
      const { kind, object, warnings } = parseManifest(document.value, { strict })
      return { label, kind, object, warnings }
    } catch (thrown) {
      return {
        label,
        warnings: [],
        error: asGantryError(thrown),
        project: projectOf(document.value),
      }
    }
  })
}

function nameOf(value: unknown): string {
  if (!isJsonObject(value)) return 'manifest'
  const { kind, metadata } = value
  const name = isJsonObject(metadata) ? jsonText(metadata['name']) : ''
  return `${jsonText(kind) || 'manifest'} ${JSON.stringify(name)}`
}

/** The name of the Project that a broken Project document meant to describe. */
function projectOf(value: unknown): string | undefined {
  if (!isJsonObject(value) || value['kind'] !== 'Project' || !isJsonObject(value['metadata']))
    return undefined
  return jsonText(value['metadata']['name'])
}
