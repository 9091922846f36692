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
  const images: Images = {}
  for (const { metadata, status } of stages) {
    for (const [index, collection] of (status?.freightHistory ?? []).entries()) {
      for (const freight of Object.values(collection.items ?? {})) {
        for (const { repoURL = '', tag = '' } of freight.images ?? []) {
          images[repoURL] ??= { tags: {} }
          const entry = (images[repoURL].tags[tag] ??= { stages: {} })
          entry.stages[metadata.name] ??= index
        }
      }
    }
  }
  return images
}
