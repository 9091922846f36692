import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { ArtifactList, Discovered } from '../../source.ts'

const itemsOf: Readonly<Record<ArtifactList, string>> = {
  git: 'commits',
  images: 'references',
  charts: 'versions',
  results: 'artifactReferences',
}

export function countArtifacts(discovered: Discovered): number {
  return artifactsOf(discovered).length
}

/** The best artifact of a result; a version that is only a text becomes `{ version }`. */
export function bestArtifact(discovered: Discovered): JsonObject | undefined {
  const [best] = artifactsOf(discovered)
  if (typeof best === 'string') return { version: best }
  return isJsonObject(best) ? best : undefined
}

function artifactsOf({ list, entry }: Discovered): readonly unknown[] {
  const items = entry[itemsOf[list]]
  return Array.isArray(items) ? items : []
}

const notedKeys = ['tag', 'digest', 'id', 'version', 'createdAt', 'creatorDate']

/** What of an artifact is worth keeping, to compare later ones with. */
export function noteArtifact(artifact: JsonObject): JsonObject {
  return Object.fromEntries(
    notedKeys.flatMap((key) => (artifact[key] === undefined ? [] : [[key, artifact[key]]])),
  )
}

/** How an artifact is called in a sentence. */
export function artifactName(artifact: JsonObject): string {
  const name = artifact['tag'] ?? artifact['version'] ?? artifact['id'] ?? artifact['digest']
  return typeof name === 'string' ? name : 'an artifact without a name'
}
