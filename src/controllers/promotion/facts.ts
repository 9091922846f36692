import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { triggerOf } from '../../core/policy/annotations.ts'
import { currentFreightOf } from '../../core/policy/auto-promotion.ts'
import { effectiveHolds } from '../../core/policy/holds.ts'
import type { GateInput } from '../../core/policy/may-promote.ts'
import type { Supported } from '../../core/policy/policy-facts.ts'
import { stagePolicy } from '../../core/policy/stage-policy.ts'
import type { CacheReader } from '../../runtime/cache.ts'
import type { ReconcileContext } from '../../runtime/controller.ts'
import type { Store } from '../../store.ts'

export type PromotionContext = ReconcileContext<Promotion>

/** Reads what a decision about the Promotion is judged on: the objects themselves live, what is around them as cached. */
export interface Live {
  readonly promotion: Promotion | undefined
  readonly stage: Stage | undefined
  readonly freight: Freight | undefined
}

export async function readLive(store: Store, promotion: Promotion): Promise<Live> {
  const { namespace, name, uid } = promotion.metadata
  const { stage, freight } = promotion.spec
  const [self, home, load] = await Promise.all([
    store.get(PromotionKind, { namespace, name }),
    store.get(StageKind, { namespace, name: stage }),
    freight === undefined ? undefined : store.get(FreightKind, { namespace, name: freight }),
  ])
  return {
    promotion: self?.metadata.uid === uid ? self : undefined,
    stage: home !== undefined && isOf(promotion, home) ? home : undefined,
    freight: load,
  }
}

/** A Stage that was deleted and made anew has the name, but is not what the Promotion was made for. */
function isOf({ metadata }: Promotion, stage: Stage): boolean {
  const { uid } = stage.metadata
  const owners = metadata.ownerReferences?.filter(({ kind }) => kind === stage.kind) ?? []
  return owners.length === 0 || owners.some((owner) => owner.uid === uid)
}

/** What the gate kernel is asked with. At the start all gates count, later only whether the Freight may be there at all. */
export async function gateInput(
  parts: { readonly store: Store; readonly cache: CacheReader },
  promotion: Promotion,
  stage: Stage,
  freight: Freight,
  at: 'start' | 'later',
  now: number,
  supports: Supported | undefined,
): Promise<GateInput> {
  const { store, cache } = parts
  const { namespace = '' } = stage.metadata
  const policy = stagePolicy(stage, {
    project: cache.get(ProjectKind, { name: namespace }),
    projectConfig: cache.get(ProjectConfigKind, { namespace, name: namespace }),
    clusterConfig: cache.list(ClusterConfigKind)[0],
  })
  const common = {
    stage,
    freight,
    policy,
    now,
    supports,
    stages: (name: string) => cache.get(StageKind, { namespace, name }),
  }
  if (at === 'later')
    return { ...common, holds: {}, promotions: [], trigger: 'manual', at: 'create' }
  const promotions = await promotionsOf(store, stage)
  const index = { name: 'warehouse', key: freight.origin.name }
  return {
    ...common,
    at: 'start',
    promotion,
    promotions,
    trigger: triggerOf(promotion),
    holds: effectiveHolds(stage, promotions, policy.autoPromotionEnabled),
    currentFreight: currentFreightOf(stage, freight, cache.list(FreightKind, { namespace, index })),
  }
}

/** The Promotions of a Stage as the store has them now. */
async function promotionsOf(store: Store, stage: Stage): Promise<readonly Promotion[]> {
  const { namespace, name } = stage.metadata
  const found: Promotion[] = []
  let next: string | undefined
  do {
    const query = { namespace, index: { name: 'stage', key: name }, limit: 500, continue: next }
    const page = await store.list(PromotionKind, query)
    found.push(...page.items)
    next = page.continue
  } while (next !== undefined)
  return found
}
