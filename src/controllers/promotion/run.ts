import { GantryError } from '../../core/errors.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { Promotion, PromotionStatus } from '../../core/kinds/promotion.ts'
import { annotation } from '../../core/policy/annotations.ts'
import { collectionFor, referenceTo } from '../../core/policy/freight-collection.ts'
import { mayPromote } from '../../core/policy/may-promote.ts'
import { restsUntil } from '../../core/policy/next-step.ts'
import { describeBlockers } from '../../core/policy/verdict.ts'
import type { RunResult } from '../../engine/promotion.ts'
import type { RunControl } from '../../engine/perform-step.ts'
import { readSteps } from '../../engine/step-record.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { abortReason } from './abort.ts'
import type { Admitted } from './await-turn.ts'
import { gateInput, readLive } from './facts.ts'
import type { PromotionContext } from './facts.ts'
import { promotionInput } from './input.ts'
import type { PromotionOptions } from './options.ts'
import { promotionRecords } from './records.ts'
import type { ActiveRun, Runs } from './runs.ts'

/** A run tells by its writes how it goes; this is how often it is looked at besides. */
const observeMs = 1000

/** Starts the run of a Promotion, or says how the one under way stands. */
export function run(
  ctx: PromotionContext,
  options: PromotionOptions,
  runs: Runs,
  key: string,
  admitted: Admitted | undefined,
): PhaseResult {
  const active = runs.find(key)
  if (active !== undefined) return observe(ctx, active)
  const uid = ctx.object.metadata.uid ?? ''
  const last = runs.last(key, uid)
  if (last instanceof GantryError) throw last
  const reason = abortReason(ctx.object)
  const until = reason === undefined && !isRefreshed(ctx.object) ? nextLookAt(ctx, last) : undefined
  if (until !== undefined) {
    const message = ctx.object.status?.message ?? 'waiting for its step'
    return { requeueAt: until, waiting: { code: 'StepWaiting', message, until } }
  }
  const hurry = isRefreshed(ctx.object)
  const refresh = annotation(ctx.object, annotations.refresh)
  runs.start(key, uid, refresh, (control) => perform(ctx, options, { ...control, hurry }, admitted))
  if (reason !== undefined) runs.find(key)?.abort(reason)
  return { requeueAfterMs: observeMs }
}

function observe({ object }: PromotionContext, active: ActiveRun): PhaseResult {
  const step = object.status?.stepExecutionMetadata?.[object.status.currentStep ?? 0]?.alias
  const waiting = active.isWaiting
    ? { code: 'WaitingForSlot', message: 'other promotions are at work: waiting for a slot' }
    : { code: 'Running', message: step === undefined ? 'starting' : `step ${step} is at work` }
  return { requeueAfterMs: observeMs, waiting: { ...waiting, since: active.since } }
}

/** A refresh that was not handled yet: look now, whatever was to be waited for. */
export function isRefreshed(promotion: Promotion): boolean {
  const token = annotation(promotion, annotations.refresh)
  return token !== '' && token !== promotion.status?.lastHandledRefresh
}

/** Until when there is nothing to do, by what the last run said and by what is recorded. */
function nextLookAt(
  { object, now }: PromotionContext,
  last: RunResult | GantryError | undefined,
): number | undefined {
  const said =
    last !== undefined &&
    'state' in last &&
    (last.state === 'waiting' || last.state === 'elsewhere')
      ? restsUntil(last, now)
      : undefined
  if (said !== undefined) return said
  const { status } = object
  const record = status === undefined ? undefined : readSteps(status)[status.currentStep ?? 0]
  const { wakeAt, restsSince, open, status: step } = record ?? {}
  return step === 'Running' && open !== true
    ? restsUntil({ until: wakeAt, since: restsSince }, now)
    : undefined
}

/** The run itself, in its slot. */
async function perform(
  ctx: PromotionContext,
  options: PromotionOptions,
  control: RunControl,
  admitted: Admitted | undefined,
): Promise<RunResult> {
  const { engine } = options
  const { store, actor, ref, object } = ctx
  const about = admitted ?? (await readLive(store, object))
  const promotion = admitted?.promotion ?? about.promotion ?? object
  const begun = admitted === undefined ? undefined : beginning(admitted)
  const input = promotionInput(
    begun === undefined ? promotion : { ...promotion, status: begun },
    about.stage,
    about.freight,
  )
  const records = promotionRecords(store, ref, input.uid, actor)
  const mayAct = (): Promise<string | undefined> => judgeAgain(ctx, options)
  const result = await engine.run(input, records, { ...control, mayAct }, (status) => {
    if (begun !== undefined) Object.assign(status, begun)
  })
  // What another took over, or is gone, needs no folder here; it could be built again at any time.
  const isOver = result.state === 'ended' || (result.state === 'elsewhere' && !result.until)
  if (isOver) await engine.forget(input.uid)
  return result
}

/** What the status says from the start on: the Freight, and with what of other origins it goes together. */
function beginning({ stage, freight }: Admitted): PromotionStatus {
  const reference = referenceTo(freight)
  return { freight: reference, freightCollection: collectionFor(stage, reference) }
}

/** Before each remote step: may the Freight still be promoted? Why not, or undefined. Judged on live reads. */
async function judgeAgain(
  ctx: PromotionContext,
  { clock, supports }: PromotionOptions,
): Promise<string | undefined> {
  const { object, store } = ctx
  const { stage, freight } = await readLive(store, object)
  if (stage === undefined) return `stage ${object.spec.stage} no longer exists`
  if (freight === undefined) return `freight ${object.spec.freight ?? ''} no longer exists`
  const current = stage.status?.currentPromotion?.name
  if (current !== object.metadata.name)
    throw new GantryError(
      'Unavailable',
      `stage ${object.spec.stage} is taken by promotion ${current ?? '(none)'}`,
    )
  const now = clock.now()
  const input = await gateInput(ctx, object, stage, freight, 'later', now, supports)
  const verdict = mayPromote(input)
  if (verdict.allowed) return undefined
  const why = describeBlockers(verdict.blockers)
  // Time alone opens this gate again: no reason to break off what was let in.
  if (verdict.blockers.every(({ code }) => code === 'Soaking'))
    throw new GantryError('Unavailable', why)
  return why
}
