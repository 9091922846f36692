import { parseDuration } from '../duration.ts'
import { entry } from './entry.ts'
import { instantOf, sortNewestFirst } from './instant.ts'
import { requestFor } from './origin.ts'
import { combineUpstreams, upstreamState } from './soak.ts'
import type { PolicyContext, UpstreamState } from './soak.ts'
import type { FreightRequestView, FreightView, StageView } from './views.ts'

/**
 * Whether a Freight is available to a Stage, and how or why not. This one rule serves admission, the start of a
 * Promotion, automatic promotion, control-flow Stages and every list of available Freight.
 */
export type Availability =
  | {
      readonly available: true
      readonly by: 'approval' | 'direct' | 'upstream'
      readonly request: FreightRequestView
      /** When it was approved, epoch milliseconds. */
      readonly approvedAt?: number | undefined
      /** By `upstream`: the Stages that let it pass. */
      readonly upstreams: readonly UpstreamState[]
    }
  | {
      readonly available: false
      readonly because: 'NotRequested'
      readonly request?: undefined
      readonly upstreams: readonly []
      readonly availableAt?: undefined
    }
  | {
      readonly available: false
      readonly because: 'NoSources' | 'BadSoakTime' | 'Upstream'
      readonly request: FreightRequestView
      /** Because of `Upstream`: every listed Stage. */
      readonly upstreams: readonly UpstreamState[]
      /** When it becomes available by itself, epoch milliseconds: the exact end of a soak. */
      readonly availableAt?: number | undefined
    }

/**
 * The strict rule. The Stage requests the Freight's origin, and the Freight is approved for the Stage, or the request
 * takes Freight directly from its Warehouse, or the Freight is verified and has soaked in the upstream Stages that the
 * request names: in all of them (`All`), or in one (`OneOf`, the default). Soak in other Stages counts for nothing.
 */
export function availabilityOf(
  stage: StageView,
  freight: FreightView,
  context: PolicyContext,
): Availability {
  const request = requestFor(stage, freight.origin)
  if (request === undefined) return { available: false, because: 'NotRequested', upstreams: [] }
  const approval = entry(freight.status?.approvedFor, stage.metadata.name)
  if (approval !== undefined) {
    const approvedAt = instantOf(approval.approvedAt)
    return { available: true, by: 'approval', request, approvedAt, upstreams: [] }
  }
  if (request.sources.direct === true)
    return { available: true, by: 'direct', request, upstreams: [] }
  return fromUpstream(request, freight, context)
}

function fromUpstream(
  request: FreightRequestView,
  freight: FreightView,
  context: PolicyContext,
): Availability {
  const { stages = [], requiredSoakTime, availabilityStrategy } = request.sources
  if (stages.length === 0) return { available: false, because: 'NoSources', request, upstreams: [] }
  const requiredMs = soakTimeMs(requiredSoakTime)
  if (requiredMs === undefined)
    return { available: false, because: 'BadSoakTime', request, upstreams: [] }
  const upstreams = stages.map((name) => upstreamState(freight, name, requiredMs, context))
  const result = combineUpstreams(availabilityStrategy, upstreams)
  if (result.state !== 'passed')
    return {
      available: false,
      because: 'Upstream',
      request,
      upstreams,
      availableAt: result.endsAt,
    }
  const passed = upstreams.filter(({ state }) => state === 'passed')
  return { available: true, by: 'upstream', request, upstreams: passed }
}

/** Milliseconds of a request's soak time: 0 when it asks for none, undefined when it cannot be read. */
function soakTimeMs(requiredSoakTime: string | undefined): number | undefined {
  return requiredSoakTime === undefined || requiredSoakTime === ''
    ? 0
    : parseDuration(requiredSoakTime)
}

export function isAvailable(
  stage: StageView,
  freight: FreightView,
  context: PolicyContext,
): boolean {
  return availabilityOf(stage, freight, context).available
}

/** The Freight that is available to the Stage now, newest first; only that of `origin` when one is given. */
export function listAvailable<F extends FreightView>(
  stage: StageView,
  freight: readonly F[],
  context: PolicyContext,
): readonly F[] {
  return sortNewestFirst(freight.filter((each) => isAvailable(stage, each, context)))
}

/**
 * When to look again, epoch milliseconds: the soonest moment at which one of the Freight becomes available by itself.
 * Undefined when only an event can change anything.
 */
export function nextAvailabilityChange(
  stage: StageView,
  freight: readonly FreightView[],
  context: PolicyContext,
): number | undefined {
  let soonest: number | undefined
  for (const each of freight) {
    const availability = availabilityOf(stage, each, context)
    if (availability.available || availability.availableAt === undefined) continue
    if (soonest === undefined || availability.availableAt < soonest)
      soonest = availability.availableAt
  }
  return soonest
}
