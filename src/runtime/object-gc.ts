import { controllerActor } from '../core/actor.ts'
import type { Clock } from '../core/clock.ts'
import { asGantryError, hasCode } from '../core/errors.ts'
import { type Kind, kindKey, type KubeObject, type OwnerReference } from '../core/kinds/kind.ts'
import type { Logger } from '../core/log.ts'
import type { Store } from '../store.ts'
import type { WatchObserver } from './cache.ts'
import { refOf } from './controller.ts'
import { type Dependant, OwnerIndex } from './owner-index.ts'

/**
 * What Kubernetes' garbage collector and namespace controller do, for the home that has none: an object goes when all
 * its owners are gone, and a Namespace that is being deleted takes its contents along. Finalizers are honoured.
 */
export interface ObjectGc {
  /** To be told of every kind that the store keeps: by the cache, which watches them anyway. */
  readonly observer: WatchObserver
  /** Begins to delete. What is observed before counts, too. */
  start(): void
  /** Resolves when nothing is left to be done for now. Work that failed and waits for its next try does not count. */
  idle(): Promise<void>
  stop(): void
}

export interface ObjectGcOptions {
  readonly store: Store
  /** Every kind that the store keeps. Owners of other kinds count as alive. */
  readonly kinds: readonly Kind[]
  readonly clock: Clock
  readonly log: Logger
}

const actor = controllerActor('object-gc')
const retryBaseMs = 500
const retryMaxMs = 60_000
const pageSize = 200

export function createObjectGc(options: ObjectGcOptions): ObjectGc {
  const { kinds, clock, log } = options
  const stopping = new AbortController()
  const collector = new Collector(options)
  /** Names of work, each there once: `owner <key>`, `namespace <name>`. */
  const queue = new Set<string>()
  const failures = new Map<string, number>()
  const unsynced = new Set(kinds.map(kindKey))
  let waiters: (() => void)[] = []
  let isStarted = false
  let isWorking = false

  const add = (item: string): void => {
    queue.add(item)
    void work()
  }

  const work = async (): Promise<void> => {
    if (isWorking || !isStarted) return
    isWorking = true
    for (const item of queue) {
      if (stopping.signal.aborted) break
      queue.delete(item)
      try {
        await collector.run(item)
        failures.delete(item)
      } catch (thrown) {
        retry(item, thrown)
      }
    }
    isWorking = false
    settle()
  }

  const retry = (item: string, thrown: unknown): void => {
    const failed = (failures.get(item) ?? 0) + 1
    failures.set(item, failed)
    log.warn('garbage collection will be tried again', {
      item,
      error: asGantryError(thrown).message,
    })
    clock.after(backoffMs(failed), () => {
      if (!stopping.signal.aborted) add(item)
    })
  }

  const settle = (): void => {
    if (isWorking || queue.size > 0 || unsynced.size > 0) return
    for (const wake of waiters) wake()
    waiters = []
  }

  return {
    observer: {
      changed: (kind, object) => collector.changed(kind, object).forEach(add),
      deleted: (kind, object) => collector.deleted(kind, object).forEach(add),
      listed(kind) {
        unsynced.delete(kindKey(kind))
        if (unsynced.size > 0) return
        for (const item of collector.everything()) queue.add(item)
        void work()
      },
    },
    start() {
      isStarted = true
      void work()
    },
    idle: () =>
      new Promise((resolve) => {
        waiters.push(resolve)
        settle()
      }),
    stop() {
      stopping.abort()
    },
  }
}

/** What to look at, and what to do about it. Decides on live reads only. */
class Collector {
  readonly #store: Store
  readonly #kinds: readonly Kind[]
  readonly #owners = new OwnerIndex()
  readonly #terminating = new Set<string>()

  constructor({ store, kinds }: ObjectGcOptions) {
    this.#store = store
    this.#kinds = kinds
  }

  changed(kind: Kind, object: KubeObject): readonly string[] {
    const items = this.#owners.put(kind, object).map((key) => `owner ${key}`)
    if (!isNamespace(kind) || object.metadata.deletionTimestamp === undefined) return items
    this.#terminating.add(object.metadata.name)
    return [...items, `namespace ${object.metadata.name}`]
  }

