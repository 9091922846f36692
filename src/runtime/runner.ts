import type { GantryError } from '../core/errors.ts'
import { type KubeObject, refKey } from '../core/kinds/kind.ts'
import type { Ref } from '../store.ts'
import type { Change } from './cache.ts'
import { type Controller, refOf, type Waiting } from './controller.ts'
import { createQueue, type QueueStats } from './queue.ts'
import { type FrameParts, type Pass, reconcile } from './reconcile.ts'

/** A controller at work: its queue, what wakes it and what its objects wait for. */
export interface Runner {
  readonly controller: Controller
  /** Call it when the cache is synced. */
  start(): void
  /** Every delayed key is due now. */
  hurry(): void
  stop(graceMs: number): Promise<void>
  idle(): Promise<void>
  inspect(): readonly WaitingItem[]
  stats(): RunnerStats
}

/** Something that is not at rest: what it waits for, since when, and when it is looked at again. */
export interface WaitingItem {
  readonly controller: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly state: 'ready' | 'running' | 'delayed' | 'backoff' | 'waiting'
  readonly reasons: readonly WaitingReason[]
  /** Epoch milliseconds. */
  readonly since: number
  /** Epoch milliseconds; absent: as soon as a worker is free, or when something changes. */
  readonly nextLook?: number | undefined
  readonly failures: number
  readonly error?: GantryError | undefined
}

export interface WaitingReason {
  /** Stable, as in `SoakTime`. */
  readonly code: string
  /** A sentence. */
  readonly message: string
  /** Epoch milliseconds. */
  readonly since: number
  /** When it may change by itself, epoch milliseconds. */
  readonly until?: number | undefined
}

export interface RunnerStats extends QueueStats {
  /** Status writes. */
  readonly writes: number
}

/** So many passes in a row that changed their own object are no longer progress. */
const maxSettlingPasses = 20
const unsettledDelayMs = 1000
const unsettledMaxDelayMs = 60_000

export function createRunner(
  controller: Controller,
  parts: FrameParts,
  random?: () => number,
): Runner {
  const { cache, clock } = parts
  const log = parts.log.with({ controller: controller.name })
  const waiting = new Map<string, readonly WaitingReason[]>()
  const ownVersions = new Map<string, string>()
  /** Versions that arrived while a pass over the object ran. */
  const arrivals = new Map<string, string[]>()
  const settling = new Map<string, number>()
  let unlisten: readonly (() => void)[] = []
  let writes = 0

  const work = async (key: string, signal: AbortSignal): Promise<number | undefined> => {
    const versions: string[] = []
    arrivals.set(key, versions)
    let pass: Pass | undefined
    try {
      pass = await reconcile(controller, parts, refOfKey(key), signal)
    } finally {
      arrivals.delete(key)
      if (pass?.ownVersion === undefined) ownVersions.delete(key)
      else ownVersions.set(key, pass.ownVersion)
      // A change by somebody else came while the pass ran, so the pass may not have seen it.
      if (versions.some((version) => version !== pass?.ownVersion)) onUnsettled(key)
      else if (pass?.ownVersion === undefined || pass.error !== undefined) settling.delete(key)
      else onUnsettled(key)
    }
    remember(key, pass.waiting)
    if (pass.wrote) writes += 1
    if (pass.error !== undefined) throw pass.error
    return pass.lookAgainMs
  }

  /** Another pass has to follow: at once, unless that has been going on for a while. */
  const onUnsettled = (key: string): void => {
    const passes = (settling.get(key) ?? 0) + 1
    settling.set(key, passes)
    if (passes <= maxSettlingPasses) {
      queue.add(key)
      return
    }
    log.warn('object does not settle: it changes in every pass', { key, passes })
    const delayMs = unsettledDelayMs * 2 ** Math.min(passes - maxSettlingPasses, 30)
    queue.addAfter(key, Math.min(delayMs, unsettledMaxDelayMs))
  }

  const remember = (key: string, reasons: readonly Waiting[]): void => {
    if (reasons.length === 0) {
      waiting.delete(key)
      return
    }
    const before = waiting.get(key) ?? []
    const now = clock.now()
    waiting.set(
      key,
      reasons.map(({ code, message, since, until }) => ({
        code,
        message,
        ...(until !== undefined && { until }),
        since: since ?? before.find((known) => known.code === code)?.since ?? now,
      })),
    )
  }

  const refOfKey = (key: string): Ref => {
    const slash = key.indexOf('/')
    return controller.kind.namespaced && slash >= 0
      ? { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
      : { name: key }
  }

  /** An object that is not this controller's costs no pass: when that changes, its own change says so. */
  const isOurs = (object: KubeObject): boolean => controller.selects?.(object) !== false

  const enqueue = (ref: Ref, afterMs = 0): void => {
    const object = controller.selects === undefined ? undefined : cache.get(controller.kind, ref)
    if (object === undefined || isOurs(object)) queue.addAfter(refKey(ref), afterMs)
  }

  const forget = (key: string): void => {
    for (const map of [waiting, ownVersions, settling]) map.delete(key)
    queue.forget(key)
  }

  const onOwnChange = ({ type, object }: Change): void => {
    const ref = refOf(object)
    const key = refKey(ref)
    if (type === 'deleted') {
      forget(key)
      controller.gone?.(ref)
      return
    }
    if (!isOurs(object)) {
      forget(key)
      return
    }
    const version = object.metadata.resourceVersion ?? ''
    const during = arrivals.get(key)
    if (during !== undefined) during.push(version)
    else if (ownVersions.get(key) !== version) enqueue(ref)
  }

  const queue = createQueue({
    clock,
    concurrency: controller.concurrency ?? 4,
    deadlineMs: controller.deadlineMs ?? 60_000,
    work,
    random,
    onError: (key, error, retryInMs) => {
      if (error.code === 'Conflict' || error.code === 'Canceled') return
      log.warn('pass failed', { key, code: error.code, error: error.message, retryInMs })
    },
  })

  return {
    controller,
    start() {
      const others = (controller.wakes ?? []).map((wake) =>
        cache.onChange(wake.kind, (change) => {
          try {
            for (const ref of wake.keys(change, cache)) enqueue(ref, wake.afterMs)
          } catch (thrown) {
            log.error('wake failed', { kind: wake.kind.kind, error: String(thrown) })
          }
        }),
      )
      unlisten = [cache.onChange(controller.kind, onOwnChange), ...others]
      controller.connect?.((ref) => enqueue(ref))
      for (const object of cache.list(controller.kind))
        if (isOurs(object)) queue.add(refKey(object.metadata))
    },
    hurry: () => queue.hurry(),
    async stop(graceMs) {
      for (const stop of unlisten) stop()
      await queue.drain(graceMs)
    },
    idle: () => queue.idle(),
    inspect() {
      const items = new Map(queue.inspect().map((item) => [item.key, item]))
      const keys = new Set([...items.keys(), ...waiting.keys()])
      return [...keys].sort().map((key) => {
        const item = items.get(key)
        const reasons = waiting.get(key) ?? []
        return {
          controller: controller.name,
          kind: controller.kind.kind,
          ...refOfKey(key),
          state: item?.state ?? 'waiting',
          reasons,
          since: Math.min(item?.since ?? clock.now(), ...reasons.map(({ since }) => since)),
          nextLook: item?.nextLook,
          failures: item?.failures ?? 0,
          error: item?.error,
        }
      })
    },
    stats: () => ({ ...queue.stats(), writes }),
  }
}
