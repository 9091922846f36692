import { fromTimestamp, toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { Ref } from '../../store.ts'
import { type Answer, type Call, ok } from '../operation.ts'
import { viewOf } from '../show.ts'

/** The object, or NotFound. */
export async function getOrThrow<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  ref: Ref,
): Promise<T> {
  const found = await call.parts.store.get(kind, ref)
  if (found !== undefined) return found
  throw new GantryError('NotFound', `${kind.kind} ${JSON.stringify(refKey(ref))} not found`)
}

/** An object as the caller may see it. */
export async function okShown<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  object: T,
): Promise<Answer> {
  return ok((await viewOf(call, kind, object.metadata.namespace))(object))
}

/** Asks for a look by the refresh annotation and answers with the object. */
export async function refresh<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  ref: Ref,
): Promise<Answer> {
  const { metadata } = await getOrThrow(call, kind, ref)
  const last = metadata.annotations?.[annotations.refresh]
  const token = refreshToken(call.parts.clock.now(), last)
  return okShown(call, kind, await annotate(call, kind, ref, { [annotations.refresh]: token }))
}

/**
 * The moment, in whole seconds as other tools write it, and finer when there was a request in this second already: no
 * two are alike, so a second one is not lost when the first was handled in between.
 */
export function refreshToken(now: number, last: string | undefined): string {
  const second = toTimestamp(now)
  const lastMs = fromTimestamp(last) ?? -Infinity
  const isTaken = lastMs >= (fromTimestamp(second) ?? now) && lastMs < now + 1000
  return isTaken ? new Date(Math.max(now, lastMs + 1)).toISOString() : second
}

export async function annotate<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  ref: Ref,
  notes: Record<string, string>,
): Promise<T> {
  return call.parts.store.patch(
    kind,
    ref,
    { metadata: { annotations: notes } },
    { actor: call.actor },
  )
}

/** Deletes and answers 204. */
export async function remove(call: Call, kind: Kind, ref: Ref): Promise<Answer> {
  await call.parts.store.delete(kind, ref, { actor: call.actor })
  return { type: 'empty', status: 204 }
}

/** The path parameter; the router guarantees that it is there. */
export function param(call: Call, name: string): string {
  const value = call.params[name]
  if (value === undefined)
    throw new GantryError('Internal', `operation without path parameter ${name}`)
  return value
}

/** `{namespace, name}` of the object that the path names by `:project` and `:<name>`. */
export function projectRef(call: Call, name: string): Required<Ref> & { namespace: string } {
  return { namespace: param(call, 'project'), name: param(call, name) }
}
