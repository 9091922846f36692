import { asGantryError, GantryError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Warehouse } from '../../core/kinds/warehouse.ts'
import type { Source } from '../../source.ts'

/** One entry of `spec.subscriptions`, with the source that understands it. */
export interface Subscription {
  readonly index: number
  readonly name: string | undefined
  readonly source: Source
  /** What stands under the key of its type. */
  readonly body: JsonObject
  /** Normalised address. */
  readonly remote: string
}

/** An entry that cannot be looked at at all. */
export interface BrokenSubscription {
  readonly index: number
  readonly name: string | undefined
  readonly error: GantryError
}

/** Keys beside the one that names the type; `subscriptionType` is what Kargo adds when it writes an entry back. */
const otherKeys = new Set(['name', 'subscriptionType'])

export function readSubscriptions(
  { spec }: Pick<Warehouse, 'spec'>,
  sources: readonly Source[],
): readonly (Subscription | BrokenSubscription)[] {
  return spec.subscriptions.map((entry, index) => {
    const name =
      typeof entry['name'] === 'string' && entry['name'] !== '' ? entry['name'] : undefined
    const [kind, ...others] = Object.keys(entry).filter((key) => !otherKeys.has(key))
    const source = sources.find((candidate) => candidate.kind === kind)
    const body = kind === undefined ? undefined : entry[kind]
    const broken = (code: 'Invalid' | 'NotSupported', why: string): BrokenSubscription => ({
      index,
      name,
      error: new GantryError(code, why),
    })
    if (kind === undefined || others.length > 0)
      return broken('Invalid', 'a subscription needs exactly one key that names its type')
    if (source === undefined) return broken('NotSupported', `there is no source of type ${kind}`)
    if (!isJsonObject(body)) return broken('Invalid', `what stands under ${kind} is not an object`)
    try {
      return { index, name, source, body, remote: source.remote(body) }
    } catch (thrown) {
      return broken('Invalid', asGantryError(thrown).message)
    }
  })
}

export type Entries = readonly (Subscription | BrokenSubscription)[]

export function isBroken(
  subscription: Subscription | BrokenSubscription,
): subscription is BrokenSubscription {
  return 'error' in subscription
}

/** How a subscription is called in sentences. */
export function titleOf(subscription: Subscription | BrokenSubscription): string {
  const { index, name } = subscription
  const what = isBroken(subscription)
    ? undefined
    : `${subscription.source.kind} ${subscription.remote}`
  const called = name === undefined ? `subscription ${index}` : `subscription ${name}`
  return what === undefined ? called : `${called} (${what})`
}

/** The host that a normalised address is on: what discoveries are limited by. */
export function hostOf(remote: string): string {
  const withoutScheme = remote.replace(/^[a-z]+:\/\//, '')
  const authority = withoutScheme.split('/', 1)[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  return /[.:]/.test(host) || host === 'localhost' ? host : 'docker.io'
}
