import type { z } from 'zod'
import type { JsonObject } from './core/json.ts'
import type { LabelSelector } from './core/label-selector.ts'

/**
 * A webhook receiver: one file in `receivers/`, whose name is the key in `spec.webhookReceivers[]`. A payload is only a
 * hint to look: it names remotes, never versions to trust. Everything here is pure.
 */
export interface Receiver {
  readonly kind: string
  readonly summary: string
  /** The key of the Secret that holds the shared secret. */
  readonly secretKey: string
  /** How a request proves where it comes from, as a sentence. */
  readonly authentication: string
  /** What is acted on, for the documentation. */
  readonly events: readonly string[]
  /** What is answered to an event that is not acted on: Kargo answers 501 for some kinds. */
  readonly unsupported: 400 | 501
  /** What stands under the receiver's key in `spec.webhookReceivers[]`. */
  readonly config: z.ZodType
  readonly example: JsonObject
  /**
   * Throws Unauthorized unless the request proves that its sender knows the secret; constant time, before anything is
   * parsed. Absent: whoever knows the receiver's address is let in.
   */
  verify?(request: ReceivedRequest, secret: string): void
  /**
   * What the headers call the delivery, so that one that is turned away can be found at its sender. Nothing of it is
   * proven. Absent: only the body tells.
   */
  label?(request: ReceivedRequest): DeliveryLabel
  /** What the delivery is about. Throws BadRequest when it is malformed. */
  read(request: ReceivedRequest, config: unknown): Reading
}

export interface ReceivedRequest {
  /** Names in lower case; several values of one header in their order. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly query: Readonly<Record<string, readonly string[]>>
  readonly body: Uint8Array
  /** When it came, epoch milliseconds. */
  readonly now: number
}

export interface DeliveryLabel {
  /** The sender's name of the event, as in `push`. */
  readonly event: string
  /** The sender's name of this delivery, by which a repetition is known. */
  readonly deliveryId?: string | undefined
}

export type Reading = DeliveryLabel &
  (
    | {
        /** Look at whatever is subscribed to these. */
        readonly type: 'targets'
        readonly targets: readonly ReceivedTarget[]
      }
    | {
        /** Nothing to do, which is fine: a ping, or an event that changes nothing that can be subscribed to. */
        readonly type: 'ignored'
        readonly reason: string
      }
    | { readonly type: 'unsupported' }
    | {
        /** What the configuration says to do. */
        readonly type: 'actions'
        readonly actions: readonly ReceivedAction[]
        /** What tells two deliveries with the same body apart. */
        readonly distinction: string
      }
  )

export type ReceivedTarget = RemoteTarget | PullRequestTarget

/** Something changed at a remote. */
export type RemoteTarget =
  | {
      readonly type: 'git'
      /** Every spelling of the address that the sender tells. */
      readonly repoURLs: readonly string[]
      /** Full names of the refs that moved; none: any may have. */
      readonly refs: readonly string[]
      /** The paths that changed on these refs, only when they are all there. */
      readonly paths?: readonly string[] | undefined
      readonly defaultBranch?: string | undefined
    }
  | {
      readonly type: 'oci'
      readonly repoURLs: readonly string[]
      /** None: any may have moved. */
      readonly tags: readonly string[]
    }

/** A pull request was merged or closed. */
export interface PullRequestTarget {
  readonly type: 'pull-request'
  readonly urls: readonly string[]
}

export interface ReceivedAction {
  /** As configured. */
  readonly config: JsonObject
  /** Whether its condition holds. */
  readonly isMatched: boolean
  /** Why it cannot be done. */
  readonly error?: string | undefined
  /** Objects that any of these selects. */
  readonly selections: readonly ReceivedSelection[]
}

/** All that is said must hold. */
export interface ReceivedSelection {
  readonly kind: string
  readonly name?: string | undefined
  readonly labels?: LabelSelector | undefined
  readonly indices?:
    | readonly {
        readonly key: string
        readonly operator: 'Equals' | 'NotEquals'
        readonly value: string
      }[]
    | undefined
}

export interface ReceiverDefinition<C extends z.ZodType> extends Omit<
  Receiver,
  'config' | 'read' | 'example'
> {
  readonly config: C
  readonly example: z.input<C> & JsonObject
  read(request: ReceivedRequest, config: z.output<C>): Reading
}

export function defineReceiver<C extends z.ZodType>(definition: ReceiverDefinition<C>): Receiver {
  const { config: schema, read } = definition
  return { ...definition, read: (request, config) => read(request, schema.parse(config)) }
}
