import type { Actor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import { kargoGroup } from '../core/kinds/shared.ts'
import type { AccessRequest } from '../core/policy/authorize.ts'
import { isReadableProject, projectNotFound } from './access.ts'
import { freightCalled } from './freight-called.ts'
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
  const called = nameOf(access, target)
  const { verb, resource } = access
  const group = access.group ?? kargoGroup
  // The Project itself lives in no namespace.
  const namespace = resource === 'projects' ? undefined : home
  const request = { verb, group, resource, namespace, name: called }
  if (!access.mayBeAlias || called === undefined) return requireRight(parts, actor, request, called)
  const freight = await freightCalled(parts.store, project, called)
  const name = freight?.metadata.name ?? called
  await requireRight(parts, actor, { ...request, name }, called)
}

/** Throws Forbidden, in the words of the caller: who may not do this is not told what an alias stands for. */
export async function requireRight(
  parts: ApiParts,
  actor: Actor,
  request: AccessRequest,
  called = request.name,
): Promise<void> {
  if (await parts.authorize(actor, request)) return
  const { verb, resource, namespace } = request
  const what = [resource, called].filter((part) => part !== undefined).join(' ')
  const where = namespace === undefined ? '' : ` in project ${namespace}`
  throw new GantryError('Forbidden', `${actor.id} may not ${verb} ${what}${where}`)
}

function nameOf(access: Exclude<Access, string>, { params, query }: Target): string | undefined {
  if (access.nameQuery !== undefined) return query.get(access.nameQuery) ?? ''
  return access.name === undefined ? undefined : params[access.name]
}
