import { setImmediate } from 'node:timers/promises'
import { type Clock, sleep } from '../core/clock.ts'
import { asGantryError, GantryError, hasCode } from '../core/errors.ts'
import { type Kind, kindKey, type KubeObject, refKey } from '../core/kinds/kind.ts'
import type { Logger } from '../core/log.ts'
import type { Ref, Store } from '../store.ts'
import type { Slim } from './controller.ts'
import { type CacheQuery, CacheTable, type ChangeListener } from './cache-table.ts'

export type { Change } from './cache-table.ts'

/** The reading half: what phases and wakes get. Everything it returns is frozen. */
export interface CacheReader {
  /** The object as the cache knows it. */
  get<T extends KubeObject>(kind: Kind<T>, ref: Ref): T | undefined
  /** Objects sorted by namespace and name. The array is never changed afterwards. */
  list<T extends KubeObject>(kind: Kind<T>, query?: CacheQuery): readonly T[]
  /** The object as the store has it now: for decisions that cannot be taken back. */
  getLive<T extends KubeObject>(kind: Kind<T>, ref: Ref): Promise<T | undefined>
}

/**
 * One frozen, indexed copy of every cached kind, fed by `store.watch`. It may lag behind the store by an event or two;
 * it never goes backwards.
 */
export interface Cache extends CacheReader {
  /** Starts to watch. Ends with `stop`. */
  start(): void
  /** Calls the listener after each change of the kind, in order. Returns how to stop that. */
  onChange<T extends KubeObject>(kind: Kind<T>, listener: ChangeListener<T>): () => void
  /** Resolves when every kind has been listed once. Rejects when the cache is stopped before. */
  synced(): Promise<void>
  /**
   * Takes the answer of a compare-and-swap write at once, so that the writer's next look sees it: only when the cache
   * still holds the version that the write replaced, otherwise the watch has to bring it. Says whether the written
   * version is held now.
   */
  observe<T extends KubeObject>(kind: Kind<T>, replaced: string | undefined, written: T): boolean
  stop(): Promise<void>
}

/** Is told what the watches bring, whole and in order, whatever the cache keeps of it. */
export interface WatchObserver {
  changed(kind: Kind, object: KubeObject): void
  deleted(kind: Kind, object: KubeObject): void
  /** Everything there is of the kind was told: at the start, and again when the watch had to begin anew. */
  listed(kind: Kind): void
}

export interface CacheOptions {
  readonly store: Store
  readonly kinds: readonly Kind[]
  readonly clock: Clock
  readonly log: Logger
  /** What not to hold of objects of some kinds. */
  readonly slims?: readonly Pick<Slim, 'kind' | 'keep'>[] | undefined
  readonly observer?: WatchObserver | undefined
}

/** So many changes are taken in before others get their turn of the event loop. */
const changesPerTurn = 1000
const retryBaseMs = 100
const retryMaxMs = 30_000

export function createCache(options: CacheOptions): Cache {
  const { store, kinds, slims = [] } = options
  const tables = new Map<string, CacheTable<KubeObject>>()
  for (const kind of kinds) {
    const slim = slims.find((each) => kindKey(each.kind) === kindKey(kind))
    tables.set(kindKey(kind), new CacheTable(kind, slim && ((object) => slim.keep(object))))
  }
  const stopping = new AbortController()
  const ready = new Map([...tables.keys()].map((name) => [name, Promise.withResolvers<void>()]))
  for (const { promise } of ready.values()) promise.catch(() => undefined)
  let loops: readonly Promise<void>[] = []

  // Tables are filed under their kind's key, so a table found for Kind<T> holds T.
  const table = <T extends KubeObject>(kind: Kind<T>): CacheTable<T> => {
    const found = tables.get(kindKey(kind))
    if (found === undefined) throw new GantryError('Internal', `kind ${kind.kind} is not cached`)
    return found as unknown as CacheTable<T>
  }

  return {
    start() {
      loops = [...tables.entries()].map(([name, target]) =>
        feed(options, target, () => ready.get(name)?.resolve(), stopping.signal),
      )
    },
    get: (kind, ref) => table(kind).get(ref),
    list: (kind, query = {}) => table(kind).list(query),
    getLive: (kind, ref) => store.get(kind, ref),
    onChange: (kind, listener) => table(kind).listen(listener),
    async synced() {
      await Promise.all([...ready.values()].map(({ promise }) => promise))
    },
    observe: (kind, replaced, written) => table(kind).observe(replaced, written),
    async stop() {
      stopping.abort(new GantryError('Canceled', 'the cache was stopped'))
      for (const { reject } of ready.values()) reject(stopping.signal.reason)
      await Promise.allSettled(loops)
    },
  }
}

/** Keeps one table in step with the store until the signal aborts: resumes after errors, lists anew when Expired. */
async function feed(
  { store, clock, log, observer }: CacheOptions,
  table: CacheTable<KubeObject>,
  onListed: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { kind } = table
  let resourceVersion: string | undefined
  let failures = 0
  let changes = 0
  while (!signal.aborted) {
    try {
      // A list into an empty table, as every start makes one, leaves nothing to be forgotten.
      const isRelisting = resourceVersion === undefined && table.size > 0
      const seen = isRelisting ? new Set<string>() : undefined
      for await (const event of store.watch(kind, { resourceVersion }, signal)) {
        failures = 0
        if (event.type === 'BOOKMARK') {
          if (resourceVersion === undefined) {
            if (seen !== undefined) forgetUnseen(table, seen)
            observer?.listed(kind)
          }
          onListed()
          resourceVersion = event.resourceVersion
          continue
        }
        if (++changes % changesPerTurn === 0) await setImmediate()
        const key = refKey(event.object.metadata)
        if (event.type === 'DELETED') {
          table.remove(key, event.object)
          observer?.deleted(kind, event.object)
        } else {
          table.apply(event.object)
          observer?.changed(kind, event.object)
        }
        // Until the list is complete a resume would miss what was deleted meanwhile.
        if (resourceVersion === undefined) seen?.add(key)
        else resourceVersion = event.resourceVersion
      }
      failures += 1
    } catch (thrown) {
      if (signal.aborted) return
      if (hasCode(thrown, 'Expired')) resourceVersion = undefined
      failures += 1
      // A store that has failed says so itself, once.
      const level = hasCode(thrown, 'Unavailable') ? 'debug' : 'warn'
      log[level]('watch interrupted', {
        kind: kind.kind,
        error: asGantryError(thrown).message,
      })
    }
    if (failures > 0)
      await sleep(clock, Math.min(retryBaseMs * 2 ** (failures - 1), retryMaxMs), signal).catch(
        () => undefined,
      )
  }
}

function forgetUnseen(table: CacheTable<KubeObject>, seen: ReadonlySet<string>): void {
  for (const key of table.keys()) if (!seen.has(key)) table.remove(key)
}
