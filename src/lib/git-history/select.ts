/**
 * The first `limit` candidates that are kept, in their order. They are judged in batches that grow, so that a rare hit in
 * a long history costs few calls and a near one little work.
 */
export async function selectFirst<T>(
  batches: AsyncIterable<readonly T[]>,
  limit: number,
  keep: (batch: readonly T[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const kept: T[] = []
  for await (const batch of batches) {
    kept.push(...(await keep(batch)))
    if (kept.length >= limit) break
  }
  return kept.slice(0, limit)
}

/** Batch sizes: from `first`, doubled each time, up to a bound. */
export function nextSize(size: number): number {
  return Math.min(size * 2, 512)
}

/** A list cut into batches that grow. */
export async function* growing<T>(
  items: readonly T[],
  first: number,
): AsyncGenerator<readonly T[]> {
  let size = first
  for (let at = 0; at < items.length;) {
    yield items.slice(at, at + size)
    at += size
    size = nextSize(size)
  }
}
