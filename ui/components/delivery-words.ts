import type { Tone } from '../kit/mark.tsx'

/** What the log of deliveries says of one. */
export interface Delivery {
  readonly time: string
  readonly receiver: string
  readonly event?: string
  readonly outcome: string
  readonly message: string
  readonly from?: string
  readonly about?: readonly string[]
  /** `<Kind>/<namespace>/<name>`; not all, when there are many. */
  readonly refreshed?: readonly string[]
  readonly refreshedCount?: number
  /** Deliveries before this one that found no room in the log. */
  readonly notLogged?: number
}

export interface DeliveryWords {
  readonly tone: Tone
  readonly word: string
  /** What it was about, as the sender calls it. */
  readonly about?: string | undefined
  readonly sentence?: string | undefined
}

const refusals: Readonly<Record<string, readonly [Tone, string]>> = {
  forged: ['bad', 'forged'],
  malformed: ['bad', 'malformed'],
  failed: ['bad', 'failed'],
  'too-large': ['bad', 'too large'],
  'too-slow': ['bad', 'too slow'],
  'rate-limited': ['waiting', 'too many'],
  unsupported: ['none', 'not supported'],
  replay: ['none', 'repeated'],
  ignored: ['none', 'nothing to do'],
}

/** What came of a delivery, as one word or two and what there is to add, for whoever looks at a Warehouse. */
export function describeDelivery(delivery: Delivery, warehouse: string): DeliveryWords {
  const { outcome, message, about = [], from = '', notLogged = 0 } = delivery
  const more = notLogged > 0 ? ` ${notLogged} more were not written down.` : ''
  if (outcome === 'accepted') {
    const count = delivery.refreshedCount ?? 0
    return {
      tone: count > 0 ? 'good' : 'none',
      word: count > 0 ? `woke ${whom(delivery, count, warehouse)}` : 'woke nothing',
      about: about.join(', ') || undefined,
      sentence:
        count > 0 ? more || undefined : `No subscription and no promotion waits for this.${more}`,
    }
  }
  const [tone, word] = refusals[outcome] ?? ['none', outcome]
  const isFromStranger = outcome === 'forged' || outcome === 'rate-limited'
  const sender = isFromStranger && from !== '' ? ` It came from ${from}.` : ''
  return { tone, word, sentence: `${capital(said(delivery, message))}.${sender}${more}` }
}

/** The server's sentence, without what the word before it says. */
function said({ outcome, event = '' }: Delivery, message: string): string {
  if (outcome === 'unsupported' && event !== '')
    return 'nothing is done on this event, and the sender need not send it'
  return message
    .replace(/^nothing to do: /, '')
    .replace(/^the payload is malformed: /, 'not as it should be: ')
}

/** Names that say more than a number. */
const maxNames = 3

function whom({ refreshed = [] }: Delivery, count: number, warehouse: string): string {
  const isThis = (key: string): boolean => key.startsWith('Warehouse/') && nameOf(key) === warehouse
  const others = refreshed.filter((key) => !isThis(key)).map(nameOf)
  const names = refreshed.some(isThis) ? ['this Warehouse', ...others] : others
  const unnamed = count - maxNames
  if (unnamed <= 0) return listed(names)
  return `${names.slice(0, maxNames).join(', ')} and ${unnamed} more`
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
