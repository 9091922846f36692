import type { z } from 'zod'
import type { Clock } from './core/clock.ts'
import type {
  Credential,
  CredentialRequest,
  CredentialSecret,
  RepoType,
  TokenCache,
} from './core/credential.ts'
import type { HttpCapability } from './core/http.ts'

export type {
  Credential,
  CredentialLookup,
  CredentialRequest,
  CredentialSecret,
  IssuedToken,
  RepoType,
  TokenCache,
} from './core/credential.ts'

/**
 * A kind of credential: one file in `credentials/`. It either turns a Secret into something a client can use, or stands
 * for Gantry's own identity at a cloud. When several match, the first by file name is used: let them exclude each other.
 */
export type CredentialProvider = SecretCredential | AmbientCredential

/** Made from a Secret that serves the address. */
export interface SecretCredential {
  readonly from: 'secret'
  readonly kind: string
  readonly summary: string
  /** The `cred-type` labels under which it is understood. */
  readonly types: readonly RepoType[]
  /** The keys of the Secret that matter, beside `repoURL` and `repoURLIsRegex`. */
  readonly keys: z.ZodType
  /** The keys whose values are secret. */
  readonly secretKeys: readonly string[]
  /** The `data` of a Secret, in clear, that it takes. */
  readonly example: Readonly<Record<string, string>>
  /** Whether this provider understands the Secret for this URL. Pure. */
  matches(secret: CredentialSecret, url: string): boolean
  /** Who it acts as, for people: a user name, the id of an app. Pure, and no secret. */
  identify(secret: CredentialSecret): string
  resolve(
    secret: CredentialSecret,
    request: CredentialRequest,
    tools: ExchangeTools,
  ): Promise<Credential>
}

/**
 * Gantry's own identity, for addresses that no Secret serves. Only where the operator lets it
 * (`CREDENTIAL_PROVIDERS_ENABLED`); its `tools.http` may reach the cloud's identity service, which nothing else may.
 */
export interface AmbientCredential {
  readonly from: 'ambient'
  readonly kind: string
  readonly summary: string
  /** The environment variables that matter, as the cloud documents them. */
  readonly settings: z.ZodType
  matches(request: Pick<CredentialRequest, 'type' | 'url'>): boolean
  /** Undefined when this machine has no identity at that cloud: access is then anonymous. */
  resolve(request: CredentialRequest, tools: ExchangeTools): Promise<Credential | undefined>
}

/** What a provider may touch. */
export interface ExchangeTools {
  readonly http: HttpCapability
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a small file that the environment names, such as a mounted token. Throws NotFound or TooLarge. */
  readFile(path: string): Promise<string>
  readonly tokens: TokenCache
  /** Has a value masked wherever it turns up: for everything secret that is read or received on the way to a token. */
  conceal(value: string): void
}

export function defineCredential(provider: Omit<SecretCredential, 'from'>): SecretCredential {
  return { from: 'secret', ...provider }
}

export function defineAmbientCredential(
  provider: Omit<AmbientCredential, 'from'>,
): AmbientCredential {
  return { from: 'ambient', ...provider }
}
