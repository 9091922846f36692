import { createHmac } from 'node:crypto'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { ReceivedTarget } from '../../src/receiver.ts'

/** A delivery as the sender would make it, and what it must be understood as. */
export interface Sample {
  readonly name: string
  /** Of `X-GitHub-Event` and the like; not of the signature. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
  /** The targets, or how else it is understood. */
  readonly expect: readonly ReceivedTarget[] | 'ignored' | 'unsupported' | 'actions'
}

/** The samples of one kind of receiver. */
export interface Samples {
  /** What stands under the receiver's key, beside `secretRef`. */
  readonly config?: JsonObject
  /** The header that proves where the body comes from; none where the address does. */
  sign?(body: string, secret: string): Readonly<Record<string, string>>
  /** The header by which a repeated delivery is known; none where the body tells. */
  readonly idHeader?: string
  readonly samples: readonly Sample[]
}

export function hmac(header: string, prefix = 'sha256='): NonNullable<Samples['sign']> {
  return (body, secret) => ({
    [header]: prefix + createHmac('sha256', secret).update(body).digest('hex'),
  })
}
