import type { Clock } from '../src/core/clock.ts'

/**
 * A clock that moves only when told to. Timers fire in order of their due time, and after each the promises that it
 * woke get to run, so `await clock.advance(...)` leaves nothing of ours pending but real I/O.
 */
export interface FakeClock extends Clock {
  /** Moves time on by `ms`, firing each timer on its way at its exact moment. */
  advance(ms: number): Promise<void>
  /** Moves time on to `epochMs`; never back. */
  advanceTo(epochMs: number): Promise<void>
  /** Lets promises and ready I/O callbacks run without moving time. */
  settle(): Promise<void>
  /** Steps the wall clock alone, as an operator or NTP does; timers and `monotonic` do not notice. */
  jump(ms: number): void
  /** How many timers are pending. */
  readonly pending: number
  /** Wall time at which the next timer fires. */
  readonly nextAt: number | undefined
}

/** Noon of a day without meaning; whole seconds, so that timestamps survive a round trip. */
export const fakeEpoch = Date.parse('2026-01-01T12:00:00Z')

interface Timer {
  readonly due: number
  readonly order: number
  readonly fire: () => void
  canceled: boolean
}

/** Turns of the event loop that count as settled: enough for chains of promises, cheap enough for a simulated month. */
const settleTurns = 3

export function createFakeClock(startMs: number = fakeEpoch): FakeClock {
  const heap: Timer[] = []
  let pending = 0
  let elapsed = 0
  let wallOffset = startMs
  let order = 0

  const next = (): Timer | undefined => {
    while (heap[0]?.canceled === true) popTimer(heap)
    return heap[0]
  }

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < settleTurns; turn++)
      await new Promise<void>((resolve) => setImmediate(resolve))
  }

  const advance = async (ms: number): Promise<void> => {
    const target = elapsed + Math.max(0, ms)
    await settle()
    for (;;) {
      const timer = next()
      if (timer === undefined || timer.due > target) break
      popTimer(heap)
      pending -= 1
      timer.canceled = true
      elapsed = Math.max(elapsed, timer.due)
      timer.fire()
      await settle()
    }
    elapsed = target
    await settle()
  }

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    after(delayMs, fire) {
      const delay = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs)
      const timer: Timer = { due: elapsed + delay, order: order++, fire, canceled: false }
      pushTimer(heap, timer)
      pending += 1
      return () => {
        if (timer.canceled) return
        timer.canceled = true
        pending -= 1
      }
    },
    advance,
    advanceTo: (epochMs) => advance(epochMs - wallOffset - elapsed),
    settle,
    jump(ms) {
      wallOffset += ms
    },
    get pending() {
      return pending
    },
    get nextAt() {
      const timer = next()
      return timer === undefined ? undefined : wallOffset + timer.due
    },
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

/** Binary heap, soonest first: an idle test holds a timer for each of thousands of objects. */
function pushTimer(heap: Timer[], timer: Timer): void {
  let index = heap.push(timer) - 1
  while (index > 0) {
    const parentIndex = (index - 1) >> 1
    const parent = heap[parentIndex]
    if (parent === undefined || !isBefore(timer, parent)) break
    heap[index] = parent
    index = parentIndex
  }
  heap[index] = timer
}

function popTimer(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    let childIndex = 2 * index + 1
    let child = heap[childIndex]
    if (child === undefined) break
    const right = heap[childIndex + 1]
    if (right !== undefined && isBefore(right, child)) {
      child = right
      childIndex += 1
    }
    if (!isBefore(child, last)) break
    heap[index] = child
    index = childIndex
  }
  heap[index] = last
}
