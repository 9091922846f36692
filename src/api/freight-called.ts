import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import type { Store } from '../store.ts'

/**
 * The Freight of this name, else the one of this alias. Rights are about names: an alias may be given to another, so
 * whoever looks Freight up for a caller judges the name of what was found.
 */
export async function freightCalled(
  store: Pick<Store, 'get' | 'list'>,
  namespace: string | undefined,
  nameOrAlias: string,
): Promise<Freight | undefined> {
  const byName = await store.get(FreightKind, { namespace, name: nameOrAlias })
  if (byName !== undefined) return byName
  const index = { name: 'alias', key: nameOrAlias }
  return (await store.list(FreightKind, { namespace, index })).items[0]
}
