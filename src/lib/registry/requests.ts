import { sleep, type Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { HttpCapability, HttpResponse } from '../../core/http.ts'
import type { Credential } from '../../core/credential.ts'
import { basicHeader, fetchToken, parseChallenge, type Authorization } from './auth.ts'
import { LruMap } from './lru-map.ts'
import { createPace } from './pace.ts'
import type { RepositoryAddress } from './reference.ts'

/** Who asks which repository. */
export interface Session {
  readonly address: RepositoryAddress
  readonly credential: Credential | undefined
  readonly insecureSkipTLSVerify: boolean
  readonly signal: AbortSignal
}

export interface Ask {
  readonly method: 'GET' | 'HEAD'
  /** With its query, from `/v2/` on. */
  readonly path: string
  readonly accept?: string | undefined
  readonly maxBytes: number
}

export interface Requests {
  /** The answer, which is 200 or 404. A 200 that came with an ETag is asked for conditionally the next time. */
  send(session: Session, ask: Ask): Promise<HttpResponse>
}

const timeoutMs = 30_000
const attempts = 3
const firstRetryMs = 300
const maxCachedBytes = 32 * 1024 * 1024
const retriedStatuses = new Set([500, 502, 503, 504])

interface Remembered {
  readonly etag: string
  readonly response: HttpResponse
}

/** Authentication, pacing, retries and conditional requests: everything about a request but its meaning. */
export function createRequests(http: HttpCapability, clock: Clock): Requests {
  const pace = createPace(clock)
  const authorizations = new LruMap<Authorization>(10_000)
  const schemes = new LruMap<'https' | 'http'>(10_000)
  const remembered = new LruMap<Remembered>(maxCachedBytes)
  const underWay = new Map<string, Promise<HttpResponse>>()

  /** One try, answered with whatever status. */
  const once = async (session: Session, ask: Ask, scheme: string): Promise<HttpResponse> => {
    const who = whoOf(session)
    const known = authorizations.get(who)
    const isGood = known !== undefined && known.goodUntil > clock.monotonic()
    const cached = remembered.get(keyOf(session, ask))
    await pace.turn(`${session.address.host} ${who}`, session.signal)
    return http.fetch(`${scheme}://${session.address.host}${ask.path}`, {
      method: ask.method,
      headers: {
        ...(ask.accept !== undefined && { accept: ask.accept }),
        ...(isGood && { authorization: known.header }),
        ...(cached !== undefined && { 'if-none-match': cached.etag }),
      },
      timeoutMs,
      maxBytes: ask.maxBytes,
      insecureSkipTLSVerify: session.insecureSkipTLSVerify,
      carriesCredential: isGood && session.credential !== undefined,
      signal: session.signal,
    })
  }

  /** Over the scheme that the host speaks. */
  const reach = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const { host, schemes: candidates } = session.address
    const known = schemes.get(host)
    if (known !== undefined || candidates.length === 1) {
      return once(session, ask, known ?? candidates[0] ?? 'https')
    }
    let failure: unknown
    for (const scheme of candidates) {
      try {
        const response = await once(session, ask, scheme)
        schemes.set(host, scheme)
        return response
      } catch (thrown) {
        if (!hasCode(thrown, 'Unreachable')) throw thrown
        failure ??= thrown
      }
    }
    throw failure
  }

  const authorize = async (session: Session, refused: HttpResponse): Promise<void> => {
    const { address, credential } = session
    const challenge = parseChallenge(refused.headers['www-authenticate'])
    if (challenge?.scheme === 'bearer') {
      const token = await fetchToken(http, clock, {
        challenge,
        repository: address.path,
        ...session,
      })
      authorizations.set(whoOf(session), token)
      return
    }
    if (challenge === undefined || credential === undefined) throw unauthorized(session)
    const header = basicHeader(credential)
    authorizations.set(whoOf(session), { header, goodUntil: Number.POSITIVE_INFINITY })
  }

  const sendAuthorized = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const first = await reach(session, ask)
    if (first.status !== 401) return first
    authorizations.delete(whoOf(session))
    await authorize(session, first)
    const second = await reach(session, ask)
    if (second.status !== 401) return second
    authorizations.delete(whoOf(session))
    throw unauthorized(session)
  }

  const sendPatiently = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === attempts
      let patienceMs = firstRetryMs * 2 ** (attempt - 1)
      try {
        const response = await sendAuthorized(session, ask)
        const asked = retryAfterMs(response, clock)
        if (response.status === 429 || (response.status === 503 && asked !== undefined)) {
          pace.hold(`${session.address.host} ${whoOf(session)}`, asked ?? patienceMs)
          if (isLast) throw rateLimited(session, asked)
          continue
        }
        if (!retriedStatuses.has(response.status) || isLast) return response
      } catch (thrown) {
        if (isLast || !hasCode(thrown, 'Unreachable', 'Timeout')) throw thrown
        schemes.delete(session.address.host)
      }
      patienceMs += firstRetryMs
      await sleep(clock, patienceMs, session.signal)
    }
  }

  const settle = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const key = keyOf(session, ask)
    const response = await sendPatiently(session, ask)
    if (response.status === 304) {
      // When it was forgotten meanwhile, the next request is unconditional.
      return remembered.get(key)?.response ?? settle(session, ask)
    }
    if (response.status === 200) {
      const { etag } = response.headers
      const isWorthIt = etag !== undefined && ask.method === 'GET'
      if (isWorthIt) remembered.set(key, { etag, response }, response.body.length + 1024)
      return response
    }
    if (response.status === 404) return response
    throw unexpected(session, ask, response)
  }

  return {
    async send(session, ask) {
      const key = keyOf(session, ask)
      const others = underWay.get(key)
      if (others !== undefined) {
        try {
          return await others
        } catch (thrown) {
          // Who began it was cut off; that is not our end.
          if (!hasCode(thrown, 'Canceled') && !isAbort(thrown)) throw thrown
        }
      }
      const mine = settle(session, ask)
      underWay.set(key, mine)
      try {
        return await mine
      } finally {
        if (underWay.get(key) === mine) underWay.delete(key)
      }
    },
  }
}

function whoOf({ address, credential, insecureSkipTLSVerify }: Session): string {
  const trust = insecureSkipTLSVerify ? 'insecure' : 'verified'
  return `${address.host}/${address.path} ${trust} ${credential?.fingerprint ?? 'anonymous'}`
}

function keyOf(session: Session, ask: Ask): string {
  return `${whoOf(session)} ${ask.method} ${ask.path} ${ask.accept ?? ''}`
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError'
}

/** Retry-After in seconds or as a date. */
function retryAfterMs(response: HttpResponse, clock: Clock): number | undefined {
  const text = response.headers['retry-after']
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now())
}

function rateLimited({ address }: Session, asked: number | undefined): GantryError {
  return new GantryError('RateLimited', `the registry limits requests for ${address.display}`, {
    retryAfterMs: asked,
  })
}

function unauthorized({ address, credential }: Session): GantryError {
  const why =
    credential === undefined
      ? 'it asks for credentials and no Secret of type image fits this address'
      : 'it refused the credential found for this address'
  return new GantryError('Unauthorized', `cannot read ${address.display}: ${why}`)
}

function unexpected({ address }: Session, ask: Ask, response: HttpResponse): GantryError {
  const code =
    response.status === 403 ? 'Forbidden' : response.status >= 500 ? 'Unreachable' : 'Invalid'
  return new GantryError(
    code,
    `cannot read ${address.display}: ${ask.method} ${ask.path.split('?', 1)[0]} was answered ${response.status}`,
  )
}