  deleted(kind: Kind, object: KubeObject): readonly string[] {
    this.#owners.remove(kind, object.metadata)
    if (isNamespace(kind)) this.#terminating.delete(object.metadata.name)
    const { namespace = '' } = object.metadata
    const emptier = this.#terminating.has(namespace) ? [`namespace ${namespace}`] : []
    return [...this.#owners.keysOf(object).map((key) => `owner ${key}`), ...emptier]
  }

  /** After the lists: deletions may have been missed. */
  everything(): readonly string[] {
    return this.#owners.keys().map((key) => `owner ${key}`)
  }

  async run(item: string): Promise<void> {
    const [sort, key = ''] = item.split(' ', 2)
    if (sort === 'namespace') await this.#emptyNamespace(key)
    else await this.#collect(key)
  }

  async #collect(key: string): Promise<void> {
    const owner = this.#owners.get(key)
    if (owner === undefined || !(await this.#isGone(owner.reference, owner.namespace))) return
    await inBatches([...owner.dependants.values()], (dependant) => this.#collectOne(dependant))
  }

  async #collectOne({ kind, ref }: Dependant): Promise<void> {
    const object = await this.#store.get(kind, ref)
    if (object === undefined) this.#owners.remove(kind, ref)
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return
    const owners = object.metadata.ownerReferences ?? []
    for (const owner of owners) if (!(await this.#isGone(owner, object.metadata.namespace))) return
    if (owners.length > 0) await this.#remove(kind, object)
  }

  /** An owner is gone when nothing of its kind and name has its uid. One of an unknown kind may be anywhere. */
  async #isGone(reference: OwnerReference, namespace: string | undefined): Promise<boolean> {
    const [group = ''] = reference.apiVersion.includes('/') ? reference.apiVersion.split('/') : []
    const kind = this.#kinds.find((one) => one.kind === reference.kind && one.group === group)
    if (kind === undefined) return false
    const { name } = reference
    const ref = kind.namespaced && namespace !== undefined ? { namespace, name } : { name }
    const owner = await this.#store.get(kind, ref)
    return owner === undefined || owner.metadata.uid !== reference.uid
  }

  async #emptyNamespace(name: string): Promise<void> {
    const kind = this.#kinds.find(isNamespace)
    if (kind === undefined) return
    const namespace = await this.#store.get(kind, { name })
    if (namespace?.metadata.deletionTimestamp === undefined) return
    const refusals: unknown[] = []
    for (const each of this.#kinds)
      if (each.namespaced)
        await this.#emptyOf(each, name).catch((thrown: unknown) => refusals.push(thrown))
    // What cannot go yet keeps nothing else.
    if (refusals.length > 0) throw refusals[0]
    await this.#remove(kind, namespace)
  }

  async #emptyOf(kind: Kind, namespace: string): Promise<void> {
    let next: string | undefined
    do {
      const page = await this.#store.list(kind, { namespace, limit: pageSize, continue: next })
      await inBatches(
        page.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
        (object) => this.#remove(kind, object),
      )
      next = page.continue
    } while (next !== undefined)
  }

  /** Deletes exactly this object; somebody else may have been quicker. */
  async #remove(kind: Kind, object: KubeObject): Promise<void> {
    const { uid } = object.metadata
    try {
      await this.#store.delete(kind, refOf(object), { actor, uid })
    } catch (thrown) {
      if (!hasCode(thrown, 'NotFound', 'Conflict')) throw thrown
    }
  }
}

/** Deletions that run at once: enough to share commits, few enough to leave room for others. */
const batchSize = 32

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += batchSize)
    await Promise.all(items.slice(at, at + batchSize).map(work))
}

function backoffMs(failures: number): number {
  return Math.min(retryBaseMs * 2 ** (failures - 1), retryMaxMs)
}

function isNamespace(kind: Kind): boolean {
  return kind.kind === 'Namespace' && kind.group === ''
}
