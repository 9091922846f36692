import type { Clock } from '../../core/clock.ts'
import { asGantryError, type ErrorCode, GantryError, hasCode } from '../../core/errors.ts'
import { jsonEqual } from '../../core/json.ts'
import { refKey } from '../../core/kinds/kind.ts'
import type { Logger } from '../../core/log.ts'
import type { StaleResult } from '../../core/policy/usable-results.ts'
import type { Discovered } from '../../source.ts'
import type { Ref } from '../../store.ts'
import { createLookCost, type LookCost } from './look-cost.ts'
import type { WarehouseOptions } from './options.ts'
import { hostOf, type Subscription } from './subscriptions.ts'
import { createTurns } from './turns.ts'

/** What is known of one subscription, in memory only: nothing of it is written by itself. */
export interface Look {
  /** The last good result for this generation of the Warehouse, perhaps an earlier process's. */
  result: Discovered | undefined
  /** Epoch milliseconds: when this process last saw the remote as it is in `result`; absent: it never did. */
  seenAt: number | undefined
  /** Epoch milliseconds: when the last look ended, however it did. */
  endedAt: number | undefined
  /** Epoch milliseconds: when a look of this process last found something else than the one before. */
  changedAt: number | undefined
  /** Why the last look failed; absent when it did not. */
  error: GantryError | undefined
  /** Failed looks in a row. */
  failures: number
  /** Epoch milliseconds, since when it is looked at; absent: it is not. */
  runningSince: number | undefined
  /** Monotonic: when the next look is due. */
  dueAt: number
  /** The refresh token that the last look, or the one under way, began after. */
  refresh: string | undefined
  readonly cost: LookCost
}

/** What one pass works with, while looks go on: one for each subscription. */
export interface Taken {
  readonly results: readonly (Discovered | undefined)[]
  /** Those that are used although the last look failed. */
  readonly stale: readonly StaleResult[]
}

/** Looks at the subscriptions of one generation of one Warehouse. */
export interface Looks {
  readonly uid: string
  readonly generation: number
  readonly bySubscription: readonly Look[]
  taken: Taken
}

export interface LookKeeper {
  /** What is known of a Warehouse; made anew when it is another one, or was edited. */
  open(
    key: string,
    uid: string,
    generation: number,
    results: readonly (Discovered | undefined)[],
  ): Looks
  find(key: string): Looks | undefined
  /** Is told of each Warehouse whose last running look has ended. */
  onEnd(listener: (ref: Ref) => void): void
  /** Begins a look as soon as there is a slot. It ends by itself; `look` then says how. */
  start(look: Look, request: LookRequest): void
  /** Looks that failed with one of these codes are due now; false when there is none. */
  hasten(key: string, codes: readonly ErrorCode[]): boolean
  forget(key: string): void
  /** Cuts off every look and waits for their ends. */
  stop(): Promise<void>
}

export interface LookRequest {
  readonly project: string
  readonly warehouse: string
  readonly subscription: Subscription
  readonly refresh: string | undefined
  /** How long until the next look when this one succeeds, milliseconds. */
  readonly intervalMs: number
  readonly log: Logger
}

const firstRetryMs = 5_000

