import { type ConfigMap, ConfigMapKind } from '../core/kinds/config-map.ts'
import { type Freight, FreightKind } from '../core/kinds/freight.ts'
import type { Column, Kind, KubeObject } from '../core/kinds/kind.ts'
import { annotations, labels } from '../core/kinds/labels.ts'

/** What `get` shows of objects, between their name and their age. */
export interface Table<T extends KubeObject = KubeObject> {
  readonly namespaced: boolean
  readonly columns: readonly Column<T>[]
  /** Since when it is there; absent: since it was made. */
  since?(object: T): string | undefined
}

export function descriptionOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[annotations.description]
}

const freight: Table<Freight> = {
  namespaced: true,
  columns: [
    { name: 'Alias', value: ({ metadata }) => metadata.labels?.[labels.alias] },
    { name: 'Origin', value: ({ origin }) => `${origin.kind}/${origin.name}` },
  ],
  since: ({ discoveredAt, metadata }) => discoveredAt ?? metadata.creationTimestamp,
}

const configMap: Table<ConfigMap> = {
  namespaced: true,
  columns: [
    { name: 'Description', value: descriptionOf },
    { name: 'Keys', value: ({ data }) => Object.keys(data ?? {}).length },
  ],
}

export const configMapTable: Table = configMap

/** Where the commands show other columns than Kubernetes. */
const tables = new Map<Kind, Table>([
  [FreightKind, freight],
  [ConfigMapKind, configMap],
])

export function tableOf(kind: Kind): Table {
  return tables.get(kind) ?? kind
}
