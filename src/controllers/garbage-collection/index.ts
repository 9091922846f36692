import { asGantryError, type GantryError, hasCode } from '../../core/errors.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import { isProjectNamespace, type Namespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import { isControlFlow, StageKind } from '../../core/kinds/stage.ts'
import {
  collectableFreight,
  collectablePromotions,
  defaultRetention,
  freightInUse,
  type RetentionRules,
} from '../../core/policy/retention.ts'
import {
  type Controller,
  defineController,
  type Phase,
  type ReconcileContext,
  refOf,
} from '../../runtime/controller.ts'

export interface GarbageCollectionOptions {
  /** For each Stage; default Kargo's: twenty, and two weeks. */
  readonly promotions?: RetentionRules | undefined
  /** For each Warehouse; default the same. */
  readonly freight?: RetentionRules | undefined
  /** How often to look; default an hour. */
  readonly intervalMs?: number | undefined
}

/** So many deletions make one pass; what is left comes right after. */
const maxDeletions = 500

/** Deletes Promotions and Freight that nobody needs any more, Project by Project. */
export function garbageCollectionController(
  options: GarbageCollectionOptions = {},
): Controller<Namespace> {
  const { promotions = defaultRetention, freight = defaultRetention } = options
  const { intervalMs = 3_600_000 } = options

  const collectPromotions: Phase<Namespace> = async (ctx) => {
    const namespace = ctx.ref.name
    const old = ctx.cache.list(StageKind, { namespace }).flatMap((stage) => {
      const index = { name: 'stage', key: stage.metadata.name }
      const own = ctx.cache.list(PromotionKind, { namespace, index })
      // A control-flow Stage takes up no Promotion: what is left from before it became one is not waited for.
      const lastNoted = isControlFlow(stage) ? undefined : (stage.status?.lastPromotion?.name ?? '')
      return collectablePromotions(own, promotions, ctx.now, lastNoted)
    })
    return deleteAll(ctx, PromotionKind, old)
  }

  const collectFreight: Phase<Namespace> = async (ctx) => {
    const namespace = ctx.ref.name
    const open = { name: 'terminal', key: 'false' }
    const inUse = freightInUse(
      ctx.cache.list(StageKind, { namespace }),
      ctx.cache.list(PromotionKind, { namespace, index: open }),
    )
    const old = byOrigin(ctx.cache.list(FreightKind, { namespace })).flatMap((each) =>
      collectableFreight(each, inUse, freight, ctx.now),
    )
    return deleteAll(ctx, FreightKind, old)
  }

  return defineController<Namespace>({
    name: 'garbage-collector',
    kind: NamespaceKind,
    selects: isProjectNamespace,
    reads: [StageKind, PromotionKind, FreightKind],
    phases: {
      collectPromotions,
      collectFreight,
      rest: () => Promise.resolve({ requeueAfterMs: intervalMs }),
    },
    // The namespace's status is not ours.
    conclude: () => undefined,
  })
}

/** Freight by Warehouse, those included whose Warehouse is gone. */
function byOrigin(freight: readonly Freight[]): readonly (readonly Freight[])[] {
  return [...Map.groupBy(freight, ({ origin }) => `${origin.kind}/${origin.name}`).values()]
}

async function deleteAll<T extends KubeObject>(
  ctx: ReconcileContext<Namespace>,
  kind: Kind<T>,
  objects: readonly T[],
): Promise<{ requeueAfterMs: number } | undefined> {
  let failure: GantryError | undefined
  // What others still hold is on its way already.
  const whole = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  for (const object of whole.slice(0, maxDeletions)) {
    if (ctx.signal.aborted) throw asGantryError(ctx.signal.reason)
    const { uid, resourceVersion } = object.metadata
    try {
      await ctx.store.delete(kind, refOf(object), { actor: ctx.actor, uid, resourceVersion })
    } catch (thrown) {
      // Gone already, changed meanwhile, or in use after all: not ours to delete now.
      if (!hasCode(thrown, 'NotFound', 'Conflict', 'Forbidden')) failure ??= asGantryError(thrown)
    }
  }
  if (failure !== undefined) throw failure
  return whole.length > maxDeletions ? { requeueAfterMs: 0 } : undefined
}
