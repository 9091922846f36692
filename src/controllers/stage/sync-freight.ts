import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { referencesOf } from '../../core/policy/freight-collection.ts'
import {
  addCurrentStage,
  addVerifiedStage,
  removeCurrentStage,
  syncCurrentStage,
} from '../../core/policy/freight-status.ts'
import { verifiedFreight } from '../../core/policy/verification.ts'
import type { Phase } from '../../runtime/controller.ts'
import { updateFreightStatus } from '../freight-status.ts'
import { type StageContext, type StageDraft, viewOf } from './facts.ts'

/** The Freight that the Stage is at says so, and no other does. */
export const syncFreight: Phase<Stage> = async (ctx, draft) => {
  const { namespace, name } = ctx.ref
  const here = ctx.cache.list(FreightKind, { namespace, index: { name: 'currentlyIn', key: name } })
  const freight = [...new Set([...here, ...currentFreight(ctx, draft)])]
  const view = viewOf(ctx, draft)
  const { changes, missing } = syncCurrentStage(view, freight, ctx.now)
  const wanted = new Set(referencesOf(draft.freightHistory?.[0]).map((each) => each.name))
  for (const change of changes)
    await updateFreightStatus(ctx, change.freight, (status) =>
      wanted.has(change.freight.metadata.name)
        ? addCurrentStage(status, name, ctx.now)
        : removeCurrentStage(status, name, ctx.now),
    )
  if (missing.length === 0) return undefined
  const message = `the stage is at freight ${missing.join(', ')}, which no longer exists: promote other freight`
  return { waiting: { code: 'CurrentFreightMissing', message } }
}

/** What the Stage has verified says so: from then on it is available to the Stages behind. */
export const markVerified: Phase<Stage> = async (ctx, draft) => {
  const { name } = ctx.ref
  const verified = new Map(
    verifiedFreight(viewOf(ctx, draft), ctx.now).map((each) => [each.name, each.at]),
  )
  for (const freight of currentFreight(ctx, draft)) {
    const at = verified.get(freight.metadata.name)
    if (at !== undefined)
      await updateFreightStatus(ctx, freight, (status) => addVerifiedStage(status, name, at))
  }
}

/** The Freight objects of what the Stage is at, those that still exist. */
export function currentFreight(
  { cache, ref: { namespace } }: StageContext,
  draft: StageDraft,
): readonly Freight[] {
  return referencesOf(draft.freightHistory?.[0]).flatMap(
    ({ name }) => cache.get(FreightKind, { namespace, name }) ?? [],
  )
}
