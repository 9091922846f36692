import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import type { StagePolicy } from '../../core/policy/policy-facts.ts'
import type { PolicyContext } from '../../core/policy/soak.ts'
import { stagePolicy } from '../../core/policy/stage-policy.ts'
import type { ReconcileContext, StatusOf } from '../../runtime/controller.ts'

export type StageContext = ReconcileContext<Stage>
export type StageDraft = StatusOf<Stage>

/** What the kernel's questions about a Stage are asked with. */
export interface StageFacts extends PolicyContext {
  readonly policy: StagePolicy
  /** The Promotions of the Stage. */
  readonly promotions: readonly Promotion[]
}

const known = new WeakMap<StageContext, StageFacts>()

/** The facts as they are at the beginning of the pass: gathered once for all its phases. */
export function factsOf(ctx: StageContext): StageFacts {
  const found = known.get(ctx)
  if (found !== undefined) return found
  const { cache, object, now } = ctx
  const { namespace = '', name } = object.metadata
  const facts: StageFacts = {
    now,
    stages: (stage) => cache.get(StageKind, { namespace, name: stage }),
    policy: stagePolicy(object, {
      projectConfig: cache.get(ProjectConfigKind, { namespace, name: namespace }),
      clusterConfig: cache.list(ClusterConfigKind)[0],
      project: cache.get(ProjectKind, { name: namespace }),
    }),
    promotions: cache.list(PromotionKind, { namespace, index: { name: 'stage', key: name } }),
  }
  known.set(ctx, facts)
  return facts
}

/** The Stage with its status as drafted so far: what the kernel looks at. */
export function viewOf(ctx: StageContext, draft: StageDraft): Stage {
  return { ...ctx.object, status: draft }
}

/** All Freight of the origins that the Stage requests. */
export function requestedFreight({ cache, object }: StageContext): readonly Freight[] {
  const { namespace } = object.metadata
  const lists = object.spec.requestedFreight.map(({ origin }) =>
    cache.list(FreightKind, { namespace, index: { name: 'warehouse', key: origin.name } }),
  )
  return lists.length === 1 ? (lists[0] ?? []) : lists.flat()
}
