import type { Credential } from '../../core/credential.ts'
import type { RequestMeter } from '../../core/meter.ts'
import { basicHeader } from '../basic-header.ts'
import { LruMap } from '../lru-map.ts'
import { createSingleFlight } from '../single-flight.ts'
import {
  fetchToken,
  parseChallenge,
  scopeOf,
  type Authorization,
  type Challenge,
  type TokenParts,
} from './auth.ts'
import type { RepositoryAddress } from './reference.ts'

/** Who wants to read which repository. */
export interface Visitor {
  readonly address: RepositoryAddress
  readonly credential: Credential | undefined
  readonly insecureSkipTLSVerify: boolean
  readonly meter?: RequestMeter | undefined
  readonly signal: AbortSignal
}

/** What opens which repository to whom: learned from challenges, kept until it expires or is refused. */
export interface Authorizations {
  /** The header to send; undefined where nobody asked for one yet. May fetch a token, and then throw as that does. */
  current(visitor: Visitor): Promise<string | undefined>
  /**
   * After a 401: whether another try with what `current` then answers is worth it. `sent` is the header that was
   * refused.
   */
  refused(visitor: Visitor, challenge: string | undefined, sent: string | undefined): boolean
  /** Forgets the token that the visitor's credential was exchanged for: that credential is replaced. */
  forget(visitor: Visitor): void
}

export function createAuthorizations(parts: TokenParts): Authorizations {
  const { clock } = parts
  /** Hosts that want a password with each request, and what each repository wants a token for. */
  const basics = new LruMap<true>(10_000)
  const challenges = new LruMap<Challenge>(10_000)
  /** By what they are good for: repositories whose challenges are the same share one. */
  const tokens = new LruMap<Authorization>(10_000)
  const fetches = createSingleFlight<Authorization>(() => clock.monotonic())

  const hostKey = (visitor: Visitor): string => `${visitor.address.host} ${trustOf(visitor)}`
  const pathKey = (visitor: Visitor): string => `${hostKey(visitor)} ${visitor.address.path}`
  const tokenKey = (visitor: Visitor, challenge: Challenge): string =>
    JSON.stringify([
      trustOf(visitor),
      visitor.address.host,
      challenge.realm,
      challenge.service,
      scopeOf(challenge, visitor.address.path),
    ])

  const token = async (visitor: Visitor, challenge: Challenge): Promise<string> => {
    const key = tokenKey(visitor, challenge)
    const known = tokens.get(key)
    if (known !== undefined && known.goodUntil > clock.monotonic()) return known.header
    const { signal } = visitor
    const fetched = await fetches.run({ key, signal }, () =>
      fetchToken(parts, { challenge, repository: visitor.address.path, ...visitor }),
    )
    tokens.set(key, fetched)
    return fetched.header
  }

  return {
    async current(visitor) {
      const { credential } = visitor
      if (credential !== undefined && basics.get(hostKey(visitor))) return basicHeader(credential)
      const challenge = challenges.get(pathKey(visitor))
      return challenge === undefined ? undefined : token(visitor, challenge)
    },

    refused(visitor, header, sent) {
      const challenge = parseChallenge(header)
      if (challenge?.scheme === 'bearer') {
        const key = tokenKey(visitor, challenge)
        if (tokens.get(key)?.header === sent) tokens.delete(key)
        challenges.set(pathKey(visitor), challenge)
        return true
      }
      challenges.delete(pathKey(visitor))
      const isTried = sent !== undefined && basics.get(hostKey(visitor)) === true
      if (challenge === undefined || visitor.credential === undefined || isTried) {
        basics.delete(hostKey(visitor))
        return false
      }
      basics.set(hostKey(visitor), true)
      return true
    },

    forget(visitor) {
      const challenge = challenges.get(pathKey(visitor))
      if (challenge !== undefined) tokens.delete(tokenKey(visitor, challenge))
    },
  }
}

/** Nothing that one credential, or one view of TLS, brought in is ever used for another. */
function trustOf({ credential, insecureSkipTLSVerify }: Visitor): string {
  const trust = insecureSkipTLSVerify ? 'insecure' : 'verified'
  return `${trust} ${credential?.fingerprint ?? 'anonymous'}`
}
