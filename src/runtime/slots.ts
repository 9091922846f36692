import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'

/**
 * Bounded slots by key: so many pieces of long work at a time for one remote host, or one credential. A slow host delays
 * nobody who needs another one, and groups take turns, so that whoever asks for much delays the others little.
 */
export interface Slots {
  /**
   * Waits for a slot of each key, runs the work and gives the slots back. Rejects with the signal's reason when it
   * aborts while waiting; afterwards the work has the signal to look after. Within a group who comes first is served
   * first.
   *
   * @param keys - the widest first.
   */
  run<T>(
    keys: readonly string[],
    signal: AbortSignal,
    work: (aside: Aside) => Promise<T>,
    options?: SlotsRunOptions,
  ): Promise<T>
  inspect(): readonly SlotUse[]
}

export interface SlotsRunOptions {
  /** Groups take turns; default: all that name none are one. */
  readonly group?: string | undefined
  /** Which of the slots are given back while the work waits aside; default: all. */
  readonly isLent?: ((key: string) => boolean) | undefined
}

/**
 * Waits for something that is no work, with slots given back meanwhile. Rejects with the reason of the work's signal when
 * that aborts before they are had again.
 */
export type Aside = <T>(wait: () => Promise<T>) => Promise<T>

export interface SlotUse {
  readonly key: string
  readonly limit: number
  readonly active: number
  /** Since when each piece of waiting work waits, epoch milliseconds. */
  readonly waitingSince: readonly number[]
}

export interface SlotsOptions {
  readonly clock: Clock
  /** How many at a time for this key. */
  readonly limit: (key: string) => number
}

interface Waiter {
  readonly keys: readonly string[]
  readonly since: number
  readonly start: () => void
}

export function createSlots({ clock, limit }: SlotsOptions): Slots {
  const active = new Map<string, number>()
  /** Groups with waiting work; the one that was served last is the last. */
  const groups = new Map<string, Set<Waiter>>()

  const isFree = (key: string): boolean => (active.get(key) ?? 0) < Math.max(1, limit(key))
  const take = (keys: readonly string[]): void => {
    for (const key of keys) active.set(key, (active.get(key) ?? 0) + 1)
  }
  const release = (keys: readonly string[]): void => {
    for (const key of keys) {
      const left = (active.get(key) ?? 1) - 1
      if (left === 0) active.delete(key)
      else active.set(key, left)
    }
    while (admitOne());
  }

  /** All keys are taken at once or none, so two waiters can never hold what the other needs. */
  const admitOne = (): boolean => {
    const full = new Set<string>()
    const mayStart = ({ keys }: Waiter): boolean => {
      const blocking = keys.find((key) => full.has(key) || !isFree(key))
      if (blocking !== undefined) full.add(blocking)
      return blocking === undefined
    }
    for (const [group, waiters] of groups) {
      for (const waiter of waiters) {
        if (!mayStart(waiter)) continue
        waiters.delete(waiter)
        groups.delete(group)
        if (waiters.size > 0) groups.set(group, waiters)
        take(waiter.keys)
        waiter.start()
        return true
      }
    }
    return false
  }

  const acquire = async (
    keys: readonly string[],
    signal: AbortSignal,
    group: string,
  ): Promise<void> => {
    if (signal.aborted) throw reasonOf(signal)
    await new Promise<void>((resolve, reject) => {
      const waiters = groups.get(group) ?? new Set()
      groups.set(group, waiters)
      const onAbort = (): void => {
        waiters.delete(waiter)
        if (waiters.size === 0 && groups.get(group) === waiters) groups.delete(group)
        reject(reasonOf(signal))
      }
      const waiter: Waiter = {
        keys,
        since: clock.now(),
        start: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      waiters.add(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
      // Whatever could start has started already, so at most the new one can.
      if (keys.every(isFree)) admitOne()
    })
  }

  return {
    async run(keys, signal, work, { group = '', isLent = () => true } = {}) {
      const unique = [...new Set(keys)]
      const lent = unique.filter(isLent)
      await acquire(unique, signal, group)
      const hold = createHold(
        () => acquire(lent, signal, group),
        () => release(lent),
      )
      try {
        return await work(hold.aside)
      } finally {
        hold.end()
        release(unique.filter((key) => !isLent(key)))
      }
    },
    inspect() {
      const waiting = [...groups.values()].flatMap((waiters) => [...waiters])
      const keys = new Set([...active.keys(), ...waiting.flatMap((waiter) => waiter.keys)])
      return [...keys].sort().map((key) => ({
        key,
        limit: limit(key),
        active: active.get(key) ?? 0,
        waitingSince: waiting
          .filter((waiter) => waiter.keys.includes(key))
          .map(({ since }) => since),
      }))
    },
  }
}

/**
 * Slots that one piece of work holds but while a part of it waits aside. Several parts may: then the slots are had again
 * when the last of them goes on, and those before go on without.
 */
function createHold(
  acquire: () => Promise<void>,
  release: () => void,
): { readonly aside: Aside; end(): void } {
  let isHeld = true
  let isOver = false
  let waiting = 0
  let regaining: Promise<void> | undefined

  const letGo = (): void => {
    if (isHeld) release()
    isHeld = false
  }
  const regain = async (): Promise<void> => {
    try {
      await acquire()
      isHeld = true
      if (isOver || waiting > 0) letGo()
    } finally {
      regaining = undefined
    }
  }
  return {
    async aside(wait) {
      waiting += 1
      if (!isOver) letGo()
      let result
      try {
        result = await wait()
      } finally {
        waiting -= 1
      }
      if (!isHeld && !isOver && waiting === 0) await (regaining ??= regain())
      return result
    },
    end() {
      isOver = true
      letGo()
    },
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new GantryError('Canceled', 'cut off')
}
