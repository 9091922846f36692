import { asGantryError, type GantryError, hasCode } from '../../core/errors.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import {
  type AutoPromotion,
  type AutoPromotionInput,
  decideAutoPromotions,
} from '../../core/policy/auto-promotion.ts'
import { nextAvailabilityChange } from '../../core/policy/availability.ts'
import { effectiveHolds } from '../../core/policy/holds.ts'
import type { Blocker, BlockerCode } from '../../core/policy/verdict.ts'
import type { Phase, PhaseResult, Waiting } from '../../runtime/controller.ts'
import { freightAnnotations, promotionAnnotations } from '../../runtime/events.ts'
import { factsOf, requestedFreight, type StageContext, viewOf } from './facts.ts'
import { type StageOptions, supportsOf } from './options.ts'

type Input = AutoPromotionInput & { readonly freight: readonly Freight[] }

/** Creates a Promotion for each origin whose newest available Freight may enter the Stage by itself. */
export function autoPromote(options: StageOptions): Phase<Stage> {
  return async (ctx, draft): Promise<PhaseResult | undefined> => {
    const { policy, promotions } = factsOf(ctx)
    if (policy.problem !== undefined)
      return { waiting: { code: 'Invalid', message: policy.problem } }
    if (!policy.autoPromotionEnabled) return undefined
    const stage = viewOf(ctx, draft)
    const input: Input = {
      ...factsOf(ctx),
      stage,
      holds: effectiveHolds(stage, promotions, policy.autoPromotionEnabled),
      freight: requestedFreight(ctx),
      supports: supportsOf(options),
    }
    const decisions = decideAutoPromotions(input)
    const result = waitFor(ctx, input, decisions)
    return (await promoteAllowed(ctx, decisions)) ?? result
  }
}

/** One origin that fails keeps no other from going on. */
async function promoteAllowed(
  ctx: StageContext,
  decisions: readonly AutoPromotion<Freight>[],
): Promise<PhaseResult | undefined> {
  let failure: GantryError | undefined
  let refusal: GantryError | undefined
  for (const { candidate, verdict } of decisions) {
    if (candidate === undefined || verdict?.allowed !== true) continue
    try {
      await promote(ctx, candidate)
    } catch (thrown) {
      // The store knows something that this pass does not yet; when that arrives, the Stage is looked at again.
      if (hasCode(thrown, 'Forbidden')) refusal ??= thrown
      else failure ??= asGantryError(thrown)
    }
  }
  if (failure !== undefined) throw failure
  if (refusal === undefined) return undefined
  const waiting = { code: 'Refused', message: refusal.message }
  return { waiting, requeueAfterMs: refusedRetryMs }
}

const refusedRetryMs = 30_000

/** Admission completes the Promotion, judges it once more in the same transaction and journals the verdict. */
async function promote(ctx: StageContext, freight: Freight): Promise<void> {
  const { namespace, name: stage } = ctx.ref
  const created = await ctx.store.create(
    PromotionKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: {
        name: '',
        generateName: 'promo-',
        namespace,
        annotations: { [annotations.createActor]: ctx.actor.id },
      },
      spec: { stage, freight: freight.metadata.name },
    },
    { actor: ctx.actor },
  )
  ctx.emit({
    object: created,
    reason: 'PromotionCreated',
    message: `automatically promoted freight ${freight.alias ?? freight.metadata.name} to stage ${stage}`,
    annotations: { ...freightAnnotations(freight), ...promotionAnnotations(created) },
  })
}

/** Blockers that nobody waits for: the Stage is where it should be, or on its way. */
const quiet: ReadonlySet<BlockerCode> = new Set([
  'AlreadyCurrent',
  'OlderThanCurrent',
  'InProgress',
])

/** What the Stage waits for, and the exact moment at which time alone opens a gate. */
function waitFor(
  ctx: StageContext,
  input: Input,
  decisions: readonly AutoPromotion[],
): PhaseResult | undefined {
  const blockers = decisions.flatMap(({ verdict }) =>
    verdict === undefined || verdict.allowed ? [] : verdict.blockers,
  )
  const availableAt = nextAvailabilityChange(input.stage, input.freight, input)
  const waiting = blockers.filter(({ code }) => !quiet.has(code)).map(toWaiting)
  if (availableAt !== undefined)
    waiting.push({
      code: 'Soaking',
      message: 'freight soaks in an upstream stage',
      until: availableAt,
    })
  if (waiting.length === 0) return undefined
  const moments = waiting.flatMap(({ until }) =>
    until !== undefined && until > ctx.now ? [until] : [],
  )
  return { waiting, requeueAt: moments.length === 0 ? undefined : Math.min(...moments) }
}

function toWaiting({ code, message, since, mayChangeAt }: Blocker): Waiting {
  return { code, message, since, until: mayChangeAt }
}
