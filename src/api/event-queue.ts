import type { GantryError } from '../core/errors.ts'

/** So many undelivered items and the sources wait: a slow reader keeps few objects in memory. */
const maxWaiting = 64

/** Joins several sources that push into one that is pulled, in the order of the pushes. */
export class EventQueue<T> implements AsyncIterable<T> {
  #items: T[] = []
  #failure: GantryError | undefined
  #isEnded = false
  #wake: (() => void) | undefined
  #room: PromiseWithResolvers<void> | undefined

  /** Resolves when there is room for more. */
  async push(item: T): Promise<void> {
    this.#items.push(item)
    this.#wake?.()
    if (this.#items.length < maxWaiting || this.#isEnded) return
    this.#room ??= Promise.withResolvers()
    await this.#room.promise
  }

  /** The reader gets what was pushed before, and then this error. */
  fail(error: GantryError): void {
    this.#failure ??= error
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.#room?.resolve()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const batch = this.#items
      this.#items = []
      this.#room?.resolve()
      this.#room = undefined
      yield* batch
      if (this.#items.length > 0) continue
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
