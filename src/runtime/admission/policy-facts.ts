import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import type { FreightOrigin } from '../../core/kinds/artifacts.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { candidateFor } from '../../core/policy/auto-promotion.ts'
import { effectiveHolds } from '../../core/policy/holds.ts'
import { currentReference, isControlFlow, requestFor } from '../../core/policy/origin.ts'
import type { StagePolicy } from '../../core/policy/policy-facts.ts'
import type { PolicyContext } from '../../core/policy/soak.ts'
import { stagePolicy } from '../../core/policy/stage-policy.ts'
import type { Holds } from '../../core/policy/views.ts'
import type { StoreReader } from '../../store.ts'
import type { Write } from './parts.ts'

/** What the gate kernel wants to know about a Stage, read within the write's transaction. */
export interface PolicyFacts extends PolicyContext {
  readonly policy: StagePolicy
  readonly holds: Holds
  /** Of this Stage. */
  readonly promotions: readonly Promotion[]
}

export async function readPolicyFacts(
  { reader, parts }: Pick<Write, 'reader' | 'parts'>,
  stage: Stage,
): Promise<PolicyFacts> {
  const { name, namespace = '' } = stage.metadata
  const policy = stagePolicy(stage, {
    projectConfig: await reader.get(ProjectConfigKind, { namespace, name: namespace }),
    clusterConfig: await reader.get(ClusterConfigKind, { name: 'cluster' }),
    project: await reader.get(ProjectKind, { name: namespace }),
  })
  const index = { name: 'stage', key: name }
  const { items: promotions } = await reader.list(PromotionKind, { namespace, index })
  const upstream = await readUpstream(stage, reader)
  return {
    now: parts.clock.now(),
    stages: (upstreamName) => upstream.get(upstreamName),
    policy,
    promotions,
    holds: effectiveHolds(stage, promotions, policy.autoPromotionEnabled),
  }
}

/** What automatic promotion would take of an origin now. */
export async function readCandidate(
  reader: StoreReader,
  stage: Stage,
  origin: FreightOrigin,
  facts: PolicyFacts,
): Promise<Freight | undefined> {
  const request = requestFor(stage, origin)
  if (request === undefined) return undefined
  const { namespace } = stage.metadata
  const index = { name: 'warehouse', key: origin.name }
  const { items } = await reader.list(FreightKind, { namespace, index })
  return candidateFor(stage, request, items, facts)
}

/** The Freight of this origin that the Stage is at, if it still exists. */
export async function readCurrentFreight(
  reader: StoreReader,
  stage: Stage,
  origin: FreightOrigin,
): Promise<Freight | undefined> {
  const current = currentReference(stage, origin)
  if (current === undefined) return undefined
  return reader.get(FreightKind, { namespace: stage.metadata.namespace, name: current.name })
}

/** The greatest name that a Promotion of the Stage ever had, as far as is known. */
export function lastPromotionName(stage: Stage, { promotions }: PolicyFacts): string | undefined {
  const { currentPromotion, lastPromotion } = stage.status ?? {}
  const names = [
    ...promotions.map(({ metadata }) => metadata.name),
    currentPromotion?.name ?? '',
    lastPromotion?.name ?? '',
  ]
  return names.reduce((greatest, name) => (name > greatest ? name : greatest), '')
}

/** Stages looked at before the search is given up. */
const maxStages = 1000

/** The upstream Stages, and those behind the ones among them that Freight only passes through. */
async function readUpstream(
  stage: Stage,
  reader: StoreReader,
): Promise<ReadonlyMap<string, Stage>> {
  const { namespace } = stage.metadata
  const found = new Map<string, Stage>([[stage.metadata.name, stage]])
  const waiting: Stage[] = [stage]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of next.spec.requestedFreight.flatMap(({ sources }) => sources.stages ?? [])) {
      if (found.has(name) || found.size >= maxStages) continue
      const upstream = await reader.get(StageKind, { namespace, name })
      if (upstream === undefined) continue
      found.set(name, upstream)
      if (isControlFlow(upstream)) waiting.push(upstream)
    }
  }
  return found
}
