import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { refKey } from '../../core/kinds/kind.ts'
import { labels } from '../../core/kinds/labels.ts'
import { type Secret, SecretKind } from '../../core/kinds/secret.ts'
import { type Warehouse, WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { CacheReader, Change } from '../../runtime/cache.ts'
import { deleteCondition, getCondition } from '../../runtime/conditions.ts'
import {
  type Controller,
  defineController,
  type PassOutcome,
  refOf,
  wake,
} from '../../runtime/controller.ts'
import type { Ref } from '../../store.ts'
import { checkCriteria } from './check-criteria.ts'
import { createFreight } from './create-freight.ts'
import type { DiscoveryView } from '../../core/policy/discovery-view.ts'
import { describeDiscovery } from './describe.ts'
import { discover } from './discover.ts'
import { createLookKeeper, type LookKeeper } from './looks.ts'
import type { WarehouseContext, WarehouseDraft, WarehouseOptions } from './options.ts'
import { say, sayBroken } from './say.ts'
import { staleSentence } from './stale-sentence.ts'
import { readSubscriptions } from './subscriptions.ts'
import { validate } from './validate.ts'

/**
 * Looks after Warehouses: looks at what they subscribe to, and makes Freight of what is new. The looks go on beside the
 * queue, so a slow registry delays no other Warehouse; a look that finds nothing new writes nothing.
 */
export function createWarehouseController(options: WarehouseOptions): {
  readonly controller: Controller<Warehouse>
  /** What is known of each subscription: volatile facts, from memory. */
  discovery(warehouse: Warehouse): DiscoveryView
  /** Cuts off every look and waits for that. */
  stop(): Promise<void>
} {
  const keeper = createLookKeeper(options, options.clock)

  /** A Secret that came or changed may be what a refused look was missing. */
  const retryRefused = ({ object }: Change<Secret>, cache: CacheReader): Ref[] => {
    if (object.metadata.labels?.[labels.credType] === undefined) return []
    const { namespace } = object.metadata
    const isShared = namespace === options.sharedNamespace
    return cache
      .list(WarehouseKind, isShared ? {} : { namespace })
      .map(refOf)
      .filter((ref) => keeper.hasten(refKey(ref), ['Unauthorized', 'Forbidden', 'NotFound']))
  }

  /** Freight that was refused for being a step backwards, and that somebody has made now. */
  const acceptRefused = ({ type, object }: Change<Freight>, cache: CacheReader): Ref[] => {
    const at = { namespace: object.metadata.namespace, name: object.origin.name }
    const isRefused =
      type !== 'deleted' &&
      cache.get(WarehouseKind, at)?.status?.gantry?.refusedFreight === object.metadata.name
    return isRefused ? [at] : []
  }

  const controller = defineController<Warehouse>({
    name: 'warehouse',
    kind: WarehouseKind,
    ...(options.selects && { selects: options.selects }),
    wakes: [wake(SecretKind, retryRefused), wake(FreightKind, acceptRefused)],
    phases: {
      discover: (ctx, draft) => discover(ctx, draft, options, keeper),
      validate,
      checkCriteria,
      async createFreight(ctx, draft) {
        const looks = keeper.find(refKey(ctx.ref))
        if (looks === undefined || !isWanted(ctx, draft)) return undefined
        return createFreight(ctx, draft, readSubscriptions(ctx.object, options.sources), looks)
      },
      settle: (ctx, draft) => settle(ctx, draft, options, keeper),
    },
    conclude,
    connect: (wake) => keeper.onEnd(wake),
    gone: (ref) => keeper.forget(refKey(ref)),
  })
  return {
    controller,
    discovery(warehouse) {
      const entries = readSubscriptions(warehouse, options.sources)
      const looks = keeper.find(refKey(refOf(warehouse)))
      return describeDiscovery(warehouse, entries, looks, options.clock)
    },
    stop: () => keeper.stop(),
  }
}

function isWanted({ object }: WarehouseContext, draft: WarehouseDraft): boolean {
  const criteria = getCondition(draft, 'FreightCreationCriteriaSatisfied')
  return object.spec.freightCreationPolicy !== 'Manual' && criteria?.status === 'True'
}

async function settle(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  options: WarehouseOptions,
  keeper: LookKeeper,
): Promise<undefined> {
  const count = ctx.object.spec.subscriptions.length
  const looks = keeper.find(refKey(ctx.ref))
  const stale = looks && staleSentence(readSubscriptions(ctx.object, options.sources), looks)
  const message = `discovered artifacts from ${count} ${count === 1 ? 'subscription' : 'subscriptions'}`
  deleteCondition(draft, 'Reconciling')
  if (stale) {
    const errors = draft.gantry?.subscriptionErrors ?? []
    const why = errors.map((error) => error.message).join('; ')
    say(ctx, draft, 'Healthy', { status: 'False', reason: 'DiscoveryFailed', message: why })
    const text = `${message}, of ${stale}, which cannot be read now`
    say(ctx, draft, 'Ready', { status: 'True', reason: 'StaleArtifacts', message: text })
    return
  }
  say(ctx, draft, 'Healthy', { status: 'True', reason: 'ReconciliationSucceeded', message })
  say(ctx, draft, 'Ready', { status: 'True', reason: 'ArtifactsDiscovered', message })
}

function conclude(ctx: WarehouseContext, draft: WarehouseDraft, outcome: PassOutcome): void {
  const { error, failedPhase } = outcome
  if (error === undefined) return
  const { code, message } = error
  const isBuild = failedPhase === 'createFreight'
  sayBroken(ctx, draft, {
    healthy: isBuild ? 'FreightBuildFailure' : code,
    ready: isBuild ? 'FreightCreationFailure' : code,
    message,
  })
}
