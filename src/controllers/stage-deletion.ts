import { asGantryError, GantryError } from '../core/errors.ts'
import { AnalysisRunKind } from '../core/kinds/analysis-run.ts'
import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import { finalizer } from '../core/kinds/labels.ts'
import { refKey } from '../core/kinds/kind.ts'
import type { Stage } from '../core/kinds/stage.ts'
import { labelValue } from '../core/names.ts'
import { forgetStage } from '../core/policy/freight-status.ts'
import { type Finalizer, type Phase, refOf } from '../runtime/controller.ts'
import { ensureGone } from '../runtime/ensure.ts'
import { updateFreightStatus } from './freight-status.ts'

/**
 * The Stage is being deleted: no Freight remembers it any more, because a new Stage of the same name must not inherit
 * what was verified or approved in this one. Nobody comes back to this, so it is looked up live. Its Promotions go with
 * it by their owner reference.
 */
const forgetInFreight: Phase<Stage> = async (ctx) => {
  const { namespace, name } = ctx.ref
  const remembering = new Map<string, Freight>()
  for (const index of ['verifiedIn', 'approvedFor', 'currentlyIn']) {
    const query = { namespace, index: { name: index, key: name } }
    for (const freight of (await ctx.store.list(FreightKind, query)).items)
      remembering.set(refKey(freight.metadata), freight)
  }
  await all(
    [...remembering.values()].map((freight) =>
      updateFreightStatus(ctx, freight, (status) => forgetStage(status, name)),
    ),
  )
}

const deleteAnalysisRuns: Phase<Stage> = async (ctx) => {
  const { namespace, name } = ctx.ref
  const index = { name: 'stage', key: labelValue(name) }
  const runs = ctx.cache.list(AnalysisRunKind, { namespace, index })
  await all(runs.map((run) => ensureGone(ctx, AnalysisRunKind, refOf(run))))
}

/** What both Stage controllers do when a Stage is deleted. */
export const stageFinalizer: Finalizer<Stage> = {
  name: finalizer,
  phases: { forgetInFreight, deleteAnalysisRuns },
}

/** Does everything that can be done, then throws what went wrong, if anything did. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  const errors = (await Promise.allSettled(work)).flatMap((result) =>
    result.status === 'rejected' ? [asGantryError(result.reason)] : [],
  )
  const [first, ...others] = errors
  if (first === undefined) return
  throw new GantryError(first.code, first.message, {
    details: others.map(({ message }) => message),
    cause: first,
  })
}