export function createLookKeeper(
  options: Pick<
    WarehouseOptions,
    'tools' | 'maxDiscoveries' | 'maxPerHost' | 'discoveryTimeoutMs' | 'random' | 'redact'
  >,
  clock: Clock,
): LookKeeper {
  const { tools, maxDiscoveries = 64, maxPerHost = 8, discoveryTimeoutMs = 600_000 } = options
  const random = options.random ?? Math.random
  const turns = createTurns({ clock, maxDiscoveries, maxPerHost })
  const known = new Map<string, Looks & { readonly leave: AbortController }>()
  const leaves = new WeakMap<Look, AbortController>()
  const underWay = new Set<Promise<void>>()
  let isStopping = false
  let listener: (ref: Ref) => void = () => undefined

  const run = async (look: Look, request: LookRequest, signal: AbortSignal): Promise<void> => {
    const { project, warehouse, subscription, log } = request
    const { source, body, remote } = subscription
    const since = clock.monotonic()
    const turn = {
      project,
      remote,
      kind: source.kind,
      host: hostOf(remote),
      isShared: source.isShared === true,
    }
    try {
      const discovered = await turns.run(turn, signal, (aside) => {
        const late = new AbortController()
        const cancel = clock.after(discoveryTimeoutMs, () =>
          late.abort(new GantryError('Timeout', `looking at ${remote} took too long`)),
        )
        const both = AbortSignal.any([signal, late.signal])
        const { used, budget } = look.cost
        const meter = { used, budget, aside }
        const ctx = { ...tools, project, warehouse, clock, since, log, meter, signal: both }
        look.cost.begin()
        return source
          .discover(ctx, body, look.result)
          .catch((thrown: unknown) => {
            throw late.signal.aborted && !signal.aborted ? late.signal.reason : thrown
          })
          .finally(cancel)
      })
      if (!jsonEqual(look.result, discovered)) look.changedAt = clock.now()
      look.result = discovered
      look.seenAt = clock.now()
      look.error = undefined
      look.failures = 0
      look.dueAt = clock.monotonic() + spread(request.intervalMs, random)
    } catch (thrown) {
      if (signal.aborted) return
      const error = redacted(asGantryError(thrown), options.redact)
      look.error = error
      look.failures += 1
      const backoffMs = spread(firstRetryMs * 2 ** Math.min(look.failures - 1, 20), random)
      const waitMs = Math.max(Math.min(backoffMs, request.intervalMs), error.retryAfterMs ?? 0)
      look.dueAt = clock.monotonic() + waitMs
      log.warn('discovery failed', {
        subscription: subscription.index,
        remote,
        code: error.code,
        error: error.message,
        retryInMs: Math.round(waitMs),
      })
    } finally {
      look.endedAt = clock.now()
      look.runningSince = undefined
      const { project: namespace, warehouse: name } = request
      const looks = known.get(refKey({ namespace, name }))?.bySubscription ?? []
      const isOver = looks.every(({ runningSince }) => runningSince === undefined)
      if (isOver && looks.includes(look)) listener({ namespace, name })
    }
  }

  const forget = (key: string): void => {
    known.get(key)?.leave.abort(new GantryError('Canceled', 'the Warehouse is another one now'))
    known.delete(key)
  }

  return {
    open(key, uid, generation, results) {
      const found = known.get(key)
      if (found?.uid === uid && found.generation === generation) return found
      forget(key)
      const leave = new AbortController()
      const bySubscription = results.map(newLook)
      for (const look of bySubscription) leaves.set(look, leave)
      const looks = { uid, generation, bySubscription, leave, taken: { results, stale: [] } }
      known.set(key, looks)
      return looks
    },
    find: (key) => known.get(key),
    onEnd(told) {
      listener = told
    },
    start(look, request) {
      const signal = leaves.get(look)?.signal
      if (isStopping || signal === undefined || look.runningSince !== undefined) return
      look.runningSince = clock.now()
      look.refresh = request.refresh
      const work = run(look, request, signal).finally(() => underWay.delete(work))
      underWay.add(work)
    },
    hasten(key, codes) {
      const failed = (known.get(key)?.bySubscription ?? []).filter((look) =>
        hasCode(look.error, ...codes),
      )
      for (const look of failed) look.dueAt = Number.NEGATIVE_INFINITY
      return failed.length > 0
    },
    forget,
    async stop() {
      isStopping = true
      for (const { leave } of known.values())
        leave.abort(new GantryError('Canceled', 'shutting down'))
      await Promise.all(underWay)
    },
  }
}

function newLook(result: Discovered | undefined): Look {
  return {
    result,
    seenAt: undefined,
    endedAt: undefined,
    changedAt: undefined,
    error: undefined,
    failures: 0,
    runningSince: undefined,
    dueAt: Number.NEGATIVE_INFINITY,
    refresh: undefined,
    cost: createLookCost(),
  }
}

function redacted(error: GantryError, redact: ((text: string) => string) | undefined): GantryError {
  if (redact === undefined) return error
  const { code, message, retryAfterMs, cause } = error
  return new GantryError(code, redact(message), { retryAfterMs, cause })
}

/** Up to a tenth sooner, so that what began together does not stay together. */
function spread(delayMs: number, random: () => number): number {
  return Math.round(delayMs * (1 - 0.1 * random()))
}
