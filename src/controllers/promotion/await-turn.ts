import { toTimestamp } from '../../core/clock.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { triggerOf } from '../../core/policy/annotations.ts'
import { recordDecision } from '../../core/policy/decision.ts'
import { mayPromote } from '../../core/policy/may-promote.ts'
import { withdraw } from '../../core/policy/promotion-record.ts'
import { describeBlockers, startOutcome } from '../../core/policy/verdict.ts'
import type { Blocker } from '../../core/policy/verdict.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { subjectOf } from '../../runtime/events.ts'
import { sayWaiting, writePending } from './accept.ts'
import { gateInput, readLive } from './facts.ts'
import type { PromotionContext } from './facts.ts'
import type { PromotionOptions } from './options.ts'

/** A Promotion whose turn has come and that passed every gate, with what it was judged on. */
export interface Admitted {
  readonly promotion: Promotion
  readonly stage: Stage
  readonly freight: Freight
}

export type Turn = { readonly admitted: Admitted } | { readonly result: PhaseResult }

/** How soon to look again when nothing is known to wake this Promotion. */
const lookAgainMs = 30_000

/**
 * The gate from Pending to Running. The Stage names the one Promotion that may run; this one is then judged by the gate
 * kernel, on live reads, and the verdict is journaled with everything that it depended on.
 */
export async function awaitTurn(ctx: PromotionContext, options: PromotionOptions): Promise<Turn> {
  const { object, cache, store, now } = ctx
  const { namespace } = object.metadata
  const cached = cache.get(StageKind, { namespace, name: object.spec.stage })
  if (cached?.status?.currentPromotion?.name !== object.metadata.name)
    return waitFor(ctx, 'WaitingForTurn', turnMessage(object, cached))

  const live = await readLive(store, object)
  const { promotion, stage, freight } = live
  // Gone, ended or started since: what woke this pass will bring another one.
  if (promotion === undefined || promotion.status?.phase !== 'Pending')
    return { result: { stop: true } }
  if (stage?.status?.currentPromotion?.name !== object.metadata.name)
    return waitFor(ctx, 'WaitingForTurn', turnMessage(object, stage))
  if (freight === undefined) {
    const message = `freight ${object.spec.freight ?? ''} no longer exists: promote other freight`
    return refuse(ctx, promotion, message, 'FreightMissing')
  }

  const input = await gateInput(ctx, promotion, stage, freight, 'start', now, options.supports)
  const verdict = mayPromote(input)
  const outcome = startOutcome(verdict)
  if (outcome === 'wait' && !verdict.allowed)
    return waitFor(
      ctx,
      verdict.blockers[0]?.code ?? 'Waiting',
      describeBlockers(verdict.blockers),
      {
        blockers: verdict.blockers,
      },
    )
  await ctx.journal.append([
    {
      time: now,
      kind: 'decision',
      subject: subjectOf(object),
      payload: { about: 'start', ...recordDecision(input, verdict) },
    },
  ])
  if (verdict.allowed) return { admitted: { promotion, stage, freight } }
  return refuse(
    ctx,
    promotion,
    describeBlockers(verdict.blockers),
    verdict.blockers[0]?.code ?? 'Refused',
  )
}

async function waitFor(
  ctx: PromotionContext,
  code: string,
  message: string,
  { blockers = [] }: { readonly blockers?: readonly Blocker[] } = {},
): Promise<Turn> {
  await sayWaiting(ctx, message)
  const until = blockers.find(({ mayChangeAt }) => mayChangeAt !== undefined)?.mayChangeAt
  const since = blockers[0]?.since
  return {
    result: {
      waiting: { code, message, since, until },
      requeueAfterMs: lookAgainMs,
      stop: true,
    },
  }
}

/** One that a person asked for ends Errored; one that nobody did is taken back, and may come again. */
async function refuse(
  ctx: PromotionContext,
  promotion: Promotion,
  why: string,
  code: string,
): Promise<Turn> {
  const finishedAt = toTimestamp(ctx.now)
  const isAuto = triggerOf(promotion) === 'auto'
  const change: JsonObject & { phase: 'Errored' | 'Aborted'; message: string } = isAuto
    ? withdraw(code, why, finishedAt)
    : { phase: 'Errored', message: why, finishedAt }
  await writePending(ctx, promotion, change)
  return { result: { stop: true } }
}

function turnMessage(promotion: Promotion, stage: Stage | undefined): string {
  const { stage: name } = promotion.spec
  if (stage === undefined) return `waiting for stage ${name}, which does not exist`
  const current = stage.status?.currentPromotion?.name
  return current === undefined
    ? `waiting for stage ${name} to take it up`
    : `waiting for promotion ${current} of stage ${name} to end`
}
