import { ClusterConfigKind } from '../core/kinds/cluster-config.ts'
import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { ProjectConfigKind } from '../core/kinds/project-config.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { type Promotion, PromotionKind } from '../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../core/kinds/stage.ts'
import { WarehouseKind } from '../core/kinds/warehouse.ts'
import { listAvailable } from '../core/policy/availability.ts'
import { type FreightExplanation, explainStage } from '../core/policy/explain.ts'
import { effectiveHolds } from '../core/policy/holds.ts'
import { mayPromote } from '../core/policy/may-promote.ts'
import type { StagePolicy } from '../core/policy/policy-facts.ts'
import { stagePolicy } from '../core/policy/stage-policy.ts'
import { type Blocker, describeBlockers } from '../core/policy/verdict.ts'
import type { Holds } from '../core/policy/views.ts'
import { isListable } from './access.ts'
import type { Call } from './operation.ts'
import { listAll } from './watch.ts'

/** What the gate kernel needs to know about one Stage, read from the store. */
interface GateFacts {
  readonly now: number
  readonly policy: StagePolicy
  readonly promotions: readonly Promotion[]
  readonly stages: (name: string) => Stage | undefined
}

async function gatherFacts(call: Call, stage: Stage): Promise<GateFacts> {
  const { store, clock } = call.parts
  const namespace = stage.metadata.namespace ?? ''
  const index = { name: 'stage', key: stage.metadata.name }
  const [stages, promotions, project, projectConfig, clusterConfig] = await Promise.all([
    listAll(store, StageKind, { namespace }),
    listAll(store, PromotionKind, { namespace, index }),
    store.get(ProjectKind, { name: namespace }),
    store.get(ProjectConfigKind, { namespace, name: namespace }),
    store.get(ClusterConfigKind, { name: 'cluster' }),
  ])
  const byName = new Map(stages.map((each) => [each.metadata.name, each]))
  return {
    now: clock.now(),
    policy: stagePolicy(stage, { project, projectConfig, clusterConfig }),
    promotions,
    stages: (name) => byName.get(name),
  }
}

function holdsOf(stage: Stage, { promotions, policy }: GateFacts): Holds {
  return effectiveHolds(stage, promotions, policy.autoPromotionEnabled)
}

/** The Freight that may enter the Stage now, newest first: the kernel's own rule. */
export async function availableFreight(call: Call, stage: Stage): Promise<readonly Freight[]> {
  const facts = await gatherFacts(call, stage)
  const namespace = stage.metadata.namespace ?? ''
  return listAvailable(stage, await listAll(call.parts.store, FreightKind, { namespace }), facts)
}

/** Why a person may not promote this Freight to the Stage now, as sentences; undefined when nothing blocks. */
export async function promotionProblem(
  call: Call,
  stage: Stage,
  freight: Freight,
): Promise<string | undefined> {
  const facts = await gatherFacts(call, stage)
  const holds = holdsOf(stage, facts)
  const verdict = mayPromote({ ...facts, stage, freight, holds, trigger: 'manual', at: 'create' })
  return verdict.allowed ? undefined : describeBlockers(verdict.blockers)
}

/** What the page and `gantry explain` show of one Freight. */
export interface ShownFreight extends FreightExplanation {
  readonly alias: string | undefined
  /** Whether a person may promote it now; if not, `blockers` says why. */
  readonly allowed: boolean
  readonly blockers: readonly Blocker[]
}

export interface ShownExplanation {
  readonly stage: string
  readonly sentences: readonly string[]
  readonly freight: readonly ShownFreight[]
}

/**
 * Everything between Freight and the Stage, each reason as a sentence; only `freight` when one is given. Verdicts name
 * Freight and Promotions: they are for who may list both.
 */
export async function explainInStore(
  call: Call,
  stage: Stage,
  freight: Freight | undefined,
): Promise<ShownExplanation> {
  const { name, namespace } = stage.metadata
  const hidden = await unlistable(call, namespace, [FreightKind, PromotionKind])
  const facts = await gatherFacts(call, stage)
  const [all, warehouses] = await Promise.all([
    listAll(call.parts.store, FreightKind, { namespace }),
    listAll(call.parts.store, WarehouseKind, { namespace }),
  ])
  const names = new Set(warehouses.map(({ metadata }) => metadata.name))
  const explained = explainStage({
    ...facts,
    ...(hidden.includes(PromotionKind.plural) && { promotions: [] }),
    stage,
    freight: all,
    holds: holdsOf(stage, facts),
    only: freight,
    hasWarehouse: (name) => names.has(name),
  })
  if (hidden.length > 0) {
    const why = `${call.actor.id} may not list ${hidden.join(' and ')}: what of them keeps freight from stage ${name} is not shown`
    return { stage: name, sentences: [...explained.sentences, why], freight: [] }
  }
  const aliases = new Map(all.map(({ metadata, alias }) => [metadata.name, alias]))
  return {
    stage: name,
    sentences: explained.sentences,
    freight: explained.freight.map((each) => ({
      ...each,
      alias: aliases.get(each.freight),
      allowed: each.manual.allowed,
      blockers: each.manual.allowed ? [] : each.manual.blockers,
    })),
  }
}

/** Which of these kinds the caller may not list, by plural. */
async function unlistable(
  { parts, actor }: Call,
  namespace: string | undefined,
  kinds: readonly Kind[],
): Promise<readonly string[]> {
  const mayList = await Promise.all(kinds.map((kind) => isListable(parts, actor, kind, namespace)))
  return kinds.filter((_, index) => !mayList[index]).map(({ plural }) => plural)
}
