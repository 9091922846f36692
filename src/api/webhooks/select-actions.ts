import { GantryError } from '../../core/errors.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import { isTerminal, type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Warehouse, WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { ReceivedSelection } from '../../receiver.ts'
import type { WebhookParts } from './parts.ts'
import { type Chosen, unique } from './select-targets.ts'

/** The indices that can be asked for, by the name that configurations use. */
const warehouseIndices: ReadonlyMap<string, string> = new Map([['subscribedURLs', 'url']])

/** What any of the selections means, each object once. Throws Invalid for an index that the kind does not have. */
export function selectObjects(
  { objects }: Pick<WebhookParts, 'objects'>,
  selections: readonly ReceivedSelection[],
  project: string | undefined,
): readonly Chosen[] {
  return unique(
    selections.flatMap((selection): Chosen[] => {
      if (selection.kind === 'Promotion') {
        const running = (promotion: Promotion): boolean => !isTerminal(promotion.status?.phase)
        const found = choose(objects, PromotionKind, selection, project, new Map())
        return found.filter(running).map((object) => ({ kind: PromotionKind, object }))
      }
      const found = choose<Warehouse>(objects, WarehouseKind, selection, project, warehouseIndices)
      return found.map((object) => ({ kind: WarehouseKind, object }))
    }),
  )
}

function choose<T extends KubeObject>(
  objects: WebhookParts['objects'],
  kind: Kind<T>,
  { name, labels, indices = [] }: ReceivedSelection,
  namespace: string | undefined,
  known: ReadonlyMap<string, string>,
): readonly T[] {
  const demands = indices.map(({ key, operator, value }) => {
    const index = known.get(key)
    if (index !== undefined) return { index, operator, value }
    throw new GantryError('Invalid', `${kind.plural} have no index ${key}`)
  })
  const equal = demands.find(({ operator }) => operator === 'Equals')
  const index = equal && { name: equal.index, key: equal.value }
  return objects.list(kind, { namespace, labels, index }).filter((object) => {
    if (object.metadata.deletionTimestamp !== undefined) return false
    if (name !== undefined && object.metadata.name !== name) return false
    if (demands.length === 0) return true
    const keys = kind.indexKeys(object)
    return demands.every(
      (demand) =>
        (keys[demand.index] ?? []).includes(demand.value) === (demand.operator === 'Equals'),
    )
  })
}
