import type { Clock } from '../core/clock.ts'
import { type Kind, kindKey } from '../core/kinds/kind.ts'
import type { Logger } from '../core/log.ts'
import type { Journal } from '../journal.ts'
import type { Store } from '../store.ts'
import { type Cache, createCache, type WatchObserver } from './cache.ts'
import type { Controller } from './controller.ts'
import { createRunner, type Runner, type RunnerStats, type WaitingItem } from './runner.ts'

/** Runs controllers over one cache. */
export interface Manager {
  readonly cache: Cache
  /** Resolves when the cache is synced and every controller is at work. */
  start(): Promise<void>
  /** Stops taking work, lets what runs end (cut off after `graceMs`), stops the cache. */
  stop(graceMs: number): Promise<void>
  /** Resolves when no queue has anything ready or running. Delayed work does not count. */
  idle(): Promise<void>
  /** Everything that is not at rest, and what it waits for. */
  inspect(): readonly WaitingItem[]
  stats(): ManagerStats
}

export interface ManagerStats {
  readonly controllers: Readonly<Record<string, RunnerStats>>
  /** How often the wall clock was seen to step against the monotonic one. */
  readonly clockJumps: number
}

export interface ManagerOptions {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly controllers: readonly Controller[]
  /** Kinds to be cached for others, beside what the controllers need. */
  readonly kinds?: readonly Kind[] | undefined
  /** Is told everything that the cache watches. */
  readonly observer?: WatchObserver | undefined
  /** For the jitter of retries: 0 <= random() < 1. */
  readonly random?: (() => number) | undefined
}

const clockCheckMs = 30_000
/** Slewing and timer delay stay below this; a suspended laptop and an operator's hand do not. */
const clockJumpMs = 5_000

export function createManager(options: ManagerOptions): Manager {
  const { store, journal, clock, log, controllers, observer } = options
  const slims = controllers.flatMap((controller) => controller.slims ?? [])
  const cache = createCache({ store, kinds: kindsOf(options), clock, log, slims, observer })
  const parts = { store, cache, journal, clock, log }
  const runners: readonly Runner[] = controllers.map((controller) =>
    createRunner(controller, parts, options.random),
  )
  let clockJumps = 0
  let cancelCheck: (() => void) | undefined

  const checkClock = (offset: number): void => {
    cancelCheck = clock.after(clockCheckMs, () => {
      const offsetNow = clock.now() - clock.monotonic()
      const jumpMs = offsetNow - offset
      if (Math.abs(jumpMs) > clockJumpMs) {
        clockJumps += 1
        log.warn('the wall clock jumped: every timer is judged anew', { jumpMs })
        for (const runner of runners) runner.hurry()
      }
      checkClock(offsetNow)
    })
  }

  return {
    cache,
    async start() {
      cache.start()
      await cache.synced()
      for (const runner of runners) runner.start()
      checkClock(clock.now() - clock.monotonic())
    },
    async stop(graceMs) {
      cancelCheck?.()
      await Promise.all(runners.map((runner) => runner.stop(graceMs)))
      await cache.stop()
    },
    async idle() {
      await Promise.all(runners.map((runner) => runner.idle()))
    },
    inspect: () => runners.flatMap((runner) => runner.inspect()),
    stats: () => ({
      clockJumps,
      controllers: Object.fromEntries(
        runners.map((runner) => [runner.controller.name, runner.stats()]),
      ),
    }),
  }
}

function kindsOf({ controllers, kinds = [] }: ManagerOptions): readonly Kind[] {
  const all = controllers.flatMap(({ kind, wakes = [], reads = [] }) => [
    kind,
    ...wakes.map((wake) => wake.kind),
    ...reads,
  ])
  return [...new Map([...all, ...kinds].map((kind) => [kindKey(kind), kind])).values()]
}
