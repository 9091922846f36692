import type { HttpResponse } from '../../core/http.ts'
import { isLoopbackHost } from '../../core/policy/find-credential.ts'
import type { Visitor } from './authorizations.ts'
import { parseChallenge } from './auth.ts'

/**
 * The challenge of a 401 that a credential may be used to answer; undefined when there is none.
 *
 * A registry may name a token server on another host: Docker Hub does. So the word of the registry itself is taken, when
 * nobody on the way can have changed it. Not taken are the word of another host that the registry redirects to, and, when
 * it came over plain http from another machine, the name of a token server elsewhere. The token server itself is asked
 * over https, or on loopback: the guarded fetch sees to that.
 */
export function trustedChallenge(visitor: Visitor, refusal: HttpResponse): string | undefined {
  const header = refusal.headers['www-authenticate']
  if (visitor.credential === undefined || refusal.origin === undefined) return header
  const { protocol, host, hostname } = new URL(refusal.origin)
  if (host !== new URL(`${protocol}//${visitor.address.host}`).host) return undefined
  if (protocol === 'https:' || isLoopbackHost(hostname)) return header
  const challenge = parseChallenge(header)
  if (challenge?.scheme !== 'bearer' || !URL.canParse(challenge.realm)) return header
  return new URL(challenge.realm).hostname === hostname ? header : undefined
}
