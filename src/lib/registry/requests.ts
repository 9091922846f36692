import { sleep, type Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { Credential } from '../../core/credential.ts'
import type { HttpCapability, HttpResponse } from '../../core/http.ts'
import { LruMap } from '../lru-map.ts'
import { createPace, type Customer, type Pace } from '../pace.ts'
import { createSingleFlight } from '../single-flight.ts'
import { createAuthorizations, type Visitor } from './authorizations.ts'
import { isNoTls, isUntrusted } from './tls-failure.ts'
import { trustedChallenge } from './trusted-challenge.ts'

/** Who asks which repository, and how old an answer may be. */
export interface Session extends Visitor {
  /**
   * After a refusal of what was sent: whether `credential` is another one now. Rejects when there should be another and
   * it cannot be had.
   */
  renew(sent: Credential): Promise<boolean>
  /** Monotonic: what was asked for later than this need not be asked for again. */
  readonly since?: number | undefined
}

export interface Ask {
  readonly method: 'GET' | 'HEAD'
  /** With its query, from `/v2/` on. */
  readonly path: string
  readonly accept?: string | undefined
  readonly maxBytes: number
  /** The answer never changes: whoever asks remembers it. */
  readonly isImmutable?: boolean | undefined
  /** Throws for a 200 that is not what it should be: such a one is not remembered, or its ETag would keep it. */
  readonly check?: ((response: HttpResponse) => void) | undefined
}

export interface Requests {
  /** The answer, which is 200 or 404. A 200 that came with an ETag is asked for conditionally the next time. */
  send(session: Session, ask: Ask): Promise<HttpResponse>
}

export interface RequestsOptions {
  readonly http: HttpCapability
  readonly clock: Clock
  readonly pace?: Pace | undefined
}

const timeoutMs = 30_000
const attempts = 3
const firstRetryMs = 300
const maxCachedBytes = 32 * 1024 * 1024
const retriedStatuses = new Set([500, 502, 503, 504])

interface Remembered {
  readonly response: HttpResponse
  /** Monotonic. */
  readonly askedAt: number
}

/** Authentication, pacing, retries and conditional requests: everything about a request but its meaning. */
export function createRequests({
  http,
  clock,
  pace = createPace({ clock }),
}: RequestsOptions): Requests {
  const authorizations = createAuthorizations({ http, clock, pace })
  const schemes = new LruMap<'https' | 'http'>(10_000)
  const remembered = new LruMap<Remembered>(maxCachedBytes)
  const flights = createSingleFlight<HttpResponse>(() => clock.monotonic())

  /** One try over one scheme, answered with whatever status. */
  const once = (
    session: Session,
    ask: Ask,
    scheme: string,
    authorization: string | undefined,
  ): Promise<HttpResponse> => {
    const etag = remembered.get(keyOf(session, ask))?.response.headers['etag']
    return http.fetch(`${scheme}://${session.address.host}${ask.path}`, {
      method: ask.method,
      headers: {
        ...(ask.accept !== undefined && { accept: ask.accept }),
        ...(authorization !== undefined && { authorization }),
        ...(etag !== undefined && { 'if-none-match': etag }),
      },
      timeoutMs,
      maxBytes: ask.maxBytes,
      insecureSkipTLSVerify: session.insecureSkipTLSVerify,
      carriesCredential: authorization !== undefined && session.credential !== undefined,
      meter: session.meter,
      signal: session.signal,
    })
  }

  /** Over the scheme that the host speaks. */
  const reach = async (
    session: Session,
    ask: Ask,
    authorization: string | undefined,
  ): Promise<HttpResponse> => {
    const customer = customerOf(session, ask)
    await pace.turn(customer, session.signal)
    const key = schemeKey(session)
    const known = schemes.get(key)
    const candidates = known === undefined ? session.address.schemes : [known]
    let failure: unknown
    for (const scheme of candidates) {
      try {
        const response = await once(session, ask, scheme, authorization)
        schemes.set(key, scheme)
        return response
      } catch (thrown) {
        if (!hasCode(thrown, 'Unreachable') || isUntrusted(thrown)) throw thrown
        // Where TLS is not spoken, what tells is how the other way failed.
        if (failure === undefined || isNoTls(failure)) failure = thrown
      }
    }
    throw failure
  }

  const sendWithCredential = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const sent = await authorizations.current(session)
    const first = await reach(session, ask, sent)
    if (first.status !== 401) return first
    const challenge = trustedChallenge(session, first)
    if (!authorizations.refused(session, challenge, sent)) throw unauthorized(session)
    const better = await authorizations.current(session)
    const second = await reach(session, ask, better)
    if (second.status !== 401) return second
    authorizations.refused(session, trustedChallenge(session, second), better)
    throw unauthorized(session)
  }

  /** A token that its issuer took back is refused before its time: then another is got, once. */
  const sendAuthorized = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const sent = session.credential
    const first = await sendWithCredential(session, ask).catch((thrown: unknown) => {
      if (hasCode(thrown, 'Unauthorized')) return thrown
      throw thrown
    })
    const isRefused = first instanceof GantryError || first.status === 403
    if (isRefused && sent !== undefined && (await session.renew(sent))) {
      authorizations.forget(session)
      return sendWithCredential(session, ask)
    }
    if (first instanceof GantryError) throw first
    return first
  }

  const sendPatiently = async (session: Session, ask: Ask): Promise<HttpResponse> => {
    const customer = customerOf(session, ask)
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === attempts
      try {
        const response = await sendAuthorized(session, ask)
        if (pace.learn(customer, response)) {
          if (isLast) throw limited(session, pace.retryAfterMs(customer))
          // Its turn comes at once or never: then the pace says so.
          continue
        }
        if (!retriedStatuses.has(response.status) || isLast) return response
      } catch (thrown) {
        if (isLast || !hasCode(thrown, 'Unreachable')) throw thrown
        schemes.delete(schemeKey(session))
      }
      await sleep(clock, firstRetryMs * 2 ** (attempt - 1), session.signal)
    }
  }

  const settle = async (session: Session, ask: Ask, isSecond = false): Promise<HttpResponse> => {
    const key = keyOf(session, ask)
    const askedAt = clock.monotonic()
    const fresh = await sendPatiently(session, ask)
    if (fresh.status === 304) {
      const known = remembered.get(key)
      // When it was forgotten meanwhile, the next request is unconditional.
      if (known === undefined) {
        if (isSecond) throw unexpected(session, ask, fresh)
        return settle(session, ask, true)
      }
      const response = withLinks(known.response, fresh)
      if (response !== known.response) ask.check?.(response)
      remember(key, response, askedAt)
      return response
    }
    if (fresh.status === 200) {
      ask.check?.(fresh)
      if (ask.isImmutable !== true) remember(key, fresh, askedAt)
      return fresh
    }
    if (fresh.status === 404) {
      remembered.delete(key)
      return fresh
    }
    throw unexpected(session, ask, fresh)
  }

  const remember = (key: string, response: HttpResponse, askedAt: number): void =>
    remembered.set(key, { response, askedAt }, response.body.length + 1024)

  return {
    async send(session, ask) {
      const { since, signal } = session
      const key = keyOf(session, ask)
      const young = since === undefined ? undefined : remembered.get(key)
      if (young !== undefined && since !== undefined && young.askedAt >= since) {
        return young.response
      }
      return flights.run({ key, since, signal }, () => settle(session, ask))
    },
  }
}

