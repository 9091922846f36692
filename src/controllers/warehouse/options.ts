import type { Clock } from '../../core/clock.ts'
import type { Warehouse } from '../../core/kinds/warehouse.ts'
import type { ReconcileContext, StatusOf } from '../../runtime/controller.ts'
import type { Source, SourceContext } from '../../source.ts'

export type WarehouseContext = ReconcileContext<Warehouse>
export type WarehouseDraft = StatusOf<Warehouse>

/** What every discovery may use; who it is for and until when is added for each. */
export type DiscoveryTools = Pick<
  SourceContext,
  'credentials' | 'http' | 'mirrors' | 'registries' | 'documents' | 'cache' | 'settings'
>

export interface WarehouseOptions {
  readonly clock: Clock
  readonly sources: readonly Source[]
  readonly tools: DiscoveryTools
  /** The namespace whose credentials every Project may use. */
  readonly sharedNamespace?: string | undefined
  /** No Warehouse looks more often than this by itself, milliseconds; default 0. */
  readonly minIntervalMs?: number | undefined
  /** Remotes looked at at a time, over all and on one host; default 64 and 8. A Project has at most half of each. */
  readonly maxDiscoveries?: number | undefined
  readonly maxPerHost?: number | undefined
  /** One look at one subscription may take so long, milliseconds; default 10 minutes. */
  readonly discoveryTimeoutMs?: number | undefined
  /** Spreads the looks of many Warehouses: 0 <= random() < 1. */
  readonly random?: (() => number) | undefined
  /** Masks secrets in what remotes answer, before it is kept, shown or written; default: nothing is masked. */
  readonly redact?: ((text: string) => string) | undefined
  /** Whether this controller looks after the Warehouse at all. */
  selects?(warehouse: Warehouse): boolean
}
