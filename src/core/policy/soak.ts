import { parseDuration } from './duration.ts'
import { entry } from './entry.ts'
import { instantOf } from './instant.ts'
import { isControlFlow, requestFor } from './origin.ts'
import type { FreightView, StageLookup, StageView } from './views.ts'

/** Control-flow Stages one behind the other that are looked through at most; beyond them nothing passes. */
export const maxPassages = 1000

/** What time-dependent rules look at. */
export interface PolicyContext {
  /** Epoch milliseconds. */
  readonly now: number
  /** The Stages of the Project, for what lies before a control-flow Stage. */
  readonly stages: StageLookup
}

/**
 * Where a Freight stands with one upstream Stage. `soaking`: verified and in it, its time ends at `endsAt`;
 * `interrupted`: verified, but no stay was long enough and none goes on. Times are epoch milliseconds.
 */
export interface UpstreamState {
  readonly stage: string
  readonly state: 'unverified' | 'soaking' | 'interrupted' | 'passed'
  readonly verifiedAt?: number | undefined
  /** When the current stay began. */
  readonly since?: number | undefined
  /** The longest single stay so far. */
  readonly soakedMs?: number | undefined
  readonly endsAt?: number | undefined
}

/**
 * The longest single continuous stay of the Freight in a Stage, in milliseconds; the stay that goes on counts. It counts
 * from entry, not from verification, and only for a Stage that verified it.
 */
export function longestSoak(freight: FreightView, stage: string, now: number): number {
  const verified = entry(freight.status?.verifiedIn, stage)
  if (verified === undefined) return 0
  const completed = parseDuration(verified.longestSoak ?? '0') ?? 0
  const since = instantOf(entry(freight.status?.currentlyIn, stage)?.since)
  return since === undefined ? completed : Math.max(completed, now - since)
}

/**
 * Where the Freight stands with an upstream Stage that it has to be verified in, and to stay in for `requiredMs`.
 *
 * Freight never stays in a control-flow Stage. Its soak there is therefore measured in the Stages before it, as the
 * control-flow Stage itself combines them; when it came there directly from its Warehouse or by approval, it is the
 * time since the control-flow Stage let it through.
 */
export function upstreamState(
  freight: FreightView,
  stage: string,
  requiredMs: number,
  context: PolicyContext,
): UpstreamState {
  return judge(freight, stage, requiredMs, context, undefined)
}

function judge(
  freight: FreightView,
  name: string,
  requiredMs: number,
  context: PolicyContext,
  visited: Map<string, UpstreamState> | undefined,
): UpstreamState {
  const verified = entry(freight.status?.verifiedIn, name)
  if (verified === undefined) return { stage: name, state: 'unverified' }
  const verifiedAt = instantOf(verified.verifiedAt)
  if (requiredMs <= 0) return { stage: name, state: 'passed', verifiedAt }
  const stage = context.stages(name)
  if (stage !== undefined && isControlFlow(stage))
    return judgePassage(freight, stage, verifiedAt, requiredMs, context, visited ?? new Map())
  const since = instantOf(entry(freight.status?.currentlyIn, name)?.since)
  const soakedMs = longestSoak(freight, name, context.now)
  return stayed(name, verifiedAt, since, soakedMs, requiredMs)
}

function judgePassage(
  freight: FreightView,
  stage: StageView,
  verifiedAt: number | undefined,
  requiredMs: number,
  context: PolicyContext,
  visited: Map<string, UpstreamState>,
): UpstreamState {
  const { name } = stage.metadata
  const known = visited.get(name)
  if (known !== undefined) return known
  // Stands while the Stages before this one are judged, so that a cycle of Stages ends and passes nothing.
  visited.set(name, { stage: name, state: 'unverified' })
  if (visited.size > maxPassages) return { stage: name, state: 'unverified' }
  const sources = requestFor(stage, freight.origin)?.sources
  const before = sources?.stages ?? []
  const through =
    sources?.direct !== true &&
    before.length > 0 &&
    entry(freight.status?.approvedFor, name) === undefined
  const result = through
    ? {
        ...combineUpstreams(
          sources?.availabilityStrategy,
          before.map((upstream) => judge(freight, upstream, requiredMs, context, visited)),
        ),
        stage: name,
        verifiedAt,
      }
    : stayed(name, verifiedAt, verifiedAt, soakedSince(verifiedAt, context.now), requiredMs)
  visited.set(name, result)
  return result
}

function soakedSince(since: number | undefined, now: number): number {
  return since === undefined ? 0 : Math.max(0, now - since)
}

function stayed(
  stage: string,
  verifiedAt: number | undefined,
  since: number | undefined,
  soakedMs: number,
  requiredMs: number,
): UpstreamState {
  if (soakedMs >= requiredMs) return { stage, state: 'passed', verifiedAt, since, soakedMs }
  if (since === undefined) return { stage, state: 'interrupted', verifiedAt, soakedMs }
  return { stage, state: 'soaking', verifiedAt, since, soakedMs, endsAt: since + requiredMs }
}

/**
 * What several upstream Stages come to. `All`: every one has to pass; anything else is `OneOf`: one is enough. Without
 * any Stage nothing passes. The result carries the Stage that decides: which passed first in the list, or whose soak
 * ends in time.
 */
export function combineUpstreams(
  strategy: string | undefined,
  states: readonly UpstreamState[],
): UpstreamState {
  const nothing: UpstreamState = { stage: '', state: 'unverified' }
  if (strategy === 'All') return states.reduce(later, states[0] ?? nothing)
  return states.reduce(sooner, states[0] ?? nothing)
}

const rank = { passed: 0, soaking: 1, interrupted: 2, unverified: 3 } as const

/** Which of the two passes earlier; the first when neither can be told. */
function sooner(a: UpstreamState, b: UpstreamState): UpstreamState {
  if (a.state !== b.state) return rank[a.state] < rank[b.state] ? a : b
  return (b.endsAt ?? Infinity) < (a.endsAt ?? Infinity) ? b : a
}

/** Which of the two passes later. */
function later(a: UpstreamState, b: UpstreamState): UpstreamState {
  if (a.state !== b.state) return rank[a.state] > rank[b.state] ? a : b
  return (b.endsAt ?? 0) > (a.endsAt ?? 0) ? b : a
}
