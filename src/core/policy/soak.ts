import { parseDuration } from '../duration.ts'
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
  return judge({ freight, requiredMs, context, passages: undefined }, stage)
}

interface Question {
  readonly freight: FreightView
  readonly requiredMs: number
  readonly context: PolicyContext
  /** The control-flow Stages that were judged already; made with the first one. */
  readonly passages: Map<string, Standing> | undefined
}

type Standing = Omit<UpstreamState, 'stage'>

const unverified: Standing = { state: 'unverified' }

function judge(question: Question, name: string): UpstreamState {
  const { freight, requiredMs, context } = question
  const { verifiedIn, currentlyIn } = freight.status ?? {}
  const verified = entry(verifiedIn, name)
  if (verified === undefined) return { stage: name, ...unverified }
  const verifiedAt = instantOf(verified.verifiedAt)
  if (requiredMs <= 0) return { stage: name, state: 'passed', verifiedAt }
  const stage = context.stages(name)
  if (stage !== undefined && isControlFlow(stage)) {
    const passages = question.passages ?? new Map<string, Standing>()
    return {
      ...judgePassage({ ...question, passages }, stage, verifiedAt),
      stage: name,
      verifiedAt,
    }
  }
  // The longest single stay, never a sum; the one that goes on counts from entry, not from verification.
  const completedMs = parseDuration(verified.longestSoak ?? '') ?? 0
  const since = instantOf(entry(currentlyIn, name)?.since)
  const soakedMs = Math.max(completedMs, elapsedMs(since, context.now))
  return { stage: name, verifiedAt, ...standing(since, soakedMs, requiredMs) }
}

function judgePassage(
  question: Question & { readonly passages: Map<string, Standing> },
  stage: StageView,
  verifiedAt: number | undefined,
): Standing {
  const { freight, requiredMs, context, passages } = question
  const { name } = stage.metadata
  const known = passages.get(name)
  if (known !== undefined) return known
  // Stands while the Stages before this one are judged, so that a cycle of Stages ends and passes nothing.
  passages.set(name, unverified)
  if (passages.size > maxPassages) return unverified
  const {
    direct,
    stages = [],
    availabilityStrategy,
  } = requestFor(stage, freight.origin)?.sources ?? {}
  const cameThrough =
    direct !== true && stages.length > 0 && entry(freight.status?.approvedFor, name) === undefined
  const result = cameThrough
    ? combineUpstreams(
        availabilityStrategy,
        stages.map((upstream) => judge(question, upstream)),
      )
    : standing(verifiedAt, elapsedMs(verifiedAt, context.now), requiredMs)
  passages.set(name, result)
  return result
}

/** Never negative: a clock may have been set back. */
function elapsedMs(since: number | undefined, now: number): number {
  return since === undefined ? 0 : Math.max(0, now - since)
}

function standing(since: number | undefined, soakedMs: number, requiredMs: number): Standing {
  if (soakedMs >= requiredMs) return { state: 'passed', since, soakedMs }
  if (since === undefined) return { state: 'interrupted', soakedMs }
  return { state: 'soaking', since, soakedMs, endsAt: since + requiredMs }
}

/**
 * What several upstream Stages come to. `All`: every one has to pass; anything else is `OneOf`: one is enough. Without
 * any Stage nothing passes. The result is that of the Stage that decides: the one that passes last, or first.
 */
export function combineUpstreams(
  strategy: string | undefined,
  states: readonly Standing[],
): Standing {
  const [first = unverified, ...rest] = states
  return rest.reduce(strategy === 'All' ? later : sooner, first)
}

const ranks = { passed: 0, soaking: 1, interrupted: 2, unverified: 3 } as const

function sooner(a: Standing, b: Standing): Standing {
  return compare(b, a) < 0 ? b : a
}

function later(a: Standing, b: Standing): Standing {
  return compare(b, a) > 0 ? b : a
}

/** Which passes earlier, by state and then by the end of the soak. */
function compare(a: Standing, b: Standing): number {
  return ranks[a.state] - ranks[b.state] || (a.endsAt ?? 0) - (b.endsAt ?? 0)
}
