import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'

/**
 * Bounded slots by key: so many pieces of long work at a time for one remote host, or one credential. Who comes first
 * is served first, and a slow host delays nobody who needs another one.
 */
export interface Slots {
  /**
   * Waits for a slot of each key, runs the work and gives the slots back. Rejects with the signal's reason when it
   * aborts while waiting; afterwards the work has the signal to look after.
   */
  run<T>(keys: readonly string[], signal: AbortSignal, work: () => Promise<T>): Promise<T>
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
  const waiting = new Set<Waiter>()

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
    admitWaiting()
  }
  const admitWaiting = (): void => {
    // All keys are taken at once or none, so two waiters can never hold what the other needs.
    const passedOver = new Set<string>()
    for (const waiter of waiting) {
      const mayStart = waiter.keys.every((key) => isFree(key) && !passedOver.has(key))
      if (mayStart) {
        waiting.delete(waiter)
        take(waiter.keys)
        waiter.start()
      } else for (const key of waiter.keys) passedOver.add(key)
    }
  }

  const acquire = async (keys: readonly string[], signal: AbortSignal): Promise<void> => {
    if (signal.aborted) throw reasonOf(signal)
    const isTaken = [...waiting].some((other) => other.keys.some((key) => keys.includes(key)))
    if (!isTaken && keys.every(isFree)) {
      take(keys)
      return
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        waiting.delete(waiter)
        reject(reasonOf(signal))
        admitWaiting()
      }
      const waiter: Waiter = {
        keys,
        since: clock.now(),
        start: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      waiting.add(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  return {
    async run(keys, signal, work) {
      const unique = [...new Set(keys)]
      await acquire(unique, signal)
      try {
        return await work()
      } finally {
        release(unique)
      }
    },
    inspect() {
      const keys = new Set([...active.keys(), ...[...waiting].flatMap((waiter) => waiter.keys)])
      return [...keys].sort().map((key) => ({
        key,
        limit: limit(key),
        active: active.get(key) ?? 0,
        waitingSince: [...waiting]
          .filter((waiter) => waiter.keys.includes(key))
          .map(({ since }) => since),
      }))
    },
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new GantryError('Canceled', 'cut off')
}
