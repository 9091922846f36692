import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type JWTPayload, SignJWT, jwtVerify } from 'jose'
import { type Actor, adminActor } from '../core/actor.ts'
import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import type { Journal } from '../journal.ts'
import { endedSessions } from './ended-sessions.ts'
import { createLoginLimit } from './login-limit.ts'

/**
 * Who is calling. The admin proves it by the token of `gantry up` (commands read it from a file of mode 0600), by a
 * login with the configured password (Kargo's `POST /login`, a signed token), or, in the browser, by a session cookie
 * that a one-time link or a login gave. Everyone else holds an API token of a ServiceAccount.
 */
export interface Authenticator {
  /** The actor of a request. Throws Unauthorized when nothing proves one. */
  authenticate(headers: Headers): Promise<Actor>
  /**
   * A signed token for the right password. Throws Forbidden for a wrong one or when there is none, RateLimited after many
   * from this address.
   */
  login(password: string, address: string): Promise<string>
  /** A code that `redeem` takes once, within ten minutes. */
  issueLinkCode(): string
  /** The session cookie for a link code or an admin token. Throws Unauthorized. */
  redeem(code: string, request?: Headers): Promise<string>
  /** Ends the session of this request. */
  logout(headers: Headers): Promise<void>
  readonly passwordEnabled: boolean
}

export interface AuthOptions {
  readonly clock: Clock
  /** Which sessions were ended before their time: a restart forgets none of them. */
  readonly journal: Pick<Journal, 'append' | 'range'>
  readonly adminToken: string
  /** Plain password, or `scrypt:<salt hex>:<hash hex>`. */
  readonly adminPassword: string | undefined
  readonly issuer: string
  /** Who holds an API token; undefined when it is none. */
  readonly tokenActor: (token: string) => Promise<Actor | undefined>
}

export const sessionCookie = 'gantry_session'

const loginAudience = 'gantry'
const sessionAudience = 'gantry-session'
const linkLifeMs = 10 * 60_000
const sessionLifeMs = 12 * 3_600_000
const tokenLifeMs = 24 * 3_600_000

export function createAuthenticator(options: AuthOptions): Authenticator {
  const { clock } = options
  // Also of the password: what was signed for an old one is worth nothing under a new one.
  const signingKey = createHash('sha256')
    .update(JSON.stringify(['gantry login token', options.adminToken, options.adminPassword ?? '']))
    .digest()
  const ended = endedSessions(options.journal, clock, sessionLifeMs)
  const links = new Map<string, number>()
  const limit = createLoginLimit(clock)
  let judging: Promise<unknown> = Promise.resolve()

  /** A signed token: sessions outlive a restart of the server, and die with the admin token or password. */
  const sign = (audience: string, lifeMs: number): Promise<string> => {
    const now = Math.floor(clock.now() / 1000)
    return new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(options.issuer)
      .setAudience(audience)
      .setSubject('admin')
      .setJti(randomBytes(16).toString('hex'))
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + lifeMs / 1000)
      .sign(signingKey)
  }

  /** What a token says, when it is ours, for this audience and not expired. */
  const verify = async (token: string, audience: string): Promise<JWTPayload | undefined> => {
    try {
      const { payload } = await jwtVerify(token, signingKey, {
        issuer: options.issuer,
        audience,
        subject: 'admin',
        algorithms: ['HS256'],
        requiredClaims: ['exp', 'iat', 'jti'],
        currentDate: new Date(clock.now()),
      })
      return payload
    } catch {
      return undefined
    }
  }

  /** The session of a request, when it has one that goes on. */
  const sessionOf = async (headers: Headers): Promise<string | undefined> => {
    const cookie = readCookie(headers)
    const id = cookie && (await verify(cookie, sessionAudience))?.jti
    return id && !(await ended.has(id)) ? id : undefined
  }

  /** One after the other: a hashed password takes a thread and memory that everything else needs. */
  const judge = (password: string): Promise<boolean> => {
    const { adminPassword } = options
    if (adminPassword === undefined) return Promise.resolve(false)
    const judged = judging.then(() => isPassword(password, adminPassword))
    judging = judged.catch(() => undefined)
    return judged
  }

  const bearerActor = async (authorization: string): Promise<Actor> => {
    const token = /^Bearer (\S+)$/.exec(authorization)?.[1]
    if (token !== undefined && equalSecret(token, options.adminToken)) return adminActor
    if (token !== undefined && (await verify(token, loginAudience)) !== undefined) return adminActor
    const account = token === undefined ? undefined : await options.tokenActor(token)
    if (account !== undefined) return account
    throw new GantryError('Unauthorized', 'the bearer token is not valid; log in again')
  }

  return {
    passwordEnabled: options.adminPassword !== undefined,
    async authenticate(headers) {
      const authorization = headers.get('authorization')
      if (authorization !== null) return bearerActor(authorization)
      if ((await sessionOf(headers)) !== undefined) return adminActor
      throw new GantryError(
        'Unauthorized',
        'not signed in: send a bearer token, or open the link that `gantry up` printed',
      )
    },
    async login(password, address) {
      const succeed = limit.enter(address)
      if (!(await judge(password))) {
        throw new GantryError('Forbidden', 'the admin account is disabled or the password is wrong')
      }
      succeed()
      return sign(loginAudience, tokenLifeMs)
    },
    issueLinkCode() {
      const code = randomBytes(32).toString('base64url')
      forgetExpired(links, clock.now())
      links.set(code, clock.now() + linkLifeMs)
      return code
    },
    async redeem(code, request) {
      const expiresAt = links.get(code)
      links.delete(code)
      const isLink = expiresAt !== undefined && expiresAt > clock.now()
      if (!isLink && !equalSecret(code, options.adminToken)) {
        throw new GantryError(
          'Unauthorized',
          'this link was used or is too old; run `gantry link` for a new one',
        )
      }
      const session = await sign(sessionAudience, sessionLifeMs)
      const secure = isOverTls(request) ? '; Secure' : ''
      return `${sessionCookie}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${sessionLifeMs / 1000}${secure}`
    },
    async logout(headers) {
      const session = await sessionOf(headers)
      if (session !== undefined) await ended.add(session)
    },
  }
}

function forgetExpired(entries: Map<string, number>, now: number): void {
  for (const [key, expiresAt] of entries) if (expiresAt <= now) entries.delete(key)
}

/** As the page or the proxy in front says. Nobody else is harmed by a wrong word: it is about the sender's own cookie. */
function isOverTls(request: Headers | undefined): boolean {
  const origin = request?.get('origin') ?? ''
  return origin.startsWith('https:') || request?.get('x-forwarded-proto') === 'https'
}

function readCookie(headers: Headers): string | undefined {
  for (const part of (headers.get('cookie') ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === sessionCookie) return value
  }
  return undefined
}

/** Constant-time comparison of texts of any length. */
function equalSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

const scryptOf = promisify<string, Buffer, number, Buffer>(scrypt)

async function isPassword(given: string, configured: string): Promise<boolean> {
  const [scheme, salt, hash] = configured.split(':')
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined)
    return equalSecret(given, configured)
  return equalSecret((await scryptOf(given, Buffer.from(salt, 'hex'), 32)).toString('hex'), hash)
}
