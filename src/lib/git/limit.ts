/** So many pieces of work at a time per key, in the order of asking. */
export type Limit = <T>(key: string, work: () => Promise<T>) => Promise<T>

export function createLimit(maxAtATime: number): Limit {
  const running = new Map<string, number>()
  const queues = new Map<string, (() => void)[]>()

  const leave = (key: string): void => {
    const next = queues.get(key)?.shift()
    // Whoever is next takes the place: the count stays.
    if (next !== undefined) return next()
    queues.delete(key)
    const left = (running.get(key) ?? 1) - 1
    if (left === 0) running.delete(key)
    else running.set(key, left)
  }

  return async (key, work) => {
    const count = running.get(key) ?? 0
    if (count < maxAtATime) running.set(key, count + 1)
    else {
      const queue = queues.get(key) ?? []
      queues.set(key, queue)
      await new Promise<void>((resolve) => queue.push(resolve))
    }
    try {
      return await work()
    } finally {
      leave(key)
    }
  }
}
