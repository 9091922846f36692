/** Credentials for repositories: which secret serves a URL, and what it turns into. */

/** The repository types of the `kargo.akuity.io/cred-type` label. */
export type RepoType = 'git' | 'helm' | 'image'

/** A Secret as the look-up found it; `data` is decoded. */
export interface CredentialSecret {
  readonly namespace: string
  readonly name: string
  readonly type: RepoType
  readonly repoURL: string
  readonly repoURLIsRegex: boolean
  readonly data: Readonly<Record<string, string>>
}

/** What a client can use. Never in argv, logs or errors. */
export interface Credential {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly sshPrivateKey?: string | undefined
  readonly sshKnownHosts?: string | undefined
  /** Epoch milliseconds after which it must be looked up again. */
  readonly expiresAt?: number | undefined
  /** A digest of the secret's content: two look-ups with the same fingerprint may share caches. */
  readonly fingerprint: string
}

/** One kind of secret. */
export interface CredentialProvider {
  readonly kind: string
  readonly summary: string
  /** Whether this provider understands the secret for this URL. */
  matches(secret: CredentialSecret, url: string): boolean
  resolve(secret: CredentialSecret, url: string, signal: AbortSignal): Promise<Credential>
}

/** The credential for a URL as a Project sees it: its own secrets first, shared ones second. Undefined: anonymous. */
export interface CredentialLookup {
  find(request: {
    project: string
    type: RepoType
    url: string
    signal: AbortSignal
  }): Promise<Credential | undefined>
}
