import type { Clock } from '../core/clock.ts'
import type { IssuedToken, TokenCache } from '../core/credential.ts'
import { GantryError } from '../core/errors.ts'
import { NoIdentity } from './exchange.ts'
import { LruMap } from './lru-map.ts'
import { untilAborted } from './until-aborted.ts'

export interface TokenCacheOptions {
  readonly clock: Clock
  /** Hears of a token when it is issued, and again when nobody can use it any more. */
  onIssued(token: string): void
  onExpired(token: string): void
}

/** A token is renewed when this much of its life is left, or a fifth of it where it is short. */
const renewBeforeMs = 5 * 60_000
/** A token with less life than this is not handed out: the request it is for takes a while. */
const leastLifeMs = 30_000
/** Longer lives are not trusted: rights that were taken away should show within a working day. */
const maxLifeMs = 10 * 3_600_000
/** One exchange, with its retries. */
const exchangeTimeoutMs = 90_000
const maxTokens = 10_000

/** A token that is refused so soon after it was issued lacks rights: another one would be refused too. */
const youngMs = 60_000

/** So long an identity that is not there is not looked for again. */
const nobodyMs = 60_000

/** After a renewal that failed while the token is still good. */
const retryMs = 15_000

interface Held {
  readonly token: IssuedToken
  readonly issuedAt: number
  renewAt: number
}

export interface RevocableTokenCache extends TokenCache {
  /** The far side refused this token of an identity: it is not handed out again, unless it has only just been issued. */
  refused(identity: string, password: string): void
  close(): void
}

/**
 * Keeps tokens by the identity they were issued to. One that is good is handed out at once and renewed beside that, so
 * nobody waits for a renewal, and an outage of the token service shows only when it outlasts the token.
 */
export function createTokenCache(options: TokenCacheOptions): RevocableTokenCache {
  const { clock, onIssued, onExpired } = options
  const held = new Map<string, Held>()
  /** Identities that were found not to be there, with until when that is believed. */
  const nobodies = new LruMap<number>(maxTokens)
  const underWay = new Map<string, Promise<IssuedToken>>()
  const closing = new AbortController()

  const drop = (identity: string): void => {
    const old = held.get(identity)
    held.delete(identity)
    if (old === undefined) return
    // Whoever holds the old token may still print it.
    clock.after(Math.max(0, old.token.expiresAt - clock.now()), () => onExpired(old.token.password))
  }

  const keep = (identity: string, issued: IssuedToken): IssuedToken => {
    const now = clock.now()
    const token = { ...issued, expiresAt: Math.min(issued.expiresAt, now + maxLifeMs) }
    drop(identity)
    const [oldest] = held.keys()
    if (held.size >= maxTokens && oldest !== undefined) drop(oldest)
    const lifeMs = token.expiresAt - now
    const renewAt = token.expiresAt - Math.min(renewBeforeMs, lifeMs / 5)
    held.set(identity, { token, issuedAt: now, renewAt })
    return token
  }

  const renew = (
    identity: string,
    exchange: (signal: AbortSignal) => Promise<IssuedToken>,
  ): Promise<IssuedToken> => {
    const others = underWay.get(identity)
    if (others !== undefined) return others
    const mine = limited(exchange)
      .then((issued) => {
        onIssued(issued.password)
        return keep(identity, issued)
      })
      .catch((thrown: unknown) => {
        if (thrown instanceof NoIdentity) nobodies.set(identity, clock.now() + nobodyMs)
        throw thrown
      })
      .finally(() => underWay.delete(identity))
    underWay.set(identity, mine)
    return mine
  }

  /** The exchange serves everybody who waits, so no single caller's signal may end it. */
  const limited = async (
    exchange: (signal: AbortSignal) => Promise<IssuedToken>,
  ): Promise<IssuedToken> => {
    const limit = new AbortController()
    const cancel = clock.after(exchangeTimeoutMs, () => limit.abort())
    try {
      return await exchange(AbortSignal.any([limit.signal, closing.signal]))
    } catch (thrown) {
      if (!limit.signal.aborted) throw thrown
      throw new GantryError('Timeout', `no token within ${exchangeTimeoutMs / 1000} s`, {
        cause: thrown,
      })
    } finally {
      cancel()
    }
  }

  return {
    async get(identity, exchange, signal) {
      const known = held.get(identity)
      const now = clock.now()
      if (known !== undefined && now < known.renewAt) return known.token
      if (known === undefined || known.token.expiresAt - now <= leastLifeMs) {
        if (now < (nobodies.get(identity) ?? 0)) throw new NoIdentity()
        return untilAborted(renew(identity, exchange), signal, canceled)
      }
      const renewal = renew(identity, exchange)
      renewal.catch(() => {
        known.renewAt = clock.now() + retryMs
      })
      return known.token
    },
    refused(identity, password) {
      const known = held.get(identity)
      if (known?.token.password !== password) return
      if (clock.now() - known.issuedAt >= youngMs) drop(identity)
    },
    close: () => closing.abort(),
  }
}

function canceled(): GantryError {
  return new GantryError('Canceled', 'waiting for a token was canceled')
}
