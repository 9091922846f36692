import { sleep, type Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import type { HttpResponse } from '../core/http.ts'
import type { RequestMeter } from '../core/meter.ts'
import { maxPatienceMs, readAllowance, retryAfterMs } from './allowance.ts'
import { LruMap } from './lru-map.ts'

/** A pause this short is waited for; for a longer one the request fails at once, so that it holds up nothing else. */
const maxPauseMs = 2_000
/** How long a host that only says 429 is left alone: at first, and at most after it said so many times. */
const firstHoldMs = 1_000
const maxHoldMs = 15 * 60_000
/** For a spent allowance of which nothing else is known. */
const unknownResetMs = 60_000

/** Who asks whom. */
export interface Customer {
  readonly host: string
  /** Tells one credential from another; not a secret. */
  readonly who: string
  /** Asking costs nothing of an allowance: HEAD. */
  readonly isFree?: boolean | undefined
  readonly meter?: RequestMeter | undefined
}

/** Keeps to the limits of each host for each credential: our own, and what the host's answers say. */
export interface Pace {
  /** Waits for its turn. Throws RateLimited, with `retryAfterMs`, when the host wants to be left alone. */
  turn(customer: Customer, signal: AbortSignal): Promise<void>
  /** Learns from an answer. True when it is a refusal for having asked too much: ask again, which may throw. */
  learn(customer: Customer, answer: Pick<HttpResponse, 'status' | 'headers'>): boolean
  /** After a refusal: what to tell who gives up of when to come back; never at once. */
  retryAfterMs(customer: Customer): number
}

export interface PaceOptions {
  readonly clock: Clock
  /** Requests a second to one host under one credential, as many of them at once; default 20. */
  readonly ratePerSecond?: number | undefined
}

/** Times are on the monotonic scale. */
interface Gate {
  countedAt: number
  tokens: number
  /** Refused until then: nothing is asked. */
  closedUntil: number
  /** The allowance is spent until then: only what is free is asked. */
  spentUntil: number
  refusals: number
  /** The host tells what is left; then our own pace is not worth telling. */
  isTold: boolean
}

export function createPace({ clock, ratePerSecond = 20 }: PaceOptions): Pace {
  const burst = Math.max(1, ratePerSecond)
  const gates = new LruMap<Gate>(10_000)

  const gateOf = ({ host, who }: Customer): Gate => {
    const key = `${host} ${who}`
    const known = gates.get(key)
    if (known !== undefined) return known
    const gate: Gate = {
      countedAt: clock.monotonic(),
      tokens: burst,
      closedUntil: -Infinity,
      spentUntil: -Infinity,
      refusals: 0,
      isTold: false,
    }
    gates.set(key, gate)
    return gate
  }

  return {
    async turn(customer, signal) {
      const gate = gateOf(customer)
      const now = clock.monotonic()
      const opensAt = Math.max(
        gate.closedUntil,
        customer.isFree === true ? -Infinity : gate.spentUntil,
      )
      const closedMs = opensAt - now
      if (closedMs > maxPauseMs) throw rateLimited(customer.host, closedMs)
      const refilled = gate.tokens + ((now - gate.countedAt) / 1000) * ratePerSecond
      gate.tokens = Math.min(burst, refilled) - 1
      gate.countedAt = now
      if (!gate.isTold) {
        customer.meter?.budget(customer.host, {
          remaining: Math.max(0, Math.floor(gate.tokens)),
          limit: burst,
          resetAt: clock.now() + Math.ceil(((burst - gate.tokens) / ratePerSecond) * 1000),
        })
      }
      const waitMs = Math.max(closedMs, gate.tokens < 0 ? (-gate.tokens / ratePerSecond) * 1000 : 0)
      if (waitMs <= 0) return
      const wait = (): Promise<void> => sleep(clock, waitMs, signal)
      await (customer.meter?.aside?.(wait) ?? wait())
    },

    learn(customer, { status, headers }) {
      const gate = gateOf(customer)
      const asked = retryAfterMs(headers, clock.now())
      const allowance = readAllowance(headers, clock.now())
      const isSpent = allowance !== undefined && allowance.remaining <= 0
      const isRefusal =
        status === 429 || (status === 503 && asked !== undefined) || (status === 403 && isSpent)
      const now = clock.monotonic()
      if (isRefusal) {
        const doubledMs = Math.min(maxHoldMs, firstHoldMs * 2 ** Math.min(gate.refusals, 20))
        // Answers to what was asked at the same time are one refusal.
        if (gate.closedUntil <= now) gate.refusals += 1
        const holdMs = asked ?? (isSpent ? allowance.resetInMs : undefined) ?? doubledMs
        gate.closedUntil = Math.max(gate.closedUntil, now + holdMs)
      } else if (status < 500) gate.refusals = 0
      if (isSpent && customer.isFree !== true) {
        gate.spentUntil = Math.max(gate.spentUntil, now + (allowance.resetInMs ?? unknownResetMs))
      }
      if (allowance !== undefined || isRefusal) {
        gate.isTold ||= allowance !== undefined
        const heldMs = Math.max(gate.closedUntil, isSpent ? gate.spentUntil : -Infinity) - now
        const resetInMs = heldMs > 0 ? heldMs : allowance?.resetInMs
        customer.meter?.budget(customer.host, {
          remaining: isRefusal ? 0 : (allowance?.remaining ?? 0),
          limit: allowance?.limit,
          resetAt: resetInMs === undefined ? undefined : clock.now() + resetInMs,
        })
      }
      return isRefusal
    },

    retryAfterMs(customer) {
      const leftMs = Math.ceil(gateOf(customer).closedUntil - clock.monotonic())
      return Math.min(maxPatienceMs, Math.max(firstHoldMs, leftMs))
    },
  }
}

function rateLimited(host: string, waitMs: number): GantryError {
  const retry = Math.min(maxPatienceMs, Math.ceil(waitMs))
  return new GantryError(
    'RateLimited',
    `${host} limits requests: it may be asked again in ${Math.ceil(retry / 1000)} s`,
    { retryAfterMs: retry },
  )
}
