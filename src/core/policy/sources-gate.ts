import { toTimestamp } from '../clock.ts'
import { availabilityOf } from './availability.ts'
import type { Availability } from './availability.ts'
import { formatDuration } from '../duration.ts'
import { entry } from './entry.ts'
import { discoveryTime, instantOf } from './instant.ts'
import { freightTitle, originKey } from './origin.ts'
import type { UpstreamState } from './soak.ts'
import type { GateInput, Judgement } from './may-promote.ts'
import type { Blocker, Gate, Proof } from './verdict.ts'
import type { FreightRequestView } from './views.ts'

/** The gates of availability: the Stage asks for the origin, and one of the ways that it allows is open. */
export function judgeSources(input: GateInput): readonly Judgement[] {
  const availability = availabilityOf(input.stage, input.freight, input)
  if (availability.request === undefined) return [notRequested(input)]
  const requested: Gate = {
    gate: 'origin',
    by: 'requested',
    proof: { origin: originKey(input.freight.origin) },
  }
  if (availability.available) return [requested, proofOf(availability)]
  return [requested, explainSources(input, availability)]
}

function proofOf(availability: Extract<Availability, { available: true }>): Gate {
  const { by, request, approvedAt, upstreams } = availability
  const proof: Record<string, Proof> = {}
  if (approvedAt !== undefined) proof['approvedAt'] = approvedAt
  if (by === 'upstream') {
    proof['strategy'] = strategyOf(request)
    if (request.sources.requiredSoakTime !== undefined)
      proof['requiredSoakTime'] = request.sources.requiredSoakTime
    proof['upstreams'] = upstreams.map(upstreamProof)
  }
  return { gate: 'sources', by, proof }
}

function upstreamProof({ stage, verifiedAt, soakedMs }: UpstreamState): Proof {
  return {
    stage,
    ...(verifiedAt !== undefined && { verifiedAt }),
    ...(soakedMs !== undefined && { soakedMs }),
  }
}

function strategyOf(request: FreightRequestView): 'All' | 'OneOf' {
  return request.sources.availabilityStrategy === 'All' ? 'All' : 'OneOf'
}

function notRequested({ stage, freight }: GateInput): readonly Blocker[] {
  const { name } = stage.metadata
  return [
    {
      code: 'NotRequested',
      gate: 'origin',
      subject: `Stage/${name}`,
      message: `stage ${name} does not request freight of ${originKey(freight.origin)}: add it to spec.requestedFreight, or promote freight of an origin that it requests`,
    },
  ]
}

function explainSources(
  input: GateInput,
  availability: Extract<Availability, { available: false; request: FreightRequestView }>,
): readonly Blocker[] {
  const { stage, freight } = input
  const { name } = stage.metadata
  const { request, because, upstreams } = availability
  if (because === 'NoSources')
    return [
      {
        code: 'NotApproved',
        gate: 'sources',
        subject: `Freight/${freight.metadata.name}`,
        message: `stage ${name} names no source for ${originKey(freight.origin)} and ${freightTitle(freight)} is not approved for it: approve it, or set sources.direct or sources.stages`,
      },
    ]
  if (because === 'BadSoakTime')
    return [
      {
        code: 'Invalid',
        gate: 'sources',
        subject: `Stage/${name}`,
        message: `requiredSoakTime "${request.sources.requiredSoakTime ?? ''}" of stage ${name} is not a duration: write it as in 1h30m`,
      },
    ]
  return upstreams
    .filter(({ state }) => state !== 'passed')
    .map((upstream) => upstreamBlocker(input, upstream, request))
}

function upstreamBlocker(
  input: GateInput,
  upstream: UpstreamState,
  request: FreightRequestView,
): Blocker {
  const { stage, freight } = input
  const title = freightTitle(freight)
  const among = describeOthers(request)
  const required = request.sources.requiredSoakTime
  const shared = { gate: 'sources', subject: `Stage/${upstream.stage}` } as const
  if (upstream.endsAt !== undefined)
    return {
      ...shared,
      code: 'Soaking',
      message: `${title} soaks in stage ${upstream.stage} for ${required}, until ${toTimestamp(Math.ceil(upstream.endsAt / 1000) * 1000)}${among}: wait, or approve it for stage ${stage.metadata.name}`,
      since: upstream.since,
      mayChangeAt: upstream.endsAt,
    }
  if (upstream.state === 'interrupted')
    return {
      ...shared,
      code: 'SoakInterrupted',
      message: `${title} stayed in stage ${upstream.stage} for ${formatDuration(upstream.soakedMs ?? 0)} of the required ${required} and is no longer there${among}: promote it there again, or approve it for stage ${stage.metadata.name}`,
      since: upstream.verifiedAt,
    }
  const entered = instantOf(entry(freight.status?.currentlyIn, upstream.stage)?.since)
  const there = entered === undefined ? 'has not been verified' : 'is there but not verified yet'
  const why = whyUnverified(input, upstream.stage)
  return {
    ...shared,
    code: 'NotVerifiedUpstream',
    message: `${title} ${there} in stage ${upstream.stage}${why}${among}: promote it there first, or approve it for stage ${stage.metadata.name}`,
    since: entered ?? discoveryTime(freight),
  }
}

/** Whether the other upstream Stages count as well, as the tail of a sentence. */
function describeOthers(request: FreightRequestView): string {
  if (request.sources.stages?.length === 1) return ''
  return strategyOf(request) === 'All'
    ? ' (all upstream stages are needed)'
    : ' (one upstream stage is enough)'
}

/** What keeps everything from being verified in the Stage, as the tail of a sentence. */
function whyUnverified({ stages, supports }: GateInput, name: string): string {
  const stage = stages(name)
  if (stage === undefined) return ', a stage that does not exist'
  return stage.spec.verification !== undefined && supports?.verification !== true
    ? ', whose verification is not supported yet'
    : ''
}
