import type { Clock } from '../../core/clock.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type { LabelSelector } from '../../core/label-selector.ts'
import type { Logger } from '../../core/log.ts'
import type { Redactor } from '../../core/redact.ts'
import type { Journal } from '../../journal.ts'
import type { ReceivedRequest, Receiver } from '../../receiver.ts'
import type { Source } from '../../source.ts'
import type { Ref, Store } from '../../store.ts'

/** What the receivers' server is made of; `serve.ts` hands it over. */
export interface WebhookParts {
  readonly receivers: readonly Receiver[]
  readonly sources: readonly Source[]
  /** The objects as the process knows them: deliveries must not cost a read of the store. */
  readonly objects: ObjectIndex
  readonly store: Pick<Store, 'patch'>
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  /** Where the Secrets of the installation's receivers are. */
  readonly systemNamespace: string
  /** Whether `objects` is filled. */
  ready(): boolean
  readonly limits?: Partial<WebhookLimits> | undefined
}

/** Fast look-ups in memory. */
export interface ObjectIndex {
  get<T extends KubeObject>(kind: Kind<T>, ref: Ref): T | undefined
  list<T extends KubeObject>(
    kind: Kind<T>,
    query?: {
      readonly namespace?: string | undefined
      readonly index?: { readonly name: string; readonly key: string } | undefined
      readonly labels?: LabelSelector | undefined
    },
  ): readonly T[]
}

export interface WebhookLimits {
  readonly maxBodyBytes: number
  /** How long a sender may take for its body. */
  readonly bodyMs: number
  /** Deliveries at work at a time, over all and for one receiver. */
  readonly maxConcurrent: number
  readonly maxConcurrentPerReceiver: number
  /** Deliveries that one receiver takes: so many a second, and so many at once after a quiet time. */
  readonly perSecond: number
  readonly burst: number
  /** A delivery of a name that was seen so long ago does nothing. */
  readonly idWindowMs: number
  /** The same body is looked into once in so long. */
  readonly bodyWindowMs: number
}

export const defaultWebhookLimits: WebhookLimits = {
  maxBodyBytes: 2 * 1024 * 1024,
  bodyMs: 10_000,
  maxConcurrent: 32,
  maxConcurrentPerReceiver: 8,
  perSecond: 20,
  burst: 200,
  idWindowMs: 300_000,
  bodyWindowMs: 30_000,
}

/** A request for a receiver, read and measured. */
export interface Delivery extends ReceivedRequest {
  /** The address it came from. */
  readonly from: string
}

/** What is sent back. */
export interface WebhookAnswer {
  readonly status: number
  readonly body: object
  readonly retryAfterMs?: number | undefined
}
