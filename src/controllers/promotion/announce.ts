import type { Freight } from '../../core/kinds/freight.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { actorOf } from '../../core/policy/annotations.ts'
import { freightAnnotations, promotionAnnotations } from '../../runtime/events.ts'
import type { NewEvent } from '../../runtime/events.ts'

/** The event of a Promotion that ended. Who made the Promotion counts as its actor, also when another aborted it. */
export function endEvent(
  promotion: Promotion,
  phase: 'Succeeded' | 'Failed' | 'Errored' | 'Aborted',
  message: string | undefined,
  about: { readonly stage: Stage | undefined; readonly freight: Freight | undefined },
): Omit<NewEvent, 'actor'> & { readonly actor?: string } {
  const actor = actorOf(promotion)
  const isPending = phase === 'Succeeded' && about.stage?.spec.verification !== undefined
  return {
    object: promotion,
    reason: `Promotion${phase}`,
    message: message ?? `Promotion ${phase === 'Succeeded' ? 'succeeded' : phase.toLowerCase()}`,
    ...(actor !== '' && { actor }),
    annotations: {
      ...promotionAnnotations(promotion),
      ...freightAnnotations(about.freight),
      'verification-pending': isPending ? 'true' : undefined,
    },
  }
}
