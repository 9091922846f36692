import { sleep, type Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { LruMap } from './lru-map.ts'

/** Requests a second to one host under one credential, and how many may come at once. */
const ratePerSecond = 20
const burst = 20
/** A host that asks for no more patience than this is waited for. */
const maxWaitMs = 5_000

/** Keeps to each host's limits: our own, and what it asks for with Retry-After. */
export interface Pace {
  /** Waits for its turn; throws RateLimited when the host asked to be left alone for longer than is worth waiting. */
  turn(key: string, signal: AbortSignal): Promise<void>
  /** The host asked for so much patience, in milliseconds. */
  hold(key: string, delayMs: number): void
}

interface Gate {
  /** On the monotonic scale: when the bucket was last counted, and until when the host wants nothing. */
  countedAt: number
  tokens: number
  closedUntil: number
}

export function createPace(clock: Clock): Pace {
  const gates = new LruMap<Gate>(10_000)
  const gateOf = (key: string): Gate => {
    const known = gates.get(key)
    const gate = known ?? { countedAt: clock.monotonic(), tokens: burst, closedUntil: -Infinity }
    if (known === undefined) gates.set(key, gate)
    return gate
  }
  return {
    async turn(key, signal) {
      const gate = gateOf(key)
      const now = clock.monotonic()
      const closedMs = gate.closedUntil - now
      if (closedMs > maxWaitMs) {
        throw new GantryError('RateLimited', `${hostOf(key)} asked not to be asked for a while`, {
          retryAfterMs: closedMs,
        })
      }
      const refilled = gate.tokens + ((now - gate.countedAt) / 1000) * ratePerSecond
      gate.tokens = Math.min(burst, refilled) - 1
      gate.countedAt = now
      const waitMs = Math.max(closedMs, gate.tokens < 0 ? (-gate.tokens / ratePerSecond) * 1000 : 0)
      if (waitMs > 0) await sleep(clock, waitMs, signal)
    },
    hold(key, delayMs) {
      const gate = gateOf(key)
      gate.closedUntil = Math.max(gate.closedUntil, clock.monotonic() + delayMs)
    },
  }
}

function hostOf(key: string): string {
  return key.split(' ', 1)[0] ?? key
}
