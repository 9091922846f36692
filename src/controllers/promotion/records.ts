import type { Actor } from '../../core/actor.ts'
import { GantryError } from '../../core/errors.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import type { Promotion, PromotionStatus } from '../../core/kinds/promotion.ts'
import type { PromotionRecords, VersionedStatus } from '../../engine/promotion.ts'
import type { Ref, Store } from '../../store.ts'

/**
 * The record of one Promotion in the store, for the engine: live reads, and compare-and-swap of the whole status.
 * Another Promotion of the same name is not it.
 */
export function promotionRecords(
  store: Store,
  ref: Ref,
  uid: string,
  actor: Actor,
): PromotionRecords {
  let last: Promotion | undefined

  const versioned = (promotion: Promotion): VersionedStatus => {
    last = promotion
    return {
      status: promotion.status ?? {},
      version: promotion.metadata.resourceVersion ?? '',
    }
  }

  return {
    async read() {
      const live = await store.get(PromotionKind, ref)
      const isIt = live?.metadata.uid === uid && live.metadata.deletionTimestamp === undefined
      return live !== undefined && isIt ? versioned(live) : undefined
    },
    async write(status: PromotionStatus, version: string) {
      if (last === undefined) throw new GantryError('Internal', 'nothing was read yet')
      const metadata = { ...last.metadata, resourceVersion: version }
      return versioned(
        await store.updateStatus(PromotionKind, { ...last, metadata, status }, { actor }),
      )
    },
  }
}
