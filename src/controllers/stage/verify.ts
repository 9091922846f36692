import { toTimestamp } from '../../core/clock.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { FreightCollection, VerificationInfo } from '../../core/kinds/freight-collection.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { parseAnnotationRequest } from '../../core/policy/annotation-request.ts'
import { isVerificationOver } from '../../core/policy/verification-gate.ts'
import {
  planVerification,
  recordVerification,
  verifiedCondition,
} from '../../core/policy/verification.ts'
import { setCondition } from '../../runtime/conditions.ts'
import type { Phase, PhaseResult } from '../../runtime/controller.ts'
import { emitVerified } from '../verification-events.ts'
import { type StageContext, type StageDraft, viewOf } from './facts.ts'
import { type Followed, type StageOptions, supportsOf } from './options.ts'
import { currentFreight } from './sync-freight.ts'

/** Starts, follows or skips the verification of what the Stage is at, and says how it stands. */
export function verify(options: StageOptions): Phase<Stage> {
  return async (ctx, draft): Promise<PhaseResult | undefined> => {
    const collection = draft.freightHistory?.[0]
    const result =
      collection === undefined ? undefined : await advance(ctx, draft, collection, options)
    // While a Promotion is under way the condition stays as it was.
    const condition =
      draft.currentPromotion === undefined || collection === undefined
        ? verifiedCondition(viewOf(ctx, draft))
        : undefined
    if (condition !== undefined) setCondition(draft, condition, ctx.now)
    return result
  }
}

async function advance(
  ctx: StageContext,
  draft: StageDraft,
  collection: FreightCollection,
  options: StageOptions,
): Promise<PhaseResult | undefined> {
  const notes = ctx.object.metadata.annotations
  const reverify = parseAnnotationRequest(notes?.[annotations.reverify])
  const plan = planVerification(viewOf(ctx, draft), {
    now: ctx.now,
    id: crypto.randomUUID(),
    reverify,
    supports: supportsOf(options),
  })
  const request = { ctx, collection, reverify, promotion: draft.lastPromotion?.name }
  switch (plan.do) {
    case 'nothing':
      return undefined
    case 'block':
      setCondition(draft, plan.condition, ctx.now)
      return { waiting: { code: 'NotSupported', message: plan.condition.message } }
    case 'pass':
      note(ctx, draft, plan.verification)
      return undefined
    case 'start': {
      if (options.verifier !== undefined) note(ctx, draft, await options.verifier.start(request))
      return undefined
    }
    case 'follow': {
      const { verifier } = options
      const abort = parseAnnotationRequest(notes?.[annotations.abort])
      const followed: Followed =
        verifier === undefined
          ? { verification: orphaned(plan.verification, ctx.now) }
          : abort !== undefined && abort.id === plan.verification.id
            ? { verification: await verifier.abort(request, plan.verification, abort) }
            : await verifier.follow(request, plan.verification)
      note(ctx, draft, followed.verification)
      if (isVerificationOver(followed.verification)) return undefined
      const message = `verification ${followed.verification.id ?? ''} is under way`
      return {
        waiting: { code: 'VerificationRunning', message },
        ...(followed.lookAgainMs !== undefined && { requeueAfterMs: followed.lookAgainMs }),
      }
    }
  }
}

/** Takes a verification into the current collection, and tells when it has ended. */
function note(ctx: StageContext, draft: StageDraft, verification: VerificationInfo): void {
  const [collection, ...older] = draft.freightHistory ?? []
  if (collection === undefined) return
  draft.freightHistory = [recordVerification(collection, verification), ...older]
  if (isVerificationOver(verification))
    emitVerified(ctx, currentFreight(ctx, draft), verification, draft.lastPromotion?.name)
}

/** One that was begun elsewhere, with nothing here to carry it on: it did not pass. */
function orphaned(verification: VerificationInfo, now: number): VerificationInfo {
  return {
    ...verification,
    phase: 'Error',
    message: 'nothing here runs verifications, so this one cannot end',
    finishTime: toTimestamp(now),
  }
}
