import { kargoGroup } from '../../core/kinds/shared.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { requestFor } from '../../core/policy/origin.ts'
import { eventRecord, freightAnnotations } from '../events.ts'
import type { Write } from './parts.ts'
import { forbidden, invalid } from './refuse.ts'

/**
 * A new approval lets Freight past verification and soak, so whoever writes one needs the right to promote to that
 * Stage, and the Stage must ask for Freight of that origin. Gantry's own parts have checked before.
 */
export async function admitApprovals(write: Write<Freight>): Promise<void> {
  const { object, old, actor, reader, parts } = write
  if (actor.controlPlane) return
  const known = old?.status?.approvedFor ?? {}
  const { namespace } = object.metadata
  for (const name of Object.keys(object.status?.approvedFor ?? {})) {
    if (Object.hasOwn(known, name)) continue
    const request = { verb: 'promote', group: kargoGroup, resource: 'stages', namespace, name }
    if (!(await parts.authorizer.authorize(actor, request, reader))) {
      throw forbidden(
        object,
        `${actor.id} may not approve it for stage "${name}": that takes the promote right`,
      )
    }
    const field = `status.approvedFor.${name}`
    const stage = await reader.get(StageKind, { namespace, name })
    if (stage === undefined) throw invalid(object, field, `there is no stage "${name}"`)
    // It would be left to the next Stage of that name: this one has taken back what there was.
    if (stage.metadata.deletionTimestamp !== undefined)
      throw invalid(object, field, `stage "${name}" is being deleted`)
    if (requestFor(stage, object.origin) === undefined) {
      const origin = `${object.origin.kind}/${object.origin.name}`
      throw invalid(object, field, `stage "${name}" requests no Freight of ${origin}`)
    }
    write.record(
      eventRecord(
        {
          object,
          reason: 'FreightApproved',
          message: `Freight approved for Stage "${name}" by "${actor.id}"`,
          actor: actor.id,
          annotations: { ...freightAnnotations(object), 'stage-name': name },
        },
        parts.clock.now(),
      ),
    )
  }
}
