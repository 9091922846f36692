import type { Actor } from '../../core/actor.ts'
import type { Clock } from '../../core/clock.ts'
import { asGantryError, hasCode } from '../../core/errors.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { mapBounded } from '../../lib/map-bounded.ts'
import type { WebhookParts } from './parts.ts'
import type { Chosen } from './select-targets.ts'

export interface Refreshed {
  readonly chosen: Chosen
  readonly error?: string | undefined
}

const parallel = 16

/** Asks the controllers of these objects to look now: one small write each. */
export async function refreshAll(
  { store }: Pick<WebhookParts, 'store'>,
  chosen: readonly Chosen[],
  token: string,
  actor: Actor,
): Promise<readonly Refreshed[]> {
  return mapBounded(chosen, parallel, async (each) => {
    const { name, namespace } = each.object.metadata
    const patch = { metadata: { annotations: { [annotations.refresh]: token } } }
    try {
      await store.patch(each.kind, { name, namespace }, patch, { actor })
      return { chosen: each }
    } catch (thrown) {
      // Deleted a moment ago: there is nothing left to look at, and nothing that a repetition could do.
      if (hasCode(thrown, 'NotFound')) return { chosen: each }
      return { chosen: each, error: asGantryError(thrown).message }
    }
  })
}

/**
 * Moments to ask for a refresh with, no two alike: a second delivery within the same moment must not be taken for the
 * first.
 */
export function createTokens(clock: Clock): () => string {
  let last = 0
  return () => {
    last = Math.max(Math.floor(clock.now()), last + 1)
    return new Date(last).toISOString()
  }
}
