import type { JsonObject } from './core/json.ts'

/**
 * History: append-only records with time, subject, kind and payload. Events, decisions of the kernel, step logs,
 * measurement series, webhook deliveries and audit live here, so that objects stay small and history never bounds them.
 */
export interface Journal {
  /** Resolves with the records' sequence numbers once they are durable. One call is one transaction. */
  append(records: readonly NewJournalRecord[]): Promise<readonly number[]>
  /** Records in order of their sequence number. */
  range(query: JournalQuery): Promise<JournalPage>
  /** Deletes the records of a kind that are older than `before` (epoch milliseconds); resolves with how many. */
  prune(kind: JournalKind, before: number): Promise<number>
  close(): Promise<void>
}

/**
 * What a record is about:
 * `event` a core/v1 Event; `decision` a verdict of the gate kernel with its inputs; `step-log` a line of a step;
 * `measurement` one sample of a metric; `delivery` one webhook call; `audit` who wrote what.
 */
export type JournalKind = (typeof journalKinds)[number]

export const journalKinds = [
  'event',
  'decision',
  'step-log',
  'measurement',
  'delivery',
  'audit',
] as const

export interface NewJournalRecord {
  /** Epoch milliseconds. */
  readonly time: number
  readonly kind: JournalKind
  /** `<Kind>/<namespace>/<name>`, as in `Promotion/demo/prod.01J...`; cluster-scoped `<Kind>/<name>`. */
  readonly subject: string
  readonly payload: JsonObject
}

export interface JournalRecord extends NewJournalRecord {
  /** Strictly increasing over the whole journal. */
  readonly seq: number
}

export interface JournalQuery {
  readonly kind?: JournalKind | undefined
  readonly subject?: string | undefined
  /** Every subject that begins so, as in `Promotion/demo/`. */
  readonly subjectPrefix?: string | undefined
  /** Inclusive, epoch milliseconds. */
  readonly from?: number | undefined
  /** Exclusive, epoch milliseconds. */
  readonly to?: number | undefined
  /** Only records after (`asc`) or before (`desc`) this sequence number. */
  readonly after?: number | undefined
  readonly order?: 'asc' | 'desc' | undefined
  /** At most this many, 1..1000; default 100. */
  readonly limit?: number | undefined
}

export interface JournalPage {
  readonly records: readonly JournalRecord[]
  /** Hand it back as `after` for the next page; absent at the end. */
  readonly next?: number | undefined
}
