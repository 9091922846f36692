import type { Clock } from '../core/clock.ts'

/** One native timer is never asked to sleep longer: engines overflow at 24 days, and wall time may be moved. */
const maxSleepMs = 3_600_000

/**
 * Many named deadlines on one timer. `fire` is called once per name when its time has come; setting a name again keeps
 * the sooner time.
 */
export interface Timers {
  /** `at` is on the clock's monotonic scale. */
  set(name: string, at: number): void
  /** When the name fires, on the monotonic scale. */
  due(name: string): number | undefined
  clear(name: string): void
  names(): IterableIterator<string>
  readonly size: number
  stop(): void
}

export function createTimers(clock: Clock, fire: (name: string) => void): Timers {
  const due = new Map<string, number>()
  const heap: { at: number; name: string }[] = []
  let cancel: (() => void) | undefined
  let armedFor = Number.POSITIVE_INFINITY

  // Entries that were cleared or moved to a sooner time stay in the heap and are skipped when they surface.
  const arm = (): void => {
    for (let top = heap[0]; top !== undefined && due.get(top.name) !== top.at; top = heap[0])
      pop(heap)
    const at = heap[0]?.at
    if (at === undefined || at === armedFor) {
      if (at === undefined) disarm()
      return
    }
    disarm()
    armedFor = at
    cancel = clock.after(Math.min(Math.max(0, at - clock.monotonic()), maxSleepMs), onTimer)
  }

  /** Drops the skipped entries before they outnumber the rest. A sorted array is a heap. */
  const compact = (): void => {
    const kept = heap.filter((entry) => due.get(entry.name) === entry.at)
    heap.splice(0, heap.length, ...kept.sort((a, b) => a.at - b.at))
  }

  const disarm = (): void => {
    cancel?.()
    cancel = undefined
    armedFor = Number.POSITIVE_INFINITY
  }

  const onTimer = (): void => {
    cancel = undefined
    armedFor = Number.POSITIVE_INFINITY
    const now = clock.monotonic()
    for (let top = heap[0]; top !== undefined && top.at <= now; top = heap[0]) {
      pop(heap)
      if (due.get(top.name) !== top.at) continue
      due.delete(top.name)
      fire(top.name)
    }
    arm()
  }

  return {
    set(name, at) {
      const before = due.get(name)
      if (before !== undefined && before <= at) return
      due.set(name, at)
      if (heap.length > 2 * due.size + 64) compact()
      push(heap, { at, name })
      if (at < armedFor) arm()
    },
    due: (name) => due.get(name),
    clear(name) {
      due.delete(name)
      if (due.size === 0) {
        heap.length = 0
        disarm()
      }
    },
    names: () => due.keys(),
    get size() {
      return due.size
    },
    stop() {
      due.clear()
      heap.length = 0
      disarm()
    },
  }
}

interface Entry {
  at: number
  name: string
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  heap.push(entry)
  while (at > 0) {
    const parent = (at - 1) >>> 1
    const above = heap[parent]
    if (above === undefined || above.at <= entry.at) break
    heap[at] = above
    at = parent
  }
  heap[at] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    const right = heap[child + 1]
    if (right !== undefined && right.at < (heap[child]?.at ?? Number.POSITIVE_INFINITY)) child += 1
    const below = heap[child]
    if (below === undefined || below.at >= last.at) break
    heap[at] = below
    at = child
  }
  heap[at] = last
}
