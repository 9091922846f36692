import type { Actor } from '../core/actor.ts'
import { hasCode } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { Ref, Store } from '../store.ts'

/** How often a patch is tried anew on the live version before the pass counts as failed. */
const maxAttempts = 5

export interface StatusWrite<T> {
  /** The version that the write replaced. */
  readonly replaced: string | undefined
  readonly written: T
}

/**
 * Writes a status difference by compare-and-swap. When somebody else wrote meanwhile the difference goes onto their
 * version: writers of one status keep to fields of their own. Resolves with undefined when the object is gone, or is
 * another one of the same name.
 */
export async function writeStatus<T extends KubeObject>(
  store: Store,
  kind: Kind<T>,
  object: T,
  ref: Ref,
  difference: JsonObject,
  actor: Actor,
): Promise<StatusWrite<T> | undefined> {
  let base: T = object
  for (let attempt = 1; ; attempt++) {
    const replaced = base.metadata.resourceVersion
    const patch: JsonObject = { metadata: { resourceVersion: replaced }, status: difference }
    try {
      return { replaced, written: await store.patchStatus(kind, ref, patch, { actor }) }
    } catch (thrown) {
      if (hasCode(thrown, 'NotFound')) return undefined
      if (!hasCode(thrown, 'Conflict') || attempt === maxAttempts) throw thrown
    }
    const live = await store.get(kind, ref)
    if (live === undefined || live.metadata.uid !== object.metadata.uid) return undefined
    base = live
  }
}
