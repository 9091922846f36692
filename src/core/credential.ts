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
  /** It lies in the shared namespace: Projects use it that did not write it and may not read it. */
  readonly shared: boolean
  readonly annotations: Readonly<Record<string, string>>
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
  /**
   * A digest of who it is, not of the token of the hour: two look-ups with the same fingerprint may share caches, and a
   * renewed token keeps them.
   */
  readonly fingerprint: string
}

/** A URL that a Project wants to reach. */
export interface CredentialRequest {
  readonly project: string
  readonly type: RepoType
  readonly url: string
  /**
   * What `find` gave before and the far side just refused. A token of a while ago may have been taken back early: then
   * another is got. The same one comes back where there is no better.
   */
  readonly refused?: Pick<Credential, 'password' | 'fingerprint'> | undefined
  readonly signal: AbortSignal
}

/**
 * The credential for a URL as a Project sees it: its own secrets first, shared ones second, Gantry's own identity last.
 * Undefined: anonymous. Rejects when a token cannot be had for the secret that serves the URL.
 */
export interface CredentialLookup {
  find(request: CredentialRequest): Promise<Credential | undefined>
}

/** What an exchange gave. */
export interface IssuedToken {
  readonly username: string
  readonly password: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Tokens by identity: renewed before they expire, by one exchange at a time however many ask. */
export interface TokenCache {
  get(
    identity: string,
    exchange: (signal: AbortSignal) => Promise<IssuedToken>,
    signal: AbortSignal,
  ): Promise<IssuedToken>
}
