import { entry } from './entry.ts'
import { isControlFlow, requestFor } from './origin.ts'
import { maxPassages } from './soak.ts'
import type { PolicyContext } from './soak.ts'
import type { FreightRequestView, FreightView, StageView } from './views.ts'

/**
 * Whether the Freight is what the upstream Stages of a request are at now (`MatchUpstream`). A control-flow Stage is at
 * nothing itself: it counts as being at what it let through and the Stages before it are still at, combined as its own
 * request combines them; what came to it directly from the Warehouse or by approval stays.
 */
export function isAtUpstream(
  freight: FreightView,
  request: FreightRequestView | undefined,
  context: PolicyContext,
): boolean {
  const known = new Map<string, boolean>()
  return combine(request, (stage) => isAt(freight, stage, context, known))
}

function combine(
  request: FreightRequestView | undefined,
  test: (stage: string) => boolean,
): boolean {
  const stages = request?.sources.stages ?? []
  if (request?.sources.availabilityStrategy !== 'All') return stages.some(test)
  return stages.length > 0 && stages.every(test)
}

function isAt(
  freight: FreightView,
  name: string,
  context: PolicyContext,
  known: Map<string, boolean>,
): boolean {
  const stage = context.stages(name)
  if (stage === undefined || !isControlFlow(stage))
    return entry(freight.status?.currentlyIn, name) !== undefined
  const before = known.get(name)
  if (before !== undefined) return before
  // Stands while the Stages before this one are looked at, so that a cycle of Stages ends.
  known.set(name, false)
  if (known.size > maxPassages) return false
  const result = passedAndStands(freight, stage, context, known)
  known.set(name, result)
  return result
}

function passedAndStands(
  freight: FreightView,
  stage: StageView,
  context: PolicyContext,
  known: Map<string, boolean>,
): boolean {
  const { name } = stage.metadata
  if (entry(freight.status?.verifiedIn, name) === undefined) return false
  if (entry(freight.status?.approvedFor, name) !== undefined) return true
  const request = requestFor(stage, freight.origin)
  if (request === undefined || request.sources.direct === true) return true
  return combine(request, (upstream) => isAt(freight, upstream, context, known))
}
