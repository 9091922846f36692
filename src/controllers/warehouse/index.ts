import { FreightKind } from '../../core/kinds/freight.ts'
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
import { discover } from './discover.ts'
import { createLookKeeper } from './looks.ts'
import type { WarehouseContext, WarehouseDraft, WarehouseOptions } from './options.ts'
import { say, sayBroken } from './say.ts'
import { readSubscriptions } from './subscriptions.ts'
import { validate } from './validate.ts'

export type { DiscoveryTools, WarehouseOptions } from './options.ts'

/**
 * Looks after Warehouses: looks at what they subscribe to, and makes Freight of what is new. The looks go on beside the
 * queue, so a slow registry delays no other Warehouse; a look that finds nothing new writes nothing.
 */
export function createWarehouseController(options: WarehouseOptions): {
  readonly controller: Controller<Warehouse>
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

  const controller = defineController<Warehouse>({
    name: 'warehouse',
    kind: WarehouseKind,
    ...(options.selects && { selects: options.selects }),
    wakes: [wake(SecretKind, retryRefused)],
    reads: [FreightKind],
    phases: {
      discover: (ctx, draft) => discover(ctx, draft, options, keeper),
      validate,
      checkCriteria,
      async createFreight(ctx, draft) {
        const looks = keeper.find(refKey(ctx.ref))
        if (looks === undefined || !isWanted(ctx, draft)) return undefined
        return createFreight(ctx, draft, readSubscriptions(ctx.object, options.sources), looks)
      },
      settle,
    },
    conclude,
    gone: (ref) => keeper.forget(refKey(ref)),
  })
  return { controller, stop: () => keeper.stop() }
}

function isWanted({ object }: WarehouseContext, draft: WarehouseDraft): boolean {
  const criteria = getCondition(draft, 'FreightCreationCriteriaSatisfied')
  return object.spec.freightCreationPolicy !== 'Manual' && criteria?.status === 'True'
}

async function settle(ctx: WarehouseContext, draft: WarehouseDraft): Promise<undefined> {
  const count = ctx.object.spec.subscriptions.length
  const message = `discovered artifacts from ${count} ${count === 1 ? 'subscription' : 'subscriptions'}`
  deleteCondition(draft, 'Reconciling')
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
