import { GantryError } from '../../core/errors.ts'
import { deepFreeze } from '../../core/json.ts'
import type { KubeObject } from '../../core/kinds/kind.ts'
import type { NewStoredRecord } from '../journal/record.ts'
import { type Change, ChangeLog } from './change-log.ts'
import { cloneJson } from '../../core/clone-json.ts'
import { Entry } from './entry.ts'
import { bookmarkEvery } from './watch.ts'
import type { Persistence } from './persistence.ts'
import { atVersion } from './rules.ts'
import type { Table } from './table.ts'
import { keyOf, type Operation, type Tables, toRow } from './tables.ts'

/** What a write came to: its answer, and what has to become durable before the answer is given. */
export interface Plan<R> {
  /** Asked for while the disk is at work, not before. */
  answer(): R
  readonly operations: readonly Operation[]
  readonly records: readonly NewStoredRecord[]
}

/** The plan of a write that leaves the store as it is: a dry run, or one that changes nothing. */
export function nothingWritten(object: KubeObject): Plan<KubeObject> {
  const answer = (): KubeObject =>
    Object.isFrozen(object) ? object : deepFreeze(cloneJson(object))
  return { answer, operations: [], records: [] }
}

/** Kubernetes' own bound, so that what fits here fits there. */
const maxObjectBytes = 1.5 * 1024 * 1024

/**
 * The order of all writes. One write at a time is admitted and computed, against the head; it then becomes durable
 * together with others, and only after that becomes visible, is told to watchers and acknowledged.
 */
export class Ledger {
  readonly tables: Tables
  readonly failed: Promise<Error>
  readonly #persistence: Persistence
  readonly #logs = new Map<Table, ChangeLog>()
  readonly #reportFailure: (error: Error) => void
  #headSeq: number
  #committedSeq: number
  #bookmarkedSeq: number
  #failure: Error | undefined
  #isClosed = false
  /** Ends when the last write in line is computed. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Ends when everything staged is settled. */
  #settled: Promise<unknown> = Promise.resolve()

  constructor(tables: Tables, persistence: Persistence, startSeq: number, logCapacity: number) {
    this.tables = tables
    this.#persistence = persistence
    this.#headSeq = startSeq
    this.#committedSeq = startSeq
    this.#bookmarkedSeq = startSeq
    for (const table of tables.all()) this.#logs.set(table, new ChangeLog(logCapacity, startSeq))
    const failure = Promise.withResolvers<Error>()
    this.failed = failure.promise
    this.#reportFailure = failure.resolve
    void persistence.broken?.then((error) => this.#fail(error))
  }

  /** The version that readers see. */
  get committedSeq(): number {
    return this.#committedSeq
  }

  /**
   * Whether the store was closed.
   * @throws GantryError Unavailable when it has failed
   */
  isEnded(): boolean {
    if (this.#failure !== undefined) throw unavailable(this.#failure)
    return this.#isClosed
  }

  /** @throws GantryError Unavailable when the store has failed or was closed */
  assertOpen(): void {
    if (this.#failure !== undefined) throw unavailable(this.#failure)
    if (this.#isClosed) throw new GantryError('Unavailable', 'the store is closed')
  }

  log(table: Table): ChangeLog {
    const log = this.#logs.get(table)
    if (log === undefined) throw new GantryError('Internal', 'no change log for this kind')
    return log
  }

  /** Plans a write while no other is planned, and resolves with its result once it is durable. */
  async write<R>(plan: () => Promise<Plan<R>>): Promise<R> {
    this.assertOpen()
    const planned = this.#turn.then(async () => {
      this.assertOpen()
      const { answer, operations, records } = await plan()
      this.assertOpen()
      const isEmpty = operations.length === 0 && records.length === 0
      // A write that changes nothing still speaks of a state that must be durable before anybody hears of it.
      return { answer, durable: isEmpty ? this.#settled : this.#commit(operations, records) }
    })
    this.#turn = planned.catch(() => undefined)
    const { answer, durable } = await planned
    const result = answer()
    await durable
    return result
  }

  /**
   * An operation with the next version.
   * @throws GantryError TooLarge
   */
  operation(table: Table, type: Operation['type'], object: KubeObject): Operation {
    const seq = this.#headSeq + 1
    const body = JSON.stringify(atVersion(object, seq))
    if (body.length * 3 > maxObjectBytes && Buffer.byteLength(body) > maxObjectBytes)
      throw new GantryError(
        'TooLarge',
        `${table.kind.kind} ${object.metadata.name} is larger than ${maxObjectBytes} bytes`,
      )
    const entry = Entry.of(table.kind, object, seq, body)
    this.#headSeq = seq
    return { table, key: keyOf(table, object.metadata), seq, type, entry }
  }

  /** Refuses new work, lets what is under way become durable, and ends every watch. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#turn
    await this.#settled.catch(() => undefined)
    this.#wakeAll()
    await this.#persistence.close()
  }

  #commit(operations: readonly Operation[], records: readonly NewStoredRecord[]): Promise<void> {
    for (const operation of operations) this.tables.stage(operation)
    const durable = this.#persistence.commit({ rows: operations.map(toRow), records })
    const settled = this.#settle(this.#settled, durable, operations)
    settled.catch(() => undefined)
    this.#settled = settled
    return settled
  }

  async #settle(
    before: Promise<unknown>,
    durable: Promise<void>,
    operations: readonly Operation[],
  ): Promise<void> {
    try {
      await Promise.all([before, durable])
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
    if (this.#failure !== undefined) throw unavailable(this.#failure)
    for (const operation of operations) {
      this.tables.settle(operation)
      this.#committedSeq = operation.seq
      this.log(operation.table).append(toChange(operation))
    }
    for (const operation of operations) this.log(operation.table).pulse()
    if (this.#committedSeq - this.#bookmarkedSeq >= bookmarkEvery) this.#wakeAll()
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#reportFailure(error)
    this.#wakeAll()
  }

  #wakeAll(): void {
    this.#bookmarkedSeq = this.#committedSeq
    for (const log of this.#logs.values()) log.pulse()
  }
}

function toChange({ type, seq, entry }: Operation): Change {
  return { type, seq, entry }
}

function unavailable(failure: Error): GantryError {
  return new GantryError('Unavailable', failure.message, { cause: failure })
}
