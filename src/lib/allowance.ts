import type { HttpResponse } from '../core/http.ts'

/** What an answer says about how much may still be asked. */
export interface Allowance {
  readonly remaining: number
  readonly limit?: number | undefined
  /** Milliseconds until there is more. */
  readonly resetInMs?: number | undefined
}

type Headers = HttpResponse['headers']

/** Nobody is left alone for longer than this, whatever they say. */
export const maxPatienceMs = 24 * 3_600_000

/**
 * How long `Retry-After` asks for, in seconds or as a date; milliseconds. A date is by the clock of who wrote it, which
 * their `Date` tells: ours may be another.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return bounded(Number(text) * 1000)
  const date = Date.parse(text)
  const theirNowMs = Date.parse(headers['date'] ?? '')
  if (Number.isNaN(date)) return undefined
  return bounded(date - (Number.isNaN(theirNowMs) ? nowMs : theirNowMs))
}

/**
 * The smallest allowance that the answer tells of: `RateLimit-Remaining` as Docker Hub writes it (`76;w=21600`) and as
 * drafts of the IETF do, `RateLimit: "x";r=0;t=30`, and `X-RateLimit-Remaining` with its reset in epoch seconds.
 */
export function readAllowance(headers: Headers, nowMs: number): Allowance | undefined {
  const combined = headers['ratelimit']
  const remaining = headers['ratelimit-remaining'] ?? headers['x-ratelimit-remaining']
  if (remaining === undefined) return combined === undefined ? undefined : readCombined(combined)
  const [left] = items(remaining)
    .filter(({ value }) => value !== undefined)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))
  if (left?.value === undefined) return undefined
  const limits = items(headers['ratelimit-limit'] ?? headers['x-ratelimit-limit'] ?? '')
  const same = limits.find((each) => each.get('w') === left.get('w')) ?? limits[0]
  const limit = same?.value
  const resetInMs =
    secondsUntil(headers['ratelimit-reset'] ?? headers['x-ratelimit-reset'], nowMs) ??
    sharePerRequest(left.get('w') ?? same?.get('w'), limit)
  return { remaining: left.value, limit, resetInMs }
}

function readCombined(text: string): Allowance | undefined {
  const found = items(text).flatMap((item): Allowance[] => {
    const remaining = item.get('r')
    const seconds = item.get('t')
    if (remaining === undefined) return []
    return [{ remaining, resetInMs: seconds === undefined ? undefined : bounded(seconds * 1000) }]
  })
  return found.toSorted((a, b) => a.remaining - b.remaining)[0]
}

/** Where only a window is known (100 in 6 hours), one request of it comes back in such a time. */
function sharePerRequest(windowSeconds: number | undefined, limit: number | undefined) {
  if (windowSeconds === undefined || limit === undefined || limit <= 0) return undefined
  return bounded((windowSeconds / limit) * 1000)
}

/** Seconds from now, or, where the number is too large for that, since the epoch. */
function secondsUntil(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/^\d{1,12}$/.test(text.trim())) return undefined
  const seconds = Number(text.trim())
  return bounded(seconds > 1_000_000_000 ? seconds * 1000 - nowMs : seconds * 1000)
}

interface Item {
  readonly value: number | undefined
  get(parameter: string): number | undefined
}

/** `100;w=21600, 5000;w=3600`: each with its parameters. */
function items(text: string): Item[] {
  return text
    .slice(0, 1024)
    .split(',')
    .map((part) => {
      const [first = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const named = new Map(
        parameters.map((each) => {
          const at = each.indexOf('=')
          return [each.slice(0, at), toCount(each.slice(at + 1))] as const
        }),
      )
      return { value: toCount(first), get: (parameter) => named.get(parameter) }
    })
}

function toCount(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

function bounded(delayMs: number): number {
  return Math.min(maxPatienceMs, Math.max(0, delayMs))
}
