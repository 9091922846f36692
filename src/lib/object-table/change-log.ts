import { GantryError } from '../../core/errors.ts'
import type { Entry } from './entry.ts'

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly seq: number
  /** On DELETED the object as it last was, with the version of its deletion. */
  readonly entry: Entry
}

/**
 * The latest changes of one kind, in order. Watchers read from it at their own pace and hold nothing but a position, so
 * a slow watcher costs no memory: once the log has gone on without it, it is told Expired.
 */
export class ChangeLog {
  readonly #capacity: number
  readonly #waiting = new Set<() => void>()
  #changes: Change[] = []
  /** Position of the first change held; positions only grow. */
  #first = 0
  /** Changes up to and including this version are no longer held. */
  #forgotten: number

  constructor(capacity: number, startSeq: number) {
    this.#capacity = capacity
    this.#forgotten = startSeq
  }

  /** The position after the last change. */
  get end(): number {
    return this.#first + this.#changes.length
  }

  append(change: Change): void {
    this.#changes.push(change)
    // Cut in large pieces: each cut moves everything that stays.
    if (this.#changes.length < 2 * this.#capacity) return
    const cut = this.#changes.length - this.#capacity
    this.#forgotten = this.#changes[cut - 1]?.seq ?? this.#forgotten
    this.#changes = this.#changes.slice(cut)
    this.#first += cut
  }

  /**
   * The position of the first change after version `seq`.
   * @throws GantryError Expired when changes after it are no longer held
   */
  positionAfter(seq: number): number {
    if (seq < this.#forgotten) throw expired(seq)
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#changes[middle]?.seq ?? 0) <= seq) low = middle + 1
      else high = middle
    }
    return this.#first + low
  }

  /**
   * The change at a position; undefined at the end.
   * @throws GantryError Expired when it is no longer held
   */
  at(position: number): Change | undefined {
    if (position < this.#first) throw expired(this.#forgotten)
    return this.#changes[position - this.#first]
  }

  /** Calls `wake` at every `pulse` until the returned function is called. */
  listen(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  /** Wakes the watchers of this log. */
  pulse(): void {
    for (const wake of this.#waiting) wake()
  }
}

/** What a watcher hears that wants to start from a version whose successors are not known (any more). */
export function expired(seq: number): GantryError {
  return new GantryError(
    'Expired',
    `cannot watch from version ${seq}: the changes after it are no longer held; list again and watch from there`,
  )
}
