/** Maps in order, with at most `limit` calls under way. The first failure is thrown; what is under way is not awaited. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  let isFailed = false
  const work = async (): Promise<void> => {
    for (;;) {
      const index = next
      next += 1
      const item = items[index]
      if (isFailed || index >= items.length || item === undefined) return
      try {
        results[index] = await map(item)
      } catch (thrown) {
        isFailed = true
        throw thrown
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}
