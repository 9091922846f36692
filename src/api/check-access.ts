import type { Actor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import { kargoGroup } from '../core/kinds/shared.ts'
import { isReadableProject, projectNotFound } from './access.ts'
import type { Access } from './operation.ts'
import type { ApiParts } from './parts.ts'

/** What a request names in its address. */
export interface Target {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
}

/** Without read rights on a Project everything in it is 404; with them, a missing right is 403. */
export async function checkAccess(
  parts: ApiParts,
  actor: Actor,
  access: Access,
  target: Target,
): Promise<void> {
  if (access === 'public' || access === 'signed-in') return
  const project = target.params['project']
  if (project !== undefined && !(await isReadableProject(parts, actor, project))) {
    throw projectNotFound(project)
  }
  if (access === 'project-reader') return
  const home = access.home === undefined ? project : parts.namespaces[access.home]
  const name = nameOf(access, target)
  const request = {
    verb: access.verb,
    group: access.group ?? kargoGroup,
    resource: access.resource,
    // The Project itself lives in no namespace.
    namespace: access.resource === 'projects' ? undefined : home,
    name,
  }
  if (await parts.authorize(actor, request)) return
  const what = [access.resource, name].filter((part) => part !== undefined).join(' ')
  throw new GantryError(
    'Forbidden',
    `${actor.id} may not ${access.verb} ${what}${project === undefined ? '' : ` in project ${project}`}`,
  )
}

function nameOf(access: Exclude<Access, string>, { params, query }: Target): string | undefined {
  if (access.nameQuery !== undefined) return query.get(access.nameQuery) ?? ''
  return access.name === undefined ? undefined : params[access.name]
}
