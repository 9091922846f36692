import { type GantryError, asGantryError } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { parseManifest } from '../core/kinds/parse.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import type { ManifestDocument } from '../lib/manifest-yaml.ts'
import type { Yaml } from '../lib/yaml-thread/yaml.ts'

/** One document of a manifest text: what it is, or why it could not be read. */
export type ManifestInput = {
  /** Its position in the text, from 1. */
  readonly document: number
  /** `Stage "prod" (document 2, line 14)`: how messages call it. */
  readonly label: string
  readonly warnings: readonly string[]
} & (
  | { readonly kind: Kind; readonly object: KubeObject }
  | { readonly error: GantryError; readonly project?: string | undefined }
)

/** The documents of a manifest text, each parsed for itself. */
export async function parseManifests(
  yaml: Pick<Yaml, 'manifests'>,
  text: string,
  options: { readonly strict: boolean; readonly signal: AbortSignal },
): Promise<readonly ManifestInput[]> {
  const inputs: ManifestInput[] = []
  for await (const documents of yaml.manifests(text, options.signal))
    for (const entry of documents) inputs.push(parseOne(entry, options.strict))
  return inputs
}

function parseOne(entry: ManifestDocument, strict: boolean): ManifestInput {
  const { document, line } = entry
  const where = `document ${document}, line ${line}`
  if ('error' in entry) return { document, label: where, warnings: [], error: entry.error }
  const label = `${nameOf(entry.value)} (${where})`
  try {
    const { kind, object, warnings } = parseManifest(entry.value, { strict })
    return { document, label, kind, object, warnings }
  } catch (thrown) {
    const project = projectOf(entry.value)
    return { document, label, warnings: [], error: asGantryError(thrown), project }
  }
}

function nameOf(value: unknown): string {
  if (!isJsonObject(value)) return 'manifest'
  const { kind, metadata } = value
  const name = isJsonObject(metadata) ? jsonText(metadata['name']) : ''
  return `${jsonText(kind) || 'manifest'} ${JSON.stringify(name)}`
}

/** The name of the Project that a broken Project document meant to describe. */
function projectOf(value: unknown): string | undefined {
  if (!isJsonObject(value) || value['kind'] !== ProjectKind.kind) return undefined
  const { apiVersion, metadata } = value
  const isOther = typeof apiVersion === 'string' && apiVersion.split('/')[0] !== ProjectKind.group
  if (isOther || !isJsonObject(metadata)) return undefined
  return jsonText(metadata['name'])
}
