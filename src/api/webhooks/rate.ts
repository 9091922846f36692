import type { Clock } from '../../core/clock.ts'

/** So many a second, and so many at once after a quiet time, for each key. */
export interface Rate {
  /** Takes one; otherwise says after how many milliseconds there is one again. */
  take(key: string): number | undefined
}

/** Keys that are full again are forgotten when there are more than this. */
const sweepAt = 1000

export function createRate(clock: Clock, perSecond: number, burst: number): Rate {
  const buckets = new Map<string, { level: number; at: number }>()

  const levelOf = (key: string, now: number): number => {
    const bucket = buckets.get(key)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.level + ((now - bucket.at) / 1000) * perSecond)
  }

  return {
    take(key) {
      const now = clock.monotonic()
      const level = levelOf(key, now)
      if (level < 1) return Math.ceil(((1 - level) / perSecond) * 1000)
      buckets.set(key, { level: level - 1, at: now })
      if (buckets.size > sweepAt) {
        for (const each of buckets.keys()) if (levelOf(each, now) >= burst) buckets.delete(each)
      }
      return undefined
    },
  }
}
