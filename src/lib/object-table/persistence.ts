import type { NewStoredRecord } from '../journal/record.ts'
import type { Row } from './tables.ts'

/** What one write changes: all of it or nothing. */
export interface Mutation {
  readonly rows: readonly Row[]
  readonly records: readonly NewStoredRecord[]
}

/** Where mutations go to last. */
export interface Persistence {
  /** Resolves once the mutation is durable. Mutations become durable in the order of the calls. */
  commit(mutation: Mutation): Promise<void>
  /** Resolves with the reason when it finds by itself that it can no longer write. */
  readonly broken?: Promise<Error>
  close(): Promise<void>
}
