const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const wholePattern =
  /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))*$/u
const partPattern = /(\d*\.?\d*)(ns|us|µs|ms|s|m|h)/gu

/** Milliseconds of a Go duration such as `1h30m`; undefined when it is not one. `0` needs no unit. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (text.length > 100 || !wholePattern.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(partPattern))
    total += Number(amount) * (units[unit ?? ''] ?? 0)
  return total
}

/** A duration as Go prints it: `1h0m0s`, `2m3.5s`, `150ms`, `0s`. Below a millisecond it is rounded. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs))
  if (ms === 0) return '0s'
  if (ms < 1000) return `${ms}ms`
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${(ms % 60_000) / 1000}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
