import { GantryError } from '../../core/errors.ts'
import { deepFreeze, isJsonObject, type JsonObject } from '../../core/json.ts'
import {
  type JournalKind,
  journalKinds,
  type JournalRecord,
  type NewJournalRecord,
} from '../../journal.ts'

/** A record as it goes to a disk: checked, its payload as text. */
export interface NewStoredRecord {
  readonly time: number
  readonly kind: JournalKind
  readonly subject: string
  readonly payload: string
}

/** A record as it comes from a disk. */
export interface StoredRecord extends Omit<NewStoredRecord, 'kind'> {
  readonly seq: number
  readonly kind: string
}

const maxPayloadBytes = 1024 * 1024

/**
 * Lets only records through that can be kept.
 * @throws GantryError BadRequest, TooLarge
 */
export function toStored({ time, kind, subject, payload }: NewJournalRecord): NewStoredRecord {
  if (!Number.isSafeInteger(time)) throw refused('time', 'must be whole milliseconds')
  if (!journalKinds.includes(kind))
    throw refused('kind', `must be one of ${journalKinds.join(', ')}`)
  if (typeof subject !== 'string' || subject === '') throw refused('subject', 'must not be empty')
  if (!isJsonObject(payload)) throw refused('payload', 'must be an object')
  const text = JSON.stringify(payload)
  if (text.length * 3 > maxPayloadBytes && Buffer.byteLength(text) > maxPayloadBytes)
    throw new GantryError(
      'TooLarge',
      `cannot journal the record about ${subject}: its payload is larger than ${maxPayloadBytes} bytes`,
      { field: 'payload' },
    )
  return { time, kind, subject, payload: text }
}

/** The record as readers get it, frozen. Its kind was checked on the way in. */
export function fromStored(stored: StoredRecord): JournalRecord {
  return deepFreeze({
    ...stored,
    kind: stored.kind as JournalKind,
    payload: payloadOf(stored.payload),
  })
}

/** The payload of a stored record. */
export function payloadOf(text: string): JsonObject {
  const value: unknown = JSON.parse(text)
  return isJsonObject(value) ? value : {}
}

function refused(field: string, why: string): GantryError {
  return new GantryError('BadRequest', `cannot journal the record: its ${field} ${why}`, { field })
}
