import type { Actor } from '../../core/actor.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { isTerminal, type Promotion } from '../../core/kinds/promotion.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { actorOf } from '../../core/policy/annotations.ts'
import type { JsonRecord, StoreReader } from '../../store.ts'
import { eventRecord, freightAnnotations, promotionAnnotations } from '../events.ts'

/**
 * The event of a Promotion that this write ends; undefined when it does not. Being a record of the write itself, it is
 * there exactly once, whoever ends the Promotion and whatever is killed when. Who made the Promotion counts as its
 * actor, also when another aborted it.
 */
export async function promotionEnd(
  promotion: Promotion,
  old: Promotion | undefined,
  actor: Actor,
  reader: StoreReader,
  now: number,
): Promise<JsonRecord | undefined> {
  const { phase, message } = promotion.status ?? {}
  if (phase === undefined || !isTerminal(phase) || isTerminal(old?.status?.phase)) return undefined
  const { namespace } = promotion.metadata
  const { stage: name, freight: load } = promotion.spec
  const [stage, freight] = await Promise.all([
    reader.get(StageKind, { namespace, name }),
    load === undefined ? undefined : reader.get(FreightKind, { namespace, name: load }),
  ])
  const isPending = phase === 'Succeeded' && stage?.spec.verification !== undefined
  return eventRecord(
    {
      object: promotion,
      reason: `Promotion${phase}`,
      message: message ?? `Promotion ${phase === 'Succeeded' ? 'succeeded' : phase.toLowerCase()}`,
      actor: actorOf(promotion) || actor.id,
      annotations: {
        ...promotionAnnotations(promotion),
        ...freightAnnotations(freight),
        'verification-pending': isPending ? 'true' : undefined,
      },
    },
    now,
  )
}
