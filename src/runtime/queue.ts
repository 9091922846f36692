import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { asGantryError, GantryError } from '../core/errors.ts'
import { FairKeys } from './fair-keys.ts'
import { createTimers } from './timers.ts'

/**
 * A keyed work queue. A key is worked on by one worker at a time; adding a key that waits already changes nothing, one
 * that is being worked on makes it run once more. Namespaces take turns. Failures come back with exponential backoff
 * and jitter.
 */
export interface WorkQueue {
  /** Work on this key as soon as a worker is free. */
  add(key: string): void
  /** Look at this key again after a while, unless it is added before; of several delays the soonest holds. */
  addAfter(key: string, delayMs: number): void
  /** Forgets the delay and the failures of a key (its object is gone). Work under way is not touched. */
  forget(key: string): void
  /** Makes every delayed key due now: after a jump of the wall clock all delays are worth nothing. */
  hurry(): void
  /** No new work starts; resolves when the running items have ended, which are cut off after `graceMs`. */
  drain(graceMs: number): Promise<void>
  /** Resolves when nothing is ready or running; delayed keys do not count. */
  idle(): Promise<void>
  /** Every key that is not at rest. */
  inspect(): readonly QueueItem[]
  stats(): QueueStats
}

export interface QueueItem {
  readonly key: string
  readonly state: 'ready' | 'running' | 'delayed' | 'backoff'
  /** Since when it is in this state, epoch milliseconds. */
  readonly since: number
  /** When it is looked at again, epoch milliseconds; absent when that is as soon as a worker is free. */
  readonly nextLook?: number | undefined
  /** Consecutive failures. */
  readonly failures: number
  readonly error?: GantryError | undefined
  /** Running, and past its deadline. */
  readonly overdue?: boolean | undefined
}

export interface QueueStats {
  readonly ready: number
  readonly running: number
  readonly delayed: number
  readonly done: number
  readonly failed: number
  readonly overdue: number
  /** Milliseconds spent working, and the longest single item. */
  readonly busyMs: number
  readonly longestMs: number
}

export interface QueueOptions {
  readonly clock: Clock
  readonly concurrency: number
  /** After this long an item's signal aborts with Timeout, and its slot goes to another key. */
  readonly deadlineMs: number
  /** The work. A rejection is a failure; a number asks to look again after so many milliseconds. */
  readonly work: (key: string, signal: AbortSignal) => Promise<number | undefined>
  readonly onError?: ((key: string, error: GantryError, retryInMs: number) => void) | undefined
  /** 0 <= random() < 1. */
  readonly random?: (() => number) | undefined
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number } | undefined
}

interface Running {
  readonly since: number
  readonly abort: AbortController
  overdue: boolean
  again: boolean
}

interface Failure {
  count: number
  error: GantryError
}

/** So long, in milliseconds, keys are worked on in one go. */
const sliceMs = 10

