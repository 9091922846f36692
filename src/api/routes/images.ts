import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { operation, ok } from '../operation.ts'
import { listAll } from '../watch.ts'
import { param } from './objects.ts'

/** Image repository to tags, each with the Stages that have (0) or had it, by how long ago. */
type Images = Record<string, { tags: Record<string, { stages: Record<string, number> }> }>

export const imageOperations = [
  operation({
    method: 'GET',
    path: '/v1beta1/projects/:project/images',
    summary: 'Which image is or was in which Stage.',
    tag: 'projects',
    access: { verb: 'list', resource: 'stages' },
    answers: { status: 200 },
    handle: async (call) => {
      const namespace = param(call, 'project')
      return ok(imagesOf(await listAll(call.parts.store, StageKind, { namespace })))
    },
  }),
]

export function imagesOf(stages: readonly Stage[]): Images {
  // Maps, and objects at the end: a tag or a Stage may be called `constructor`.
  const images = new Map<string, Map<string, Map<string, number>>>()
  for (const { metadata, status } of stages) {
    for (const [index, collection] of (status?.freightHistory ?? []).entries()) {
      for (const freight of Object.values(collection.items ?? {})) {
        for (const { repoURL = '', tag = '' } of freight.images ?? []) {
          const tags = entryOf(images, repoURL, () => new Map<string, Map<string, number>>())
          const seen = entryOf(tags, tag, () => new Map<string, number>())
          if (!seen.has(metadata.name)) seen.set(metadata.name, index)
        }
      }
    }
  }
  return asObject(images, (tags) => ({
    tags: asObject(tags, (seen) => ({ stages: Object.fromEntries(seen) })),
  }))
}

/** The value of a key, made when it is not there. */
function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}

function asObject<V, R>(map: ReadonlyMap<string, V>, show: (value: V) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [key, show(value)]))
}
