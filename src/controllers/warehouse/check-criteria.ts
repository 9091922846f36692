import { asGantryError } from '../../core/errors.ts'
import { deleteCondition } from '../../runtime/conditions.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { criteriaHold } from './criteria.ts'
import type { WarehouseContext, WarehouseDraft } from './options.ts'
import { say, sayBroken, sayNothingOfFreight } from './say.ts'

/** Whether the Warehouse's own condition lets Freight be made. One that fails ends the pass, until the next look. */
export async function checkCriteria(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
): Promise<PhaseResult | undefined> {
  const { freightCreationPolicy = 'Automatic', freightCreationCriteria } = ctx.object.spec
  if (freightCreationPolicy === 'Manual') {
    sayNothingOfFreight(draft)
    return undefined
  }
  try {
    const discovered = draft.discoveredArtifacts ?? {}
    const isMet = criteriaHold(freightCreationCriteria?.expression ?? '', discovered, ctx.now)
    say(ctx, draft, 'FreightCreationCriteriaSatisfied', {
      status: isMet ? 'True' : 'False',
      reason: isMet ? 'CriteriaSatisfied' : 'CriteriaNotSatisfied',
      message: isMet
        ? 'the newest artifacts satisfy the criteria'
        : 'the newest artifacts do not satisfy the criteria',
    })
    if (!isMet) deleteCondition(draft, 'FreightCreated')
    return undefined
  } catch (thrown) {
    const message = `the freight creation criteria cannot be evaluated: ${asGantryError(thrown).message}`
    const reason = 'CriteriaEvaluationFailed'
    sayNothingOfFreight(draft)
    deleteCondition(draft, 'Reconciling')
    sayBroken(ctx, draft, { healthy: reason, ready: reason, message })
    return { stop: true, waiting: { code: reason, message } }
  }
}
