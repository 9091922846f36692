import { jsonEqual } from '../../core/json.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { kargoGroup } from '../../core/kinds/shared.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { defineAdmission, type Removal, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { completePromotion } from './promotion-create.ts'
import { promotionEnd } from './promotion-end.ts'
import { forbidden, invalid } from './refuse.ts'
import { signRequest } from './requests.ts'

export const promotionAdmission = defineAdmission({
  kind: PromotionKind,
  async admit(write: Write<Promotion>) {
    await requireProjectNamespace(write)
    await requirePromoteRight(write)
    const { object, old } = write
    if (old === undefined) return completePromotion(write, await requireStage(write))
    if (!jsonEqual(object.spec, old.spec)) {
      throw invalid(object, 'spec', 'cannot change: create another Promotion instead')
    }
    if (old.metadata.deletionTimestamp === undefined) await requireStage(write)
    keepIntent(object, old)
    signRequest(write, annotations.abort, 'action')
    return object
  },
  /** Only Gantry's own parts end Promotions: what others write says how one ended elsewhere. */
  async admitStatus({ object, old, actor, reader, parts, record }: Write<Promotion>) {
    if (!actor.controlPlane) return
    const end = await promotionEnd(object, old, actor, reader, parts.clock.now())
    if (end !== undefined) record(end)
  },
  remove: requirePromoteRight,
})

/** Everything that starts, changes or removes a Promotion takes the promote right on its Stage. */
async function requirePromoteRight(
  write: Pick<Removal<Promotion>, 'object' | 'actor' | 'parts' | 'reader'>,
): Promise<void> {
  const { object, actor, parts, reader } = write
  const { namespace } = object.metadata
  const name = object.spec.stage
  const request = { verb: 'promote', group: kargoGroup, resource: 'stages', namespace, name }
  if (await parts.authorizer.authorize(actor, request, reader)) return
  throw forbidden(object, `${actor.id} may not promote to stage "${name}"`)
}

async function requireStage({ object, reader }: Write<Promotion>): Promise<Stage> {
  const { namespace } = object.metadata
  const stage = await reader.get(StageKind, { namespace, name: object.spec.stage })
  if (stage !== undefined) return stage
  throw invalid(object, 'spec.stage', `there is no stage "${object.spec.stage}"`)
}

/** Who asked for a Promotion and what it means for holds stays as it was. */
function keepIntent(object: Promotion, old: Promotion): void {
  const frozen = [
    annotations.createActor,
    annotations.autoPromotionHold,
    annotations.autoPromotionResume,
  ]
  const next = { ...object.metadata.annotations }
  for (const key of frozen) {
    const value = old.metadata.annotations?.[key]
    if (value === undefined) delete next[key]
    else next[key] = value
  }
  object.metadata.annotations = next
}
