import { randomUUID } from 'node:crypto'

export interface RegistryAuth {
  /** `basic`: on every request. `token`: exchanged for a short-lived bearer token, as Docker Hub and GHCR do. */
  readonly kind: 'basic' | 'token'
  readonly username: string
  readonly password: string
  /** `token` only: tokens for pulling are given to anyone. */
  readonly anonymousPull?: boolean
  /** `token` only: seconds; default 300. */
  readonly expiresIn?: number
}

interface Token {
  readonly scopes: readonly string[]
  readonly expiresAt: number
}

/** Judges requests by what they carry. */
export interface Doorman {
  /** The `WWW-Authenticate` header to refuse with; undefined lets the request in. */
  challenge(authorization: string | undefined, need: Need | undefined): string | undefined
  /** Answers the token endpoint. */
  issue(authorization: string | undefined, scopes: readonly string[]): object | undefined
  /** Forgets every token that was given out. */
  revokeAll(): void
}

export interface Need {
  readonly repo: string
  readonly action: 'pull' | 'push'
}

/** `master` is an `Authorization` header that may do everything. */
export function createDoorman(
  auth: RegistryAuth | undefined,
  master: string,
  realm: () => string,
): Doorman {
  const tokens = new Map<string, Token>()
  const isUser = (authorization: string | undefined): boolean => {
    const pair = `${auth?.username}:${auth?.password}`
    return authorization === `Basic ${Buffer.from(pair).toString('base64')}`
  }
  return {
    challenge(authorization, need) {
      if (auth === undefined || authorization === master) return undefined
      if (auth.kind === 'basic') return isUser(authorization) ? undefined : 'Basic realm="test"'
      const token = tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')
      const scope =
        need && `repository:${need.repo}:${need.action === 'pull' ? 'pull' : 'pull,push'}`
      const isLive = token !== undefined && token.expiresAt > Date.now()
      if (isLive && (need === undefined || grants(token, need))) return undefined
      const wanted = scope === undefined ? '' : `,scope="${scope}"`
      return `Bearer realm="${realm()}",service="test-registry"${wanted}`
    },
    issue(authorization, scopes) {
      if (auth === undefined) return undefined
      if (authorization !== undefined && !isUser(authorization)) return undefined
      const isAnonymous = authorization === undefined
      if (isAnonymous && auth.anonymousPull !== true) return undefined
      const granted = isAnonymous ? scopes.filter((scope) => !scope.includes('push')) : scopes
      const token = randomUUID()
      const expiresIn = auth.expiresIn ?? 300
      tokens.set(token, { scopes: granted, expiresAt: Date.now() + expiresIn * 1000 })
      return { token, expires_in: expiresIn, issued_at: new Date().toISOString() }
    },
    revokeAll: () => tokens.clear(),
  }
}

function grants(token: Token, need: Need): boolean {
  return token.scopes.some((scope) => {
    const [type, name, actions = ''] = scope.split(':')
    return type === 'repository' && name === need.repo && actions.split(',').includes(need.action)
  })
}