/** What is remembered, with the links of now: a list whose last page was full may go on meanwhile. */
function withLinks(known: HttpResponse, fresh: HttpResponse): HttpResponse {
  const { link } = fresh.headers
  return link === undefined ? known : { ...known, headers: { ...known.headers, link } }
}

function trustOf({ insecureSkipTLSVerify }: Session): string {
  return insecureSkipTLSVerify ? 'insecure' : 'verified'
}

function schemeKey(session: Session): string {
  return `${session.address.host} ${trustOf(session)}`
}

/** The credential and the view of TLS are part of it: what one of them brought in is not shown to another. */
function keyOf(session: Session, ask: Ask): string {
  const { address, credential } = session
  const who = `${address.host}/${address.path} ${trustOf(session)} ${credential?.fingerprint ?? 'anonymous'}`
  return `${who} ${ask.method} ${ask.path} ${ask.accept ?? ''}`
}

function customerOf({ address, credential, meter }: Session, ask: Ask): Customer {
  const who = credential?.fingerprint ?? 'anonymous'
  return { host: address.host, who, isFree: ask.method === 'HEAD', meter }
}

function limited({ address }: Session, retryAfterMs: number): GantryError {
  return new GantryError('RateLimited', `the registry limits requests for ${address.display}`, {
    retryAfterMs,
  })
}

function unauthorized({ address, credential }: Session): GantryError {
  const why =
    credential === undefined
      ? 'it asks for credentials and no Secret fits this address'
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
