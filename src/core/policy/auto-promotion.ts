import { isAvailable } from './availability.ts'
import { isNewer } from './instant.ts'
import { isAtUpstream } from './match-upstream.ts'
import { mayPromote } from './may-promote.ts'
import type { GateInput } from './may-promote.ts'
import { currentReference, isControlFlow, originKey, sameOrigin } from './origin.ts'
import type { PolicyContext } from './soak.ts'
import type { Verdict } from './verdict.ts'
import type { FreightRequestView, FreightView, StageView } from './views.ts'

/**
 * The Freight that automatic promotion would take for one of the Stage's requests: the newest that is available.
 * With `MatchUpstream` only what the upstream Stage is at now counts; while that is two at once, its record is being
 * rewritten and there is no candidate.
 */
export function candidateFor<F extends FreightView>(
  stage: StageView,
  request: FreightRequestView,
  freight: readonly F[],
  context: PolicyContext,
): F | undefined {
  const matching = request.sources.autoPromotionOptions?.selectionPolicy === 'MatchUpstream'
  let candidate: F | undefined
  let count = 0
  for (const each of freight) {
    if (!sameOrigin(each.origin, request.origin)) continue
    // The cheap question first: only what is newer than the best so far is judged, unless all have to be counted.
    if (!matching && candidate !== undefined && !isNewer(each, candidate)) continue
    if (matching && !isAtUpstream(each, request, context)) continue
    if (!isAvailable(stage, each, context)) continue
    count += 1
    if (candidate === undefined || isNewer(each, candidate)) candidate = each
  }
  return matching && count > 1 && isAtOneOnly(request, context) ? undefined : candidate
}

/** Whether the request follows a single Stage that can be at one Freight only: not a control-flow Stage. */
function isAtOneOnly(request: FreightRequestView, context: PolicyContext): boolean {
  const [upstream, ...others] = request.sources.stages ?? []
  const stage = upstream === undefined ? undefined : context.stages(upstream)
  return others.length === 0 && (stage === undefined || !isControlFlow(stage))
}

export interface AutoPromotionInput extends Omit<
  GateInput,
  'freight' | 'trigger' | 'at' | 'promotion' | 'currentFreight'
> {
  /** Freight of the Project; that of origins which the Stage does not request is passed over. */
  readonly freight: readonly FreightView[]
}

export interface AutoPromotion<F extends FreightView = FreightView> {
  /** `Warehouse/<name>`. */
  readonly origin: string
  /** Absent: no Freight of this origin is available now. */
  readonly candidate?: F | undefined
  /** The verdict on the candidate. Promote it when it is allowed. */
  readonly verdict?: Verdict | undefined
}

/** What automatic promotion does with the Stage now: one answer for each requested origin, in the order of the spec. */
export function decideAutoPromotions<F extends FreightView>(
  input: AutoPromotionInput & { readonly freight: readonly F[] },
): readonly AutoPromotion<F>[] {
  return input.stage.spec.requestedFreight.map((request) => {
    const origin = originKey(request.origin)
    const candidate = candidateFor(input.stage, request, input.freight, input)
    if (candidate === undefined) return { origin }
    const currentFreight = currentFreightOf(input.stage, request, input.freight)
    const verdict = mayPromote({
      ...input,
      freight: candidate,
      trigger: 'auto',
      at: 'create',
      currentFreight,
    })
    return { origin, candidate, verdict }
  })
}

/** The Freight object that the Stage is at for this request, found by its name. */
export function currentFreightOf<F extends FreightView>(
  stage: StageView,
  request: { readonly origin: FreightRequestView['origin'] },
  freight: readonly F[],
): F | undefined {
  const current = currentReference(stage, request.origin)
  return current === undefined
    ? undefined
    : freight.find(({ metadata }) => metadata.name === current.name)
}
