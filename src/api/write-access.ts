import { GantryError } from '../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../core/kinds/kind.ts'
import { isReadableProject, projectNotFound } from './access.ts'
import type { Call } from './operation.ts'

/**
 * The caller's right to do `verb` to this object. An unreadable Project is NotFound, as everywhere. That nobody grants
 * more than they hold is for admission to see.
 */
export async function authorizeWrite(
  call: Call,
  kind: Kind,
  object: KubeObject,
  verb: string,
): Promise<void> {
  if (call.actor.superuser) return
  // As in Kubernetes: the name of what is made is not known before, so a right to make is not limited by names.
  const name = verb === 'create' ? undefined : object.metadata.name
  // A namespace that a manifest gives to what lives in none is no place where rights could be held.
  const namespace = kind.namespaced ? object.metadata.namespace : undefined
  if (namespace && !(await isReadableProject(call.parts, call.actor, namespace))) {
    throw projectNotFound(namespace)
  }
  const request = { verb, group: kind.group, resource: kind.plural, namespace, name }
  if (await call.parts.authorize(call.actor, request)) return
  throw new GantryError(
    'Forbidden',
    `${call.actor.id} may not ${verb} ${kind.kind} ${JSON.stringify(refKey(object.metadata))}`,
  )
}
