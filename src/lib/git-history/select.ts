import { createBreath } from '../breath.ts'

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

/** Those that pass. A test may be somebody's expression, which takes its time for each. */
export async function filterInTurns<T>(
  items: readonly T[],
  test: (item: T) => boolean,
): Promise<readonly T[]> {
  const pause = createBreath()
  const passed: T[] = []
  for (const item of items) {
    await pause()
    if (test(item)) passed.push(item)
  }
  return passed
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

/** What comes before the item with this id; says so when it was met. */
export async function* upTo<T extends { readonly id: string }>(
  batches: AsyncIterable<readonly T[]>,
  end: string | undefined,
  onEnd: () => void,
): AsyncGenerator<readonly T[]> {
  for await (const batch of batches) {
    const at = batch.findIndex(({ id }) => id === end)
    if (at === -1) {
      yield batch
      continue
    }
    onEnd()
    yield batch.slice(0, at)
    return
  }
}
