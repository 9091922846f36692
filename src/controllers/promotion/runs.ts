import type { Clock } from '../../core/clock.ts'
import { asGantryError, GantryError } from '../../core/errors.ts'
import type { RunResult } from '../../engine/promotion.ts'
import type { RunControl } from '../../engine/perform-step.ts'
import { createSlots } from '../../runtime/slots.ts'

/** The runs under way: long work beside the queue, which only starts and observes it. */
export interface Runs {
  /** The run of this key, when one is under way. */
  find(key: string): ActiveRun | undefined
  /**
   * Starts work as soon as there is a slot. Only when nothing runs under the key. `refresh`: the refresh that it is to
   * answer, empty when it is none.
   */
  start(
    key: string,
    uid: string,
    refresh: string,
    work: (control: RunControl) => Promise<RunResult>,
  ): void
  /** The refresh that the last run under the key was started with. */
  refreshOf(key: string): string | undefined
  /** Takes back a run that has no slot yet. False when it has one, and so may have begun. */
  takeBack(key: string, reason: GantryError): boolean
  /** What the last run of this very Promotion came to; asking for it takes it away when it was an error. */
  last(key: string, uid: string): RunResult | GantryError | undefined
  /** Forgets what is known of the key, and cuts off its run. Returns the uid it was for, and when that has ended. */
  forget(key: string): { readonly uid: string; readonly ended: Promise<void> } | undefined
  /** Cuts every run off and waits for all of them. */
  stop(): Promise<void>
}

export interface ActiveRun {
  readonly uid: string
  readonly refresh: string
  /** Whether it has a slot yet. */
  readonly isWaiting: boolean
  /** Epoch milliseconds. */
  readonly since: number
  /** Ends the Promotion, without a slot when it has none; the error's message says who wants it. */
  abort(reason: GantryError): void
}

interface Entry extends ActiveRun {
  isWaiting: boolean
  readonly leave: AbortController
  readonly done: Promise<void>
}

interface Result {
  readonly uid: string
  readonly refresh: string
  readonly result: RunResult | GantryError
}

export function createRuns(clock: Clock, maxRuns: number): Runs {
  const slots = createSlots({ clock, limit: () => maxRuns })
  const active = new Map<string, Entry>()
  const results = new Map<string, Result>()
  let isStopping = false

  return {
    find: (key) => active.get(key),
    refreshOf: (key) => (active.get(key) ?? results.get(key))?.refresh,
    start(key, uid, refresh, work) {
      if (isStopping || active.has(key)) return
      const leave = new AbortController()
      const abort = new AbortController()
      const control: RunControl = { shutdown: leave.signal, abort: abort.signal }
      const begin = (): Promise<RunResult> => {
        entry.isWaiting = false
        return work(control)
      }
      const inSlot = async (): Promise<RunResult> => {
        const waits = AbortSignal.any([leave.signal, abort.signal])
        try {
          return await slots.run(['promotion'], waits, begin)
        } catch (thrown) {
          // To end it takes no slot.
          if (!entry.isWaiting || leave.signal.aborted || !abort.signal.aborted) throw thrown
          return begin()
        }
      }
      const run = async (): Promise<void> => {
        try {
          results.set(key, { uid, refresh, result: await inSlot() })
        } catch (thrown) {
          results.set(key, { uid, refresh, result: asGantryError(thrown) })
        } finally {
          active.delete(key)
        }
      }
      results.delete(key)
      const started = Promise.withResolvers<void>()
      const entry: Entry = {
        uid,
        refresh,
        isWaiting: true,
        since: clock.now(),
        leave,
        abort: (reason) => abort.abort(reason),
        done: started.promise.then(run),
      }
      active.set(key, entry)
      started.resolve()
    },
    takeBack(key, reason) {
      const entry = active.get(key)
      if (entry?.isWaiting !== true) return false
      entry.leave.abort(reason)
      return true
    },
    last(key, uid) {
      const kept = results.get(key)
      const found = kept?.uid === uid ? kept.result : undefined
      if (found instanceof GantryError) results.delete(key)
      return found
    },
    forget(key) {
      const entry = active.get(key)
      const uid = (entry ?? results.get(key))?.uid
      results.delete(key)
      entry?.leave.abort(new GantryError('Canceled', 'the Promotion is gone'))
      const ended = (entry?.done ?? Promise.resolve()).then(() => {
        if (results.get(key)?.uid === uid) results.delete(key)
      })
      return uid === undefined ? undefined : { uid, ended }
    },
    async stop() {
      isStopping = true
      const runs = [...active.values()]
      for (const { leave } of runs) leave.abort(new GantryError('Canceled', 'shutting down'))
      await Promise.all(runs.map(({ done }) => done))
    },
  }
}
