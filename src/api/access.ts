import type { Actor } from '../core/actor.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import type { ApiParts } from './parts.ts'

/** Whether the Project exists and the actor may read in it. Everything else is 404, so names cannot be guessed. */
export async function isReadableProject(
  parts: ApiParts,
  actor: Actor,
  project: string,
): Promise<boolean> {
  if ((await parts.store.get(ProjectKind, { name: project })) === undefined) return false
  if (actor.superuser) return true
  return parts.authorize(actor, {
    verb: 'list',
    group: 'kargo.akuity.io',
    resource: 'stages',
    namespace: project,
  })
}
