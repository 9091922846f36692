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
    work: () => Promise<T>,
    group?: string,
  ): Promise<T>
  inspect(): readonly SlotUse[]
}

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
    async run(keys, signal, work, group = '') {
      const unique = [...new Set(keys)]
      await acquire(unique, signal, group)
      try {
        return await work()
      } finally {
        release(unique)
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

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new GantryError('Canceled', 'cut off')
}
