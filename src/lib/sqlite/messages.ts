import type { JournalKind, JournalQuery } from '../../journal.ts'
import type { NewStoredRecord, StoredRecord } from '../journal/record.ts'
import type { Mutation } from '../object-table/persistence.ts'
import type { Batch, Row } from '../object-table/tables.ts'

/** What the main thread asks of the thread that owns the database. Requests are served in order. */
export type Request =
  | WriteRequest
  | ReadRequest
  /** Also served after a failure. */
  | { readonly id: number; readonly type: 'close' }

/** Writes that arrive while one commit is under way share the next one. */
export type WriteRequest =
  | { readonly id: number; readonly type: 'commit'; readonly mutation: Mutation }
  | {
      readonly id: number
      readonly type: 'append'
      readonly records: readonly NewStoredRecord[]
    }
  | {
      readonly id: number
      readonly type: 'prune'
      readonly kind: JournalKind
      readonly before: number
      /** Only records after this one; the answer says where the next request goes on. */
      readonly after: number
    }
  | { readonly id: number; readonly type: 'setMeta'; readonly name: string; readonly value: string }

/** Reads see every write before them. */
export type ReadRequest =
  | { readonly id: number; readonly type: 'load' }
  | { readonly id: number; readonly type: 'range'; readonly query: JournalQuery }

export interface Answers {
  readonly commit: undefined
  readonly append: readonly number[]
  readonly prune: { readonly pruned: number; readonly next: number | undefined }
  readonly setMeta: undefined
  readonly load: { readonly lastSeq: number }
  readonly range: {
    readonly records: readonly StoredRecord[]
    readonly next: number | undefined
  }
  readonly close: undefined
}

/** What that thread says. */
export type Reply =
  /** The first message: the database is open and owned. */
  | { readonly type: 'open'; readonly meta: Readonly<Record<string, string>> }
  /** Objects, on the way to the answer of `load`. */
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'row'; readonly row: Row }
  | {
      readonly type: 'answers'
      readonly answers: readonly { readonly id: number; readonly answer: unknown }[]
    }
  /** Nothing can be read or written any more. */
  | { readonly type: 'broken'; readonly failure: Failure }

/** A GantryError on its way between threads. */
export interface Failure {
  readonly code: 'Unavailable' | 'NotSupported'
  readonly message: string
}
