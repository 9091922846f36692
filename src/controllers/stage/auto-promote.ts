import { asGantryError, type GantryError } from '../../core/errors.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import {
  type AutoPromotion,
  type AutoPromotionInput,
  currentFreightOf,
  decideAutoPromotions,
} from '../../core/policy/auto-promotion.ts'
import { nextAvailabilityChange } from '../../core/policy/availability.ts'
import { recordDecision } from '../../core/policy/decision.ts'
import { effectiveHolds } from '../../core/policy/holds.ts'
import type { Blocker, BlockerCode, Verdict } from '../../core/policy/verdict.ts'
import type { Phase, PhaseResult, Waiting } from '../../runtime/controller.ts'
import { freightAnnotations, promotionAnnotations, subjectOf } from '../../runtime/events.ts'
import { factsOf, requestedFreight, type StageContext, type StageDraft, viewOf } from './facts.ts'
import { type StageOptions, supportsOf } from './options.ts'

type Input = AutoPromotionInput & { readonly freight: readonly Freight[] }

/** Creates a Promotion for each origin whose newest available Freight may enter the Stage by itself. */
export function autoPromote(options: StageOptions): Phase<Stage> {
  return async (ctx, draft): Promise<PhaseResult | undefined> => {
    const { policy } = factsOf(ctx)
    if (policy.problem !== undefined)
      return { waiting: { code: 'Invalid', message: policy.problem } }
    if (!policy.autoPromotionEnabled) return undefined
    const input = inputOf(ctx, draft, factsOf(ctx).promotions, options)
    let decisions = decideAutoPromotions(input)
    if (decisions.some(({ verdict }) => verdict?.allowed === true))
      decisions = await act(ctx, draft, options)
    return waitFor(ctx, input, decisions)
  }
}

function inputOf(
  ctx: StageContext,
  draft: StageDraft,
  promotions: readonly Promotion[],
  options: StageOptions,
): Input {
  const stage = viewOf(ctx, draft)
  const { policy } = factsOf(ctx)
  return {
    ...factsOf(ctx),
    stage,
    promotions,
    holds: effectiveHolds(stage, promotions, policy.autoPromotionEnabled),
    freight: requestedFreight(ctx),
    supports: supportsOf(options),
  }
}

/**
 * Decides again over the Promotions that there are now, because the cache may not know yet what was created last, and
 * does what is allowed. One origin that fails keeps no other from going on.
 */
async function act(
  ctx: StageContext,
  draft: StageDraft,
  options: StageOptions,
): Promise<readonly AutoPromotion<Freight>[]> {
  const input = inputOf(ctx, draft, await livePromotions(ctx), options)
  const decisions = decideAutoPromotions(input)
  let failure: GantryError | undefined
  for (const { candidate, verdict } of decisions)
    if (candidate !== undefined && verdict?.allowed === true)
      await promote(ctx, input, candidate, verdict).catch((thrown: unknown) => {
        failure ??= asGantryError(thrown)
      })
  if (failure !== undefined) throw failure
  return decisions
}

async function livePromotions({ store, ref }: StageContext): Promise<readonly Promotion[]> {
  const found: Promotion[] = []
  let next: string | undefined
  do {
    const page = await store.list(PromotionKind, {
      namespace: ref.namespace,
      index: { name: 'stage', key: ref.name },
      continue: next,
    })
    found.push(...page.items)
    next = page.continue
  } while (next !== undefined)
  return found
}

async function promote(
  ctx: StageContext,
  input: Input,
  freight: Freight,
  verdict: Verdict,
): Promise<void> {
  const { namespace, name: stage } = ctx.ref
  const currentFreight = currentFreightOf(input.stage, freight, input.freight)
  const { version, allowed, ...decision } = recordDecision(
    { ...input, freight, currentFreight, trigger: 'auto', at: 'create' },
    verdict,
  )
  await ctx.journal.append([
    {
      time: ctx.now,
      kind: 'decision',
      subject: subjectOf(ctx.object),
      payload: { version, allowed, ...decision },
    },
  ])
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
  const moments = [availableAt, ...blockers.map(({ mayChangeAt }) => mayChangeAt)].filter(
    (moment) => moment !== undefined && moment > ctx.now,
  )
  if (waiting.length === 0) return undefined
  const requeueAt = moments.reduce<number | undefined>(
    (soonest, moment) =>
      moment === undefined || (soonest ?? Infinity) <= moment ? soonest : moment,
    undefined,
  )
  return { waiting, requeueAt }
}

function toWaiting({ code, message, since, mayChangeAt }: Blocker): Waiting {
  return { code, message, since, until: mayChangeAt }
}
