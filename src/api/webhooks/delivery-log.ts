import { asGantryError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { FoundReceiver } from './find-receiver.ts'
import type { WebhookParts } from './parts.ts'
import { createRate } from './rate.ts'

/** How a delivery ended. */
export type DeliveryOutcome =
  | 'accepted'
  | 'ignored'
  | 'replay'
  | 'forged'
  | 'malformed'
  | 'unsupported'
  | 'too-large'
  | 'too-slow'
  | 'rate-limited'
  | 'failed'

/** One line of the log. No body, no secret: what it was about, in a few words. */
export interface DeliveryRecord {
  readonly outcome: DeliveryOutcome
  readonly status: number
  readonly event?: string | undefined
  readonly deliveryId?: string | undefined
  readonly from: string
  readonly message: string
  /** The remotes or pull requests that it named. */
  readonly about?: readonly string[] | undefined
  /** `<Kind>/<namespace>/<name>` of what is looked at because of it; the first of them. */
  readonly refreshed?: readonly string[] | undefined
  readonly refreshedCount?: number | undefined
  readonly durationMs: number
}

export interface DeliveryLog {
  add(found: FoundReceiver, record: DeliveryRecord): Promise<void>
  /** Deliveries since the start, by kind of receiver and outcome. */
  counts(): readonly { readonly kind: string; readonly outcome: string; readonly count: number }[]
}

/** The journal's subject of a receiver. */
export function receiverSubject(project: string | undefined, name: string): string {
  return project === undefined
    ? `ClusterWebhookReceiver/${name}`
    : `WebhookReceiver/${project}/${name}`
}

/** What was let in is worth more room than what was turned away: no flood of forgeries fills the journal. */
const room = {
  good: { perSecond: 20 / 60, burst: 200 },
  bad: { perSecond: 4 / 60, burst: 20 },
} as const
const good: ReadonlySet<DeliveryOutcome> = new Set(['accepted', 'ignored', 'failed'])
const maxText = 300
const maxItems = 20

export function createDeliveryLog({
  journal,
  clock,
  log,
  redactor,
}: Pick<WebhookParts, 'journal' | 'clock' | 'log' | 'redactor'>): DeliveryLog {
  const rates = {
    good: createRate(clock, room.good.perSecond, room.good.burst),
    bad: createRate(clock, room.bad.perSecond, room.bad.burst),
  }
  const counts = new Map<string, { kind: string; outcome: string; count: number }>()
  /** Deliveries that found no room, since the last that did. */
  const skipped = new Map<string, number>()
  const short = (text: string): string => redactor.redact(text).slice(0, maxText)

  const count = (kind: string, outcome: string): void => {
    const key = `${kind} ${outcome}`
    const entry = counts.get(key) ?? { kind, outcome, count: 0 }
    entry.count += 1
    counts.set(key, entry)
  }

  return {
    async add(found, record) {
      count(found.receiver.kind, record.outcome)
      const subject = receiverSubject(found.project, found.name)
      const rate = good.has(record.outcome) ? rates.good : rates.bad
      if (rate.take(subject) !== undefined) {
        skipped.set(subject, (skipped.get(subject) ?? 0) + 1)
        return
      }
      const notLogged = skipped.get(subject)
      skipped.delete(subject)
      const payload: JsonObject = {
        receiver: found.name,
        kind: found.receiver.kind,
        ...(found.project !== undefined && { project: found.project }),
        outcome: record.outcome,
        status: record.status,
        ...(record.event !== undefined && { event: short(record.event) }),
        ...(record.deliveryId !== undefined && { deliveryId: short(record.deliveryId) }),
        from: record.from,
        message: short(record.message),
        ...(record.about !== undefined && { about: record.about.slice(0, maxItems).map(short) }),
        ...(record.refreshed !== undefined && { refreshed: record.refreshed.slice(0, maxItems) }),
        refreshedCount: record.refreshedCount ?? record.refreshed?.length ?? 0,
        durationMs: record.durationMs,
        ...(notLogged !== undefined && { notLogged }),
      }
      try {
        await journal.append([{ time: clock.now(), kind: 'delivery', subject, payload }])
      } catch (thrown) {
        log.warn('cannot record a delivery', { subject, error: asGantryError(thrown).message })
      }
    },
    counts: () => [...counts.values()],
  }
}
