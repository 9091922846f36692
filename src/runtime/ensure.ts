import { hasCode } from '../core/errors.ts'
import { isJsonObject, type JsonObject, jsonEqual } from '../core/json.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { type ReconcileContext, refOf } from './controller.ts'
import { mergePatch } from './merge-patch.ts'

type Tools = Pick<ReconcileContext, 'cache' | 'store' | 'actor'>

/**
 * Makes sure that an object exists, and that it is as wanted in the fields named in `owned`; what else it says is not
 * ours. The cache is asked first, so that nothing happens when nothing is missing.
 */
export async function ensureObject<T extends KubeObject>(
  { cache, store, actor }: Tools,
  kind: Kind<T>,
  wanted: T,
  owned: readonly (keyof T & string)[] = [],
): Promise<void> {
  const ref = refOf(wanted)
  const cached = cache.get(kind, ref)
  if (cached !== undefined && difference(cached, wanted, owned) === undefined) return
  const live = await store.get(kind, ref)
  if (live === undefined) {
    await store.create(kind, wanted, { actor }).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'AlreadyExists')) throw thrown
    })
    return
  }
  const patch = difference(live, wanted, owned)
  if (patch === undefined) return
  const { resourceVersion } = live.metadata
  await store.patch(kind, ref, { ...patch, metadata: { resourceVersion } }, { actor })
}

/** Deletes an object if there is one. */
export async function ensureGone<T extends KubeObject>(
  { cache, store, actor }: Tools,
  kind: Kind<T>,
  object: { readonly namespace?: string | undefined; readonly name: string },
): Promise<void> {
  if (cache.get(kind, object) === undefined && (await store.get(kind, object)) === undefined) return
  await store.delete(kind, object, { actor }).catch((thrown: unknown) => {
    if (!hasCode(thrown, 'NotFound')) throw thrown
  })
}

function difference<T extends KubeObject>(
  found: T,
  wanted: T,
  owned: readonly (keyof T & string)[],
): JsonObject | undefined {
  const patch: JsonObject = {}
  for (const field of owned) {
    const before: unknown = found[field]
    const after: unknown = wanted[field]
    if (jsonEqual(before, after)) continue
    const change = mergePatch({ [field]: before }, { [field]: after })
    if (isJsonObject(change)) Object.assign(patch, change)
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}
