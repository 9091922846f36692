import { createHash } from 'node:crypto'
import { asGantryError, hasCode } from '../../core/errors.ts'
import { refKey } from '../../core/kinds/kind.ts'
import type { DeliveryLabel, Reading } from '../../receiver.ts'
import { toProblem } from '../problem.ts'
import { act, type Actable, type Acted } from './act.ts'
import type { DeliveryLog, DeliveryOutcome, DeliveryRecord } from './delivery-log.ts'
import type { FoundReceiver } from './find-receiver.ts'
import type { Delivery, WebhookAnswer, WebhookLimits, WebhookParts } from './parts.ts'
import { createTokens } from './refresh.ts'
import { createReplays } from './replays.ts'

export interface Deliverer {
  /** Takes one delivery and says what to answer. Never rejects. */
  deliver(found: FoundReceiver, delivery: Delivery): Promise<WebhookAnswer>
  /** Forgets what was put off. */
  stop(): void
}

/** What a delivery came to, before it is written down. */
interface Outcome extends Omit<DeliveryRecord, 'from' | 'durationMs' | 'status'> {
  readonly answer: WebhookAnswer
}

export function createDeliverer(
  parts: WebhookParts,
  limits: WebhookLimits,
  log: DeliveryLog,
): Deliverer {
  const { clock } = parts
  const replays = createReplays({ clock, ...limits })
  const newToken = createTokens(clock)
  const putOff = new Set<() => void>()

  /** Does it, and lets the sender try again when it could not be done. */
  const perform = async (
    found: FoundReceiver,
    reading: Actable,
    id: string | undefined,
    body: string,
  ): Promise<Outcome> => {
    const acted = await act(parts, found, reading, newToken)
    if (!acted.isOk) replays.forget(id, body)
    return {
      ...factsOf(reading, acted),
      outcome: acted.isOk ? 'accepted' : 'failed',
      answer: acted.answer,
    }
  }

  const performLater = (
    found: FoundReceiver,
    reading: Actable,
    delivery: Delivery,
    body: string,
    inMs: number,
  ): void => {
    const cancel = clock.after(inMs, () => {
      putOff.delete(cancel)
      const since = clock.monotonic()
      perform(found, reading, undefined, body)
        .then((outcome) => write(found, delivery, { ...outcome, isLate: true }, since))
        .catch((thrown: unknown) =>
          parts.log.warn('a webhook that was put off failed', {
            receiver: found.name,
            error: asGantryError(thrown).message,
          }),
        )
    })
    putOff.add(cancel)
  }

  const write = async (
    found: FoundReceiver,
    { from }: Delivery,
    { answer, isLate, ...record }: Outcome & { readonly isLate?: boolean },
    since: number,
  ): Promise<void> => {
    const durationMs = Math.round(clock.monotonic() - since)
    const message = isLate === true ? `put off until now: ${record.message}` : record.message
    await log.add(found, { ...record, message, from, durationMs, status: answer.status })
  }

  const judge = async (found: FoundReceiver, delivery: Delivery): Promise<Outcome> => {
    parts.redactor.add(found.secret)
    found.receiver.verify?.(delivery, found.secret)
    const reading = found.receiver.read(delivery, found.config)
    const about = labelOf(reading)
    const { event = '', deliveryId } = about
    switch (reading.type) {
      case 'ignored': {
        const message = `nothing to do: ${reading.reason}`
        return { ...about, outcome: 'ignored', message, answer: said(message) }
      }
      case 'unsupported': {
        const message = `event ${JSON.stringify(event.slice(0, maxIdLength))} is not supported`
        const { unsupported: status } = found.receiver
        const code = status === 501 ? 'NotSupported' : 'BadRequest'
        const body = { error: message, code }
        return { ...about, outcome: 'unsupported', message, answer: { status, body } }
      }
      case 'targets':
      case 'actions': {
        const body = fingerprint(found, delivery, reading)
        // Ids are not always of one delivery: GitLab gives the same to hooks that set off one another.
        const id = deliveryId === undefined ? undefined : `${deliveryId} ${body}`
        const verdict = replays.judge(id, body)
        if (verdict.type === 'new')
          return { ...about, ...(await perform(found, reading, id, body)) }
        const ago = `the same came ${Math.round(verdict.agoMs / 1000)} s ago`
        const message =
          verdict.type === 'seen'
            ? `nothing to do: ${ago}`
            : `${ago}: looking once more in ${Math.ceil(verdict.inMs / 1000)} s`
        if (verdict.type === 'later') performLater(found, reading, delivery, body, verdict.inMs)
        return { ...about, outcome: 'replay', message, answer: said(message) }
      }
    }
  }

  return {
    async deliver(found, delivery) {
      const since = clock.monotonic()
      const outcome = await judge(found, delivery).catch((thrown: unknown) => ({
        ...labelOf(found.receiver.label?.(delivery)),
        ...refused(parts, thrown),
      }))
      await write(found, delivery, outcome, since)
      return outcome.answer
    },
    stop() {
      for (const cancel of putOff) cancel()
      putOff.clear()
    },
  }
}

const maxIdLength = 200

function labelOf(label: DeliveryLabel | undefined): Pick<Outcome, 'event' | 'deliveryId'> {
  const deliveryId = label?.deliveryId?.slice(0, maxIdLength)
  return {
    ...(label !== undefined && label.event !== '' && { event: label.event }),
    ...(deliveryId !== undefined && { deliveryId }),
  }
}

function said(message: string): WebhookAnswer {
  return { status: 200, body: { msg: message } }
}

function refused(parts: WebhookParts, thrown: unknown): Outcome {
  const { status, problem, error } = toProblem(thrown, parts.redactor)
  const outcome: DeliveryOutcome = hasCode(thrown, 'Unauthorized')
    ? 'forged'
    : hasCode(thrown, 'BadRequest')
      ? 'malformed'
      : 'failed'
  if (outcome === 'failed')
    parts.log.error('webhook failed', { error: error.message, stack: error.stack })
  return { outcome, message: problem.error, answer: { status, body: problem } }
}

/** What makes two deliveries the same, whatever unsigned headers they carry. */
function fingerprint(found: FoundReceiver, { body, query }: Delivery, reading: Reading): string {
  const distinction = reading.type === 'actions' ? reading.distinction : ''
  return createHash('sha256')
    .update(JSON.stringify([found.path, query, distinction]))
    .update(body)
    .digest('base64')
}

const shownObjects = 20

function factsOf(reading: Actable, { message, refreshed }: Acted) {
  const about =
    reading.type === 'targets'
      ? reading.targets.map((target) =>
          target.type === 'pull-request'
            ? (target.urls[0] ?? '')
            : [target.repoURLs[0], ...(target.type === 'git' ? target.refs : target.tags)].join(
                ' ',
              ),
        )
      : undefined
  return {
    event: reading.event,
    message,
    about,
    refreshedCount: refreshed.filter(({ error }) => error === undefined).length,
    refreshed: refreshed
      .slice(0, shownObjects)
      .map(({ chosen }) => `${chosen.kind.kind}/${refKey(chosen.object.metadata)}`),
  }
}
