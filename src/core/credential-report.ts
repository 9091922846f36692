/** What `check credentials` found. Nothing in it is secret. */
export interface CredentialReport {
  readonly project: string
  readonly addresses: readonly CheckedAddress[]
  readonly secrets: readonly CheckedSecret[]
  /** Steps whose repository is only known when they run. */
  readonly unknown: readonly string[]
  /** False when something that is in use does not work. */
  readonly ok: boolean
}

export interface CheckedAddress {
  readonly type: 'git' | 'helm' | 'image'
  readonly url: string
  readonly usedBy: readonly string[]
  readonly state: 'ok' | 'refused' | 'unreachable' | 'failed' | 'not tried'
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly latencyMs?: number | undefined
  /** The Secret that serves it, as `namespace/name`; absent: Gantry's own identity, or anonymous. */
  readonly secret?: string | undefined
  /** The kind of credential; absent: anonymous. */
  readonly kind?: string | undefined
  /** A user name, the id of an app. */
  readonly identity?: string | undefined
  readonly passedOver: readonly { readonly secret: string; readonly why: string }[]
}

export interface CheckedSecret {
  readonly secret: string
  readonly type: 'git' | 'helm' | 'image'
  /** Absent for shared ones where the reader may not list those. */
  readonly repoURL?: string | undefined
  readonly isPattern: boolean
  readonly serves: readonly string[]
  readonly state: 'works' | 'broken' | 'unused'
  readonly problems: readonly string[]
}
