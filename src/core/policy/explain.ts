import { toTimestamp } from '../clock.ts'
import { actorOf } from './annotations.ts'
import { currentFreightOf } from './auto-promotion.ts'
import type { AutoPromotionInput } from './auto-promotion.ts'
import { instantOf, sortNewestFirst } from './instant.ts'
import { mayPromote } from './may-promote.ts'
import type { GateInput } from './may-promote.ts'
import { freightTitle, isControlFlow, originKey, sameOrigin } from './origin.ts'
import { isTerminal, orderPromotions } from './promotion-order.ts'
import type { Verdict } from './verdict.ts'
import { verificationWait } from './verification-gate.ts'
import type { FreightRequestView, FreightView } from './views.ts'

export interface ExplainInput extends AutoPromotionInput {
  /** Only this one; by default the newest Freight of each origin. */
  readonly only?: FreightView | undefined
  /** Whether a Warehouse of that name exists. */
  readonly hasWarehouse?: ((name: string) => boolean) | undefined
}

export interface FreightExplanation {
  /** Name of the Freight. */
  readonly freight: string
  readonly origin: string
  /** The verdict on promoting it by hand now. */
  readonly manual: Verdict
  /** The verdict on its automatic promotion now. */
  readonly auto: Verdict
  readonly sentences: readonly string[]
}

export interface StageExplanation {
  /** What moves or waits in the Stage itself, and what its configuration lacks. */
  readonly sentences: readonly string[]
  readonly freight: readonly FreightExplanation[]
}

/** Everything that stands between Freight and the Stage, as sentences: lower case, no trailing stop. */
export function explainStage(input: ExplainInput): StageExplanation {
  const chosen = input.only === undefined ? newestOfEach(input) : [input.only]
  return {
    sentences: [
      ...describeQueue(input),
      ...describeSources(input),
      ...describeMissing(input),
      ...describeReadiness(input),
    ],
    freight: chosen.map((freight) => explainFreight(input, freight)),
  }
}

function explainFreight(input: ExplainInput, freight: FreightView): FreightExplanation {
  const currentFreight = currentFreightOf(input.stage, freight, input.freight)
  const facts: Omit<GateInput, 'trigger'> = { ...input, freight, at: 'create', currentFreight }
  const manual = mayPromote({ ...facts, trigger: 'manual' })
  const auto = mayPromote({ ...facts, trigger: 'auto' })
  return {
    freight: freight.metadata.name,
    origin: originKey(freight.origin),
    manual,
    auto,
    sentences: isControlFlow(input.stage)
      ? describePassage(freight, input.stage.metadata.name, manual)
      : describeVerdicts(freight, input.stage.metadata.name, manual, auto),
  }
}

function describeVerdicts(
  freight: FreightView,
  stage: string,
  manual: Verdict,
  auto: Verdict,
): readonly string[] {
  const title = freightTitle(freight)
  if (!manual.allowed) return manual.blockers.map(({ message }) => message)
  if (auto.allowed)
    return [`${title} may enter stage ${stage}, and auto-promotion takes it there by itself`]
  return [
    `${title} may be promoted to stage ${stage} by hand`,
    ...auto.blockers.map(({ message }) => `not automatically: ${message}`),
  ]
}

/** Into a control-flow Stage nothing is promoted: what counts is whether the Freight is available to it. */
function describePassage(freight: FreightView, stage: string, verdict: Verdict): readonly string[] {
  const blockers = verdict.allowed
    ? []
    : verdict.blockers.filter(({ code }) => code !== 'ControlFlowStage')
  return blockers.length === 0
    ? [`${freightTitle(freight)} passes through stage ${stage}`]
    : blockers.map(({ message }) => message)
}

function newestOfEach({ stage, freight }: ExplainInput): readonly FreightView[] {
  return stage.spec.requestedFreight.flatMap((request) => {
    const newest = newestOf(request, freight)
    return newest === undefined ? [] : [newest]
  })
}

function newestOf(
  request: FreightRequestView,
  freight: readonly FreightView[],
): FreightView | undefined {
  return sortNewestFirst(freight.filter(({ origin }) => sameOrigin(origin, request.origin)))[0]
}

function describeQueue({ stage, promotions, supports }: ExplainInput): readonly string[] {
  const { name } = stage.metadata
  const open = orderPromotions(promotions.filter(({ spec }) => spec.stage === name)).filter(
    (promotion) => !isTerminal(promotion),
  )
  const wait = verificationWait(stage, supports)
  return open.map((promotion, index) => {
    const { status, metadata } = promotion
    const since = instantOf(status?.startedAt ?? metadata.creationTimestamp)
    const when = since === undefined ? '' : ` since ${toTimestamp(since)}`
    const by = actorOf(promotion) === '' ? '' : ` (by ${actorOf(promotion)})`
    if (status?.phase === 'Running') return `promotion ${metadata.name}${by} runs${when}`
    const before = open[index - 1]
    const what =
      before !== undefined
        ? `for promotion ${before.metadata.name}`
        : wait === undefined
          ? 'to be started'
          : `until what stage ${name} is at has been verified`
    return `promotion ${metadata.name}${by} waits${when} ${what}`
  })
}

function describeSources({
  stage,
  hasWarehouse,
  stages,
  freight,
}: ExplainInput): readonly string[] {
  const { name } = stage.metadata
  return stage.spec.requestedFreight.flatMap((request) => {
    const origin = originKey(request.origin)
    const sentences: string[] = []
    if (hasWarehouse?.(request.origin.name) === false)
      sentences.push(
        `stage ${name} requests freight of ${origin}, which does not exist: create the warehouse, or remove the request`,
      )
    else if (newestOf(request, freight) === undefined)
      sentences.push(`there is no freight of ${origin} yet: look at the warehouse's conditions`)
    for (const upstream of request.sources.stages ?? [])
      if (stages(upstream) === undefined)
        sentences.push(
          `stage ${name} takes freight from stage ${upstream}, which does not exist: create it, or remove it from the request`,
        )
    return sentences
  })
}

function describeMissing({ stage }: ExplainInput): readonly string[] {
  if (!isControlFlow(stage)) return []
  return [
    `stage ${stage.metadata.name} has no promotion steps: freight passes through it by itself`,
  ]
}

/** Reasons of the Ready condition that are no trouble, or that other sentences speak of. */
const spokenOf: ReadonlySet<string> = new Set([
  'NoFreight',
  'ActivePromotion',
  'WarehouseNotFound',
  'UpstreamNotFound',
])

/** What the Stage's controller says: a cycle, a step that does not exist, a last promotion that failed. */
function describeReadiness({ stage }: ExplainInput): readonly string[] {
  const ready = stage.status?.conditions?.find(({ type }) => type === 'Ready')
  const { status, reason = '', message = '' } = ready ?? {}
  if (status !== 'False' || message === '' || spokenOf.has(reason)) return []
  return [`stage ${stage.metadata.name} is not ready (${reason}): ${message}`]
}
