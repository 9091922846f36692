import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import { isControlFlow, type Stage, StageKind } from '../core/kinds/stage.ts'
import { WarehouseKind } from '../core/kinds/warehouse.ts'
import type { CacheReader, Change } from '../runtime/cache.ts'
import { refOf, wake, type Wake } from '../runtime/controller.ts'
import type { Ref } from '../store.ts'

/** What can open or close a gate of a Stage, whatever its type: Freight, the Stages before it, its Warehouses. */
export const stageWakes: readonly Wake[] = [
  wake(FreightKind, stagesConcernedBy),
  wake(StageKind, (change, cache) =>
    isSameSpec(change)
      ? []
      : downstreamOf(cache, change.object.metadata.namespace, [change.object.metadata.name]),
  ),
  wake(WarehouseKind, ({ type, object }, cache) =>
    type === 'updated' ? [] : requesting(cache, object.metadata.namespace, object.metadata.name),
  ),
]

/** A Promotion came, went, or changed its phase. What its steps do meanwhile does not concern the Stage. */
export const promotionWake = wake(PromotionKind, ({ type, object, old }) =>
  type === 'updated' && old?.status?.phase === object.status?.phase
    ? []
    : [{ namespace: object.metadata.namespace, name: object.spec.stage }],
)

/**
 * The Stages for which a change of a Freight matters: at first all that request its origin, later those whose entries
 * in its status changed and those that take Freight from them.
 */
function stagesConcernedBy(
  { type, object, old }: Change<Freight>,
  cache: CacheReader,
): Iterable<Ref> {
  const { namespace, deletionTimestamp } = object.metadata
  if (
    type !== 'updated' ||
    old === undefined ||
    old.metadata.deletionTimestamp !== deletionTimestamp
  )
    return requesting(cache, namespace, object.origin.name)
  const names = new Set<string>()
  for (const map of ['currentlyIn', 'verifiedIn', 'approvedFor'] as const) {
    const before = old.status?.[map]
    const after = object.status?.[map]
    for (const name of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]))
      if (JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name])) names.add(name)
  }
  const own = [...names].map((name) => ({ namespace, name }))
  return [...own, ...downstreamOf(cache, namespace, [...names])]
}

/** The Stages that request Freight of a Warehouse. */
function requesting(cache: CacheReader, namespace: string | undefined, warehouse: string): Ref[] {
  return cache.list(StageKind, { namespace, index: { name: 'origin', key: warehouse } }).map(refOf)
}

/**
 * The Stages that take Freight from these. A control-flow Stage holds nothing itself, so what changes before it also
 * concerns the Stages behind it.
 */
function downstreamOf(
  cache: CacheReader,
  namespace: string | undefined,
  stages: readonly string[],
): Ref[] {
  const found = new Map<string, Ref>()
  const open = [...stages]
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const stage of cache.list(StageKind, {
      namespace,
      index: { name: 'upstream', key: name },
    })) {
      if (found.has(stage.metadata.name)) continue
      found.set(stage.metadata.name, refOf(stage))
      if (isControlFlow(stage)) open.push(stage.metadata.name)
    }
  return [...found.values()]
}

function isSameSpec({ type, object, old }: Change<Stage>): boolean {
  return (
    type === 'updated' &&
    old?.metadata.generation === object.metadata.generation &&
    old?.metadata.deletionTimestamp === object.metadata.deletionTimestamp
  )
}
