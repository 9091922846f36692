/**
 * A webhook receiver: one file in `receivers/`, whose name is the key in `spec.webhookReceivers[]`. A payload is only a
 * hint to look: it names remotes, never versions to trust.
 */
export interface Receiver {
  readonly kind: string
  readonly summary: string
  /** The key of the Secret that holds the shared secret. */
  readonly secretKey: string
  /** Throws Unauthorized unless the request is signed with the secret; constant time. */
  verify(request: ReceivedRequest, secret: string): void
  /** What the payload is about. Throws BadRequest when it is malformed. */
  targets(request: ReceivedRequest): readonly ReceivedTarget[]
}

export interface ReceivedRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export type ReceivedTarget =
  | {
      readonly type: 'git'
      readonly repoURL: string
      readonly ref?: string
      readonly paths?: readonly string[]
    }
  | { readonly type: 'image' | 'chart'; readonly repoURL: string; readonly tag?: string }
  | { readonly type: 'pull-request'; readonly url: string }
