import { hasCode } from '../core/errors.ts'
import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import type { FreightStatus } from '../core/policy/freight-status.ts'
import { type ReconcileContext, refOf } from '../runtime/controller.ts'
import { mergePatch } from '../runtime/merge-patch.ts'

/** How often a change is tried anew on the live version. */
const maxAttempts = 5

/**
 * Changes the status of a Freight by compare-and-swap. Several Stages write one Freight, each the entries of its own
 * name: when another one was faster the change is made again on what it left. A Freight that is gone is left alone.
 * Resolves with whether anything was written.
 */
export async function updateFreightStatus(
  { store, actor }: Pick<ReconcileContext, 'store' | 'actor'>,
  freight: Freight,
  change: (status: FreightStatus) => FreightStatus,
): Promise<boolean> {
  const ref = refOf(freight)
  let base: Freight = freight
  for (let attempt = 1; ; attempt++) {
    const before = base.status ?? {}
    const status = mergePatch(before, change(before))
    if (status === undefined) return false
    const { resourceVersion } = base.metadata
    try {
      const patch = { metadata: { resourceVersion }, status }
      await store.patchStatus(FreightKind, ref, patch, { actor })
      return true
    } catch (thrown) {
      if (hasCode(thrown, 'NotFound')) return false
      if (!hasCode(thrown, 'Conflict') || attempt === maxAttempts) throw thrown
    }
    const live = await store.get(FreightKind, ref)
    if (live === undefined || live.metadata.uid !== freight.metadata.uid) return false
    base = live
  }
}
