import type { Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import type { HttpCapability } from '../../core/http.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Credential } from '../../core/credential.ts'
import type { RequestMeter } from '../../core/meter.ts'
import { basicHeader } from '../basic-header.ts'
import type { Pace } from '../pace.ts'

export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly realm: string
  readonly service: string | undefined
  readonly scope: string | undefined
}

/** What a request is to carry, and until when it is good (on the monotonic scale). */
export interface Authorization {
  readonly header: string
  readonly goodUntil: number
}

const tokenTimeoutMs = 30_000
const maxTokenBytes = 1024 * 1024
/** What the token specification says a token lives when its answer does not say; milliseconds. */
const defaultLifeMs = 60_000

/** The challenge of a `WWW-Authenticate` header that we can answer: a token before a password. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const text = (header ?? '').slice(0, 4096)
  for (const scheme of ['bearer', 'basic'] as const) {
    const start = new RegExp(`(?:^|,)\\s*${scheme}(?:\\s+|$)`, 'i').exec(text)
    if (start === null) continue
    const parameters = new Map<string, string>()
    for (const [, name = '', value = ''] of text
      .slice(start.index + start[0].length)
      .matchAll(/([a-z_]+)="([^"]*)"/gi))
      if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value)
    return {
      scheme,
      realm: parameters.get('realm') ?? '',
      service: parameters.get('service'),
      scope: parameters.get('scope'),
    }
  }
  return undefined
}

export interface TokenRequest {
  readonly challenge: Challenge
  readonly repository: string
  readonly credential: Credential | undefined
  readonly insecureSkipTLSVerify: boolean
  readonly meter?: RequestMeter | undefined
  readonly signal: AbortSignal
}

/** Actions that we never need. */
const writing = new Set(['push', 'delete', '*'])

/**
 * What a token is asked for: what the challenge names, without what goes beyond reading, or else to pull from the
 * repository.
 */
export function scopeOf(challenge: Challenge, repository: string): string {
  const scopes = (challenge.scope ?? '').split(/\s+/).flatMap((scope) => {
    const [resource, name, actions] = /^([^:]+):(.*):([^:]*)$/.exec(scope)?.slice(1) ?? []
    if (resource === undefined) return scope === '' ? [] : [scope]
    const reading = (actions ?? '').split(',').filter((action) => !writing.has(action))
    return reading.length === 0 ? [] : [`${resource}:${name}:${reading.join(',')}`]
  })
  return scopes.length === 0 ? `repository:${repository}:pull` : scopes.join(' ')
}

export interface TokenParts {
  readonly http: HttpCapability
  readonly clock: Clock
  readonly pace: Pace
}

/** Exchanges the credential, or nobody's word, for a token to pull from the repository. Throws Unauthorized. */
export async function fetchToken(
  { http, clock, pace }: TokenParts,
  request: TokenRequest,
): Promise<Authorization> {
  const { challenge, repository, credential } = request
  if (!URL.canParse(challenge.realm)) {
    throw new GantryError('Invalid', `the registry names no usable token server for ${repository}`)
  }
  const url = new URL(challenge.realm)
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', scopeOf(challenge, repository))
  const customer = {
    host: url.host,
    who: credential?.fingerprint ?? 'anonymous',
    meter: request.meter,
  }
  await pace.turn(customer, request.signal)
  const askedAt = clock.monotonic()
  const response = await http.fetch(url.href, {
    method: 'GET',
    headers: {
      accept: 'application/json',
      ...(credential !== undefined && { authorization: basicHeader(credential) }),
    },
    timeoutMs: tokenTimeoutMs,
    maxBytes: maxTokenBytes,
    insecureSkipTLSVerify: request.insecureSkipTLSVerify,
    carriesCredential: credential !== undefined,
    meter: request.meter,
    signal: request.signal,
  })
  if (pace.learn(customer, response)) {
    throw new GantryError(
      'RateLimited',
      `cannot get a token for ${repository}: ${url.host} limits requests`,
      { retryAfterMs: pace.retryAfterMs(customer) },
    )
  }
  if (response.status === 401 || response.status === 403) {
    const why =
      credential === undefined ? 'no credential was found for it' : 'the credential was refused'
    throw new GantryError(
      'Unauthorized',
      `cannot get a token for ${repository} from ${url.host}: ${why}`,
    )
  }
  const answer = response.status === 200 ? parseJson(response.body) : undefined
  const token = isJsonObject(answer) ? (answer['token'] ?? answer['access_token']) : undefined
  if (!isJsonObject(answer) || typeof token !== 'string' || token === '') {
    throw new GantryError(
      response.status >= 500 ? 'Unreachable' : 'Invalid',
      `cannot get a token for ${repository} from ${url.host}: it answered ${response.status} without one`,
    )
  }
  const seconds = answer['expires_in']
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : defaultLifeMs
  return { header: `Bearer ${token}`, goodUntil: askedAt + lifeMs * 0.9 }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}
