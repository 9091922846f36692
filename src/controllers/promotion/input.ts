import type { Freight } from '../../core/kinds/freight.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { actorOf, annotation } from '../../core/policy/annotations.ts'
import { referencesOf } from '../../core/policy/freight-collection.ts'
import type { PromotionInput } from '../../engine/promotion.ts'

/**
 * What the engine is told. The Freight collection is the one that was recorded when the Promotion started, so that a
 * Stage that is edited meanwhile does not change what its expressions see.
 */
export function promotionInput(
  promotion: Promotion,
  stage: Stage | undefined,
  freight: Freight | undefined,
): PromotionInput {
  const { metadata, spec, status } = promotion
  const name = spec.freight ?? ''
  const origin = freight?.origin.name ?? status?.freight?.origin.name ?? ''
  const requested = stage?.spec.requestedFreight.map((request) => request.origin.name)
  return {
    project: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    stage: spec.stage,
    actor: actorOf(promotion),
    rollback: annotation(promotion, annotations.rollback) === 'true',
    vars: spec.vars ?? [],
    steps: spec.steps ?? [],
    freight: { name, alias: freight?.alias ?? '', origin: { name: origin } },
    references: referencesOf(status?.freightCollection),
    warehouses: requested ?? [origin],
  }
}