export function createQueue(options: QueueOptions): WorkQueue {
  const { clock, concurrency, deadlineMs, work } = options
  const random = options.random ?? Math.random
  const { baseMs, maxMs } = options.backoff ?? { baseMs: 250, maxMs: 300_000 }
  const ready = new FairKeys()
  const running = new Map<string, Running>()
  const delayedSince = new Map<string, number>()
  const failures = new Map<string, Failure>()
  const totals = { done: 0, failed: 0, overdue: 0, busyMs: 0, longestMs: 0 }
  let breathedAt = clock.monotonic()
  let slots = concurrency
  let stopped = false
  let waiters: (() => void)[] = []
  const timers = createTimers(clock, (key) => add(key))

  const add = (key: string): void => {
    if (stopped) return
    timers.clear(key)
    delayedSince.delete(key)
    const active = running.get(key)
    if (running.size === 0 && ready.size === 0) breathedAt = clock.monotonic()
    if (active !== undefined) active.again = true
    else ready.add(key, clock.now())
    pump()
  }

  const addAfter = (key: string, delayMs: number): void => {
    if (stopped || ready.has(key)) return
    if (delayMs <= 0) {
      add(key)
      return
    }
    if (!delayedSince.has(key)) delayedSince.set(key, clock.now())
    timers.set(key, clock.monotonic() + delayMs)
  }

  const pump = (): void => {
    while (slots > 0 && !stopped) {
      const next = ready.take()
      if (next === undefined) break
      slots -= 1
      void run(next)
    }
  }

  const run = async (key: string): Promise<void> => {
    const item: Running = {
      since: clock.now(),
      abort: new AbortController(),
      overdue: false,
      again: false,
    }
    running.set(key, item)
    const started = clock.monotonic()
    let holdsSlot = true
    const release = (): void => {
      if (holdsSlot) slots += 1
      holdsSlot = false
    }
    const cancelDeadline = clock.after(deadlineMs, () => {
      item.overdue = true
      totals.overdue += 1
      item.abort.abort(new GantryError('Timeout', `took longer than ${deadlineMs} ms`))
      // Work that ignores its signal keeps its key, but must not starve the other keys.
      release()
      pump()
    })
    let lookAgainMs: number | undefined
    try {
      // Work that only reads never leaves the event loop's turn by itself: others get theirs now and then.
      if (clock.monotonic() - breathedAt >= sliceMs) {
        await setImmediate()
        breathedAt = clock.monotonic()
      }
      lookAgainMs = await work(key, item.abort.signal)
      failures.delete(key)
    } catch (thrown) {
      lookAgainMs = onFailure(key, asGantryError(thrown))
    }
    cancelDeadline()
    release()
    const tookMs = clock.monotonic() - started
    totals.done += 1
    totals.busyMs += tookMs
    totals.longestMs = Math.max(totals.longestMs, tookMs)
    running.delete(key)
    if (item.again) add(key)
    else if (lookAgainMs !== undefined) addAfter(key, lookAgainMs)
    pump()
    if (running.size === 0 && (stopped || ready.size === 0)) {
      for (const wake of waiters) wake()
      waiters = []
    }
  }

  const onFailure = (key: string, error: GantryError): number => {
    const failure = failures.get(key) ?? { count: 0, error }
    failure.count += 1
    failure.error = error
    failures.set(key, failure)
    totals.failed += 1
    const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(failure.count - 1, 30))
    const delayMs = Math.max(error.retryAfterMs ?? 0, Math.round(fullMs * (0.5 + random() / 2)))
    options.onError?.(key, error, delayMs)
    return delayMs
  }

  const idle = async (): Promise<void> => {
    if (running.size === 0 && (stopped || ready.size === 0)) return
    await new Promise<void>((resolve) => waiters.push(resolve))
  }

  return {
    add,
    addAfter,
    forget(key) {
      timers.clear(key)
      delayedSince.delete(key)
      failures.delete(key)
    },
    hurry() {
      for (const key of timers.names()) add(key)
    },
    async drain(graceMs) {
      stopped = true
      ready.clear()
      delayedSince.clear()
      timers.stop()
      const cancel = clock.after(graceMs, () => {
        for (const { abort } of running.values())
          abort.abort(new GantryError('Canceled', 'shutting down'))
      })
      await idle()
      cancel()
    },
    idle,
    inspect() {
      const monotonic = clock.monotonic()
      const now = clock.now()
      const item = (
        key: string,
        state: QueueItem['state'],
        since: number,
        more: Partial<QueueItem> = {},
      ): QueueItem => {
        const failure = failures.get(key)
        return { key, state, since, failures: failure?.count ?? 0, error: failure?.error, ...more }
      }
      return [
        ...[...ready.entries()].map(([key, since]) => item(key, 'ready', since)),
        ...[...running].map(([key, { since, overdue }]) =>
          item(key, 'running', since, { overdue }),
        ),
        ...[...delayedSince].map(([key, since]) =>
          item(key, failures.has(key) ? 'backoff' : 'delayed', since, {
            nextLook: now + Math.max(0, (timers.due(key) ?? monotonic) - monotonic),
          }),
        ),
      ]
    },
    stats: () => ({
      ready: ready.size,
      running: running.size,
      delayed: delayedSince.size,
      ...totals,
    }),
  }
}
