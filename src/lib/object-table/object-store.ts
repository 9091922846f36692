import type { Clock } from '../../core/clock.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type {
  Admission,
  DeleteOptions,
  Ref,
  Store,
  WatchEvent,
  WatchQuery,
  WriteOptions,
} from '../../store.ts'
import { openAdmission } from './admit.ts'
import { expired } from './change-log.ts'
import { planDelete, planPatch, planStatus, planStatusPatch, planUpdate } from './change.ts'
import { planCreate, type WriteContext } from './create.ts'
import { typed } from './entry.ts'
import { Ledger } from './ledger.ts'
import { parseVersion } from './page.ts'
import type { Persistence } from './persistence.ts'
import { committedReader, headReader } from './reader.ts'
import type { Tables } from './tables.ts'
import { watchChanges } from './watch.ts'

export interface ObjectStoreOptions {
  /** Loaded with whatever there is already. */
  readonly tables: Tables
  /** The last version given out before. */
  readonly startSeq: number
  readonly persistence: Persistence
  readonly clock: Clock
  /** Default: everything is let in as it is. */
  readonly admission?: Admission | undefined
  /** Refuse objects whose Namespace does not exist; default false. One that is being deleted always refuses. */
  readonly requireNamespaces?: boolean | undefined
  /** How many changes of a kind a watcher may be behind, at least; default 4096. */
  readonly changeLogCapacity?: number | undefined
}

const defaultChangeLogCapacity = 4096

/**
 * A Store over tables in memory and a persistence that makes its writes last: the one implementation of Kubernetes'
 * object semantics, whatever is underneath.
 */
export function createObjectStore(options: ObjectStoreOptions): Store {
  const { tables, startSeq, persistence, clock } = options
  const capacity = options.changeLogCapacity ?? defaultChangeLogCapacity
  const ledger = new Ledger(tables, persistence, startSeq, capacity)
  const reader = committedReader(ledger)
  const context: WriteContext = {
    ledger,
    reader: headReader(ledger),
    admission: options.admission ?? openAdmission,
    clock,
    requireNamespaces: options.requireNamespaces ?? false,
  }

  return {
    get: reader.get,
    list: reader.list,
    async create<T extends KubeObject>(kind: Kind<T>, object: T, write: WriteOptions) {
      return typed(kind, await ledger.write(() => planCreate(context, kind, object, write)))
    },
    async update<T extends KubeObject>(kind: Kind<T>, object: T, write: WriteOptions) {
      return typed(kind, await ledger.write(() => planUpdate(context, kind, object, write)))
    },
    async updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, write: WriteOptions) {
      return typed(kind, await ledger.write(() => planStatus(context, kind, object, write)))
    },
    async patch<T extends KubeObject>(
      kind: Kind<T>,
      ref: Ref,
      patch: JsonObject,
      write: WriteOptions,
    ) {
      return typed(kind, await ledger.write(() => planPatch(context, kind, ref, patch, write)))
    },
    async patchStatus<T extends KubeObject>(
      kind: Kind<T>,
      ref: Ref,
      patch: JsonObject,
      write: WriteOptions,
    ) {
      return typed(
        kind,
        await ledger.write(() => planStatusPatch(context, kind, ref, patch, write)),
      )
    },
    delete: (kind: Kind, ref: Ref, write: DeleteOptions) =>
      ledger.write(() => planDelete(context, kind, ref, write)),
    watch: <T extends KubeObject>(kind: Kind<T>, query: WatchQuery, signal: AbortSignal) =>
      watch(ledger, kind, query, signal),
    failed: ledger.failed,
    close: () => ledger.close(),
  }
}

/** Settles where the watch starts when it is asked for, not when its first event is. */
function watch<T extends KubeObject>(
  ledger: Ledger,
  kind: Kind<T>,
  query: WatchQuery,
  signal: AbortSignal,
): AsyncIterable<WatchEvent<T>> {
  try {
    ledger.assertOpen()
    const table = ledger.tables.of(kind)
    const log = ledger.log(table)
    const namespace = kind.namespaced && query.namespace !== '' ? query.namespace : undefined
    const { resourceVersion } = query
    const isResumed = resourceVersion !== undefined && resourceVersion !== ''
    const seq = isResumed ? parseVersion(resourceVersion) : ledger.committedSeq
    const source = {
      log,
      committed: () => ledger.committedSeq,
      isEnded: () => ledger.isEnded(),
    }
    if (seq > ledger.committedSeq) throw expired(seq)
    const start = {
      namespace,
      initial: isResumed ? undefined : [...table.select({ namespace })],
      seq,
      position: isResumed ? log.positionAfter(seq) : log.end,
    }
    return watchChanges(kind, source, start, signal)
  } catch (thrown) {
    return failing(thrown)
  }
}

// oxlint-disable-next-line require-yield -- an iterable whose first step fails is all that it is
async function* failing(thrown: unknown): AsyncGenerator<never> {
  throw thrown
}
