import type { StageStatus } from '../../core/kinds/stage.ts'
import { nextTurn, replayEnded, type StageChange } from '../../core/policy/queue.ts'
import { conditionsAfterSuccess } from '../../core/policy/stage-status.ts'
import { deleteCondition, setCondition } from '../../runtime/conditions.ts'
import { type Phase, type PhaseResult, refOf } from '../../runtime/controller.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { isTerminal, type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { referenceTo } from '../../core/policy/freight-collection.ts'
import { factsOf, type StageContext, type StageDraft, viewOf } from './facts.ts'
import { type StageOptions, supportsOf } from './options.ts'

/**
 * Takes up the Promotions that have ended, then decides whose turn it is. `currentPromotion` is the only way for a
 * Promotion into its Stage: there is one at a time.
 */
export function syncPromotions(options: StageOptions): Phase<Stage> {
  return async (ctx, draft): Promise<PhaseResult | undefined> => {
    const { policy } = factsOf(ctx)
    const promotions = await withEnded(ctx, draft.lastPromotion?.name ?? '')
    draft.autoPromotionEnabled = policy.autoPromotionEnabled
    const replay = replayEnded(viewOf(ctx, draft), promotions, policy.autoPromotionEnabled)
    applyChange(draft, replay.change)
    if (replay.succeeded !== undefined)
      for (const condition of conditionsAfterSuccess) setCondition(draft, condition, ctx.now)
    return takeTurn(ctx, draft, options)
  }
}

/** The Promotions of the Stage; those that are to be taken up whole, for the cache keeps only a part of what has ended. */
async function withEnded(ctx: StageContext, lastNoted: string): Promise<readonly Promotion[]> {
  const { promotions } = factsOf(ctx)
  const isNews = ({ metadata, status }: Promotion): boolean =>
    metadata.name > lastNoted && isTerminal(status?.phase)
  if (!promotions.some(isNews)) return promotions
  const whole = await Promise.all(
    promotions.map((each) =>
      isNews(each) ? ctx.store.get(PromotionKind, refOf(each)) : Promise.resolve(each),
    ),
  )
  return whole.filter((each) => each !== undefined)
}

function takeTurn(
  ctx: StageContext,
  draft: StageDraft,
  options: StageOptions,
): PhaseResult | undefined {
  const turn = nextTurn(viewOf(ctx, draft), factsOf(ctx).promotions, supportsOf(options))
  if (turn.do !== 'run') {
    delete draft.currentPromotion
    deleteCondition(draft, 'Promoting')
    if (turn.do === 'nothing') return undefined
    const { name } = turn.promotion.metadata
    const message = `promotion ${name} waits until what the stage is at has been verified`
    return { waiting: { code: 'VerificationRunning', message, since: turn.since } }
  }
  const { name } = turn.promotion.metadata
  const freight = freightOf(ctx, turn.promotion)
  draft.currentPromotion = { name, ...(freight !== undefined && { freight }) }
  const message = `promotion ${name} is under way`
  setCondition(
    draft,
    { type: 'Promoting', status: 'True', reason: 'ActivePromotion', message },
    ctx.now,
  )
  return { waiting: { code: 'Promoting', message } }
}

function freightOf(ctx: StageContext, { status, spec }: Promotion) {
  if (status?.freight !== undefined) return status.freight
  const { namespace } = ctx.ref
  const freight = ctx.cache.get(FreightKind, { namespace, name: spec.freight ?? '' })
  return freight === undefined ? undefined : referenceTo(freight)
}

function applyChange(draft: StageStatus, change: StageChange): void {
  Object.assign(draft, structuredClone(change))
}
