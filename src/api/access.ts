import type { Actor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { kargoGroup } from '../core/kinds/shared.ts'
import type { ApiParts } from './parts.ts'

/** Whether the Project exists and the actor may read in it. Everything else is 404, so names cannot be guessed. */
export async function isReadableProject(
  parts: ApiParts,
  actor: Actor,
  project: string,
): Promise<boolean> {
  if ((await parts.store.get(ProjectKind, { name: project })) === undefined) return false
  if (actor.superuser) return true
  const group = kargoGroup
  return (
    (await parts.authorize(actor, {
      verb: 'list',
      group,
      resource: 'stages',
      namespace: project,
    })) || parts.authorize(actor, { verb: 'get', group, resource: 'projects', name: project })
  )
}

/** The one answer about a Project that is not there, or that the caller may not read. */
export function projectNotFound(project: string): GantryError {
  return new GantryError('NotFound', `project ${JSON.stringify(project)} not found`)
}

/** Whether the actor may list objects of this kind in a Project. */
export async function isListable(
  parts: ApiParts,
  actor: Actor,
  kind: Kind,
  namespace: string | undefined,
): Promise<boolean> {
  if (actor.superuser) return true
  const { group, plural: resource } = kind
  return parts.authorize(actor, { verb: 'list', group, resource, namespace })
}
