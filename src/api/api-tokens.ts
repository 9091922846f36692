import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { SignJWT, decodeJwt } from 'jose'
import { type Actor, accountActor } from '../core/actor.ts'
import { annotations, labels } from '../core/kinds/labels.ts'
import { type Secret, SecretKind, tokenSecretType } from '../core/kinds/secret.ts'
import { type ServiceAccount, ServiceAccountKind } from '../core/kinds/service-account.ts'
import type { StoreReader } from '../store.ts'

/**
 * API tokens. A token has the form that Kubernetes gives them (a JWT that names the Secret and the ServiceAccount), but
 * the key that signed it is thrown away and the Secret keeps its SHA-256 only: what the store holds proves a token and
 * cannot make one. A token is worth nothing from the moment that its Secret or its account is deleted.
 */
export interface IssuedToken {
  /** Shown once, to whoever made it. */
  readonly token: string
  readonly secret: Secret
}

export interface TokenRequest {
  readonly account: ServiceAccount
  readonly name: string
  readonly now: number
  /** Without one the token lives until it is deleted. */
  readonly lifeSeconds?: number | undefined
}

const issuer = 'kubernetes/serviceaccount'
const claim = (name: string): string => `${issuer.replace('/', '.io/')}/${name}`
const hashKey = 'tokenSha256'

export async function issueToken(request: TokenRequest): Promise<IssuedToken> {
  const { account, name, now, lifeSeconds } = request
  const { namespace = '', name: accountName, uid = '' } = account.metadata
  const issuedAt = Math.floor(now / 1000)
  const jwt = new SignJWT({
    [claim('namespace')]: namespace,
    [claim('secret.name')]: name,
    [claim('service-account.name')]: accountName,
  })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(issuer)
    .setSubject(`system:serviceaccount:${namespace}:${accountName}`)
    .setIssuedAt(issuedAt)
  if (lifeSeconds !== undefined) jwt.setExpirationTime(issuedAt + lifeSeconds)
  const token = await jwt.sign(randomBytes(32))
  return {
    token,
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace,
        labels: { [labels.apiToken]: 'true' },
        annotations: {
          [annotations.rbacManaged]: 'true',
          [annotations.tokenAccount]: accountName,
          [annotations.tokenAccountUid]: uid,
        },
        ownerReferences: [{ apiVersion: 'v1', kind: 'ServiceAccount', name: accountName, uid }],
      },
      type: tokenSecretType,
      data: { [hashKey]: Buffer.from(sha256(token)).toString('base64') },
    },
  }
}

/** Who holds the token; undefined when it is none of ours, has expired or was revoked. */
export async function tokenActor(
  store: Pick<StoreReader, 'get'>,
  now: number,
  token: string,
): Promise<Actor | undefined> {
  const claims = readClaims(token)
  if (claims === undefined || (claims.expiresAt ?? Infinity) * 1000 <= now) return undefined
  const { namespace, account } = claims
  const secret = await store.get(SecretKind, { namespace, name: claims.secret })
  if (secret === undefined || !isTokenSecret(secret) || !isHashOf(secret, token)) return undefined
  const notes = secret.metadata.annotations ?? {}
  if (notes[annotations.tokenAccount] !== account) return undefined
  const owner = await store.get(ServiceAccountKind, { namespace, name: account })
  // An account of the same name that was made later is another.
  const isSame = owner !== undefined && owner.metadata.uid === notes[annotations.tokenAccountUid]
  return isSame && owner.metadata.deletionTimestamp === undefined
    ? accountActor(namespace, account)
    : undefined
}

export function isTokenSecret({ metadata, type }: Secret): boolean {
  return type === tokenSecretType && metadata.labels?.[labels.apiToken] === 'true'
}

interface TokenClaims {
  readonly namespace: string
  readonly secret: string
  readonly account: string
  readonly expiresAt: number | undefined
}

function readClaims(token: string): TokenClaims | undefined {
  try {
    const payload = decodeJwt(token)
    const [namespace, secret, account] = ['namespace', 'secret.name', 'service-account.name'].map(
      (name) => payload[claim(name)],
    )
    const isOurs = payload.iss === issuer && typeof namespace === 'string'
    if (!isOurs || typeof secret !== 'string' || typeof account !== 'string') return undefined
    return { namespace, secret, account, expiresAt: payload.exp }
  } catch {
    return undefined
  }
}

function isHashOf(secret: Secret, token: string): boolean {
  const expected = Buffer.from(secret.data?.[hashKey] ?? '', 'base64')
  const given = sha256(token)
  return expected.byteLength === given.byteLength && timingSafeEqual(expected, given)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
