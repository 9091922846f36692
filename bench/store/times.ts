/** Milliseconds that the work took. */
export async function timeOf(work: () => unknown): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** How many of `count` go into a second, when all took `ms`. */
export function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000
}

/** The value below which the fraction `q` of them lies. */
export function quantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** Runs `work` until `count` runs are done, `width` of them at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: () => Promise<unknown>,
): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) await work()
    }),
  )
}

export function rounded(value: number, digits = 0): number {
  return Number(value.toFixed(digits))
}
