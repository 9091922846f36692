import type { KubeObject } from '../../core/kinds/kind.ts'
import { parseAnnotationRequest } from '../../core/policy/annotation-request.ts'
import type { Write } from './parts.ts'

/**
 * Annotations by which someone asks for something (`reverify`, `abort`): a changed one is rewritten as JSON that says
 * who asks. `key` is the member that carries the id or the action. What is JSON but no object means nothing.
 */
export function signRequest<T extends KubeObject>(
  write: Pick<Write<T>, 'object' | 'old' | 'actor'>,
  annotation: string,
  key: 'id' | 'action',
): void {
  const { object, old, actor } = write
  const text = object.metadata.annotations?.[annotation]
  if (text === undefined || text === old?.metadata.annotations?.[annotation]) return
  const request = parseAnnotationRequest(text, key)
  if (request === undefined) return
  // Gantry's own parts act for others and say for whom; nobody else can speak for someone.
  const who = actor.controlPlane ? request.actor : actor.id
  const signed = {
    [key]: request.id,
    ...(who !== undefined && { actor: who }),
    ...(actor.controlPlane && { controlPlane: true }),
  }
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [annotation]: JSON.stringify(signed),
  }
}
