import { GantryError } from '../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../core/kinds/kind.ts'
import { isReadableProject } from './access.ts'
import type { Call } from './operation.ts'

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', DELETE: 'delete' }

/**
 * The caller's right to write this object by the call's method. An unreadable Project is NotFound, as everywhere.
 * Roles and bindings are the admin's to write: nobody can grant more than they hold.
 */
export async function authorizeWrite(
  call: Call,
  kind: Kind,
  object: KubeObject,
  verb?: string,
): Promise<void> {
  if (call.actor.superuser) return
  const { namespace, name } = object.metadata
  if (
    kind.namespaced &&
    namespace &&
    !(await isReadableProject(call.parts, call.actor, namespace))
  ) {
    throw new GantryError('NotFound', `project ${JSON.stringify(namespace)} not found`)
  }
  const wanted = verb ?? verbs[call.method] ?? 'update'
  const request = { verb: wanted, group: kind.group, resource: kind.plural, namespace, name }
  const isGrant = kind.group === 'rbac.authorization.k8s.io'
  if (!isGrant && (await call.parts.authorize(call.actor, request))) return
  throw new GantryError(
    'Forbidden',
    `${call.actor.id} may not ${wanted} ${kind.kind} ${JSON.stringify(refKey(object.metadata))}`,
  )
}
