const nanosecond = 1e-6
const second = 1000
const minute = 60 * second
const hour = 60 * minute

/**
 * Milliseconds of a Go duration such as `1h30m`; undefined when it is not one. `0` needs no unit, there is no sign. Read
 * by hand, because lists of ten thousand Freight are judged at once.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (text === '' || text.length > 100) return undefined
  let total = 0
  let at = 0
  while (at < text.length) {
    const start = at
    while (isDigit(text, at)) at += 1
    const whole = at - start
    if (text[at] === '.') at += 1
    while (isDigit(text, at)) at += 1
    const isPointAlone = whole === 0 && at - start < 2
    const length = unitLength(text, at)
    if (isPointAlone || length === 0) return undefined
    total += Number(text.slice(start, at)) * unitMs(text.slice(at, at + length))
    at += length
  }
  return total
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

function unitLength(text: string, at: number): number {
  const unit = text[at]
  const isFraction = unit !== undefined && 'nuµm'.includes(unit) && text[at + 1] === 's'
  if (isFraction) return 2
  return unit === 's' || unit === 'm' || unit === 'h' ? 1 : 0
}

function unitMs(unit: string): number {
  switch (unit) {
    case 'h':
      return hour
    case 'm':
      return minute
    case 's':
      return second
    case 'ms':
      return 1
    case 'ns':
      return nanosecond
    default:
      return 1000 * nanosecond
  }
}

/** A duration as Go prints it: `1h0m0s`, `2m3.5s`, `150ms`, `0s`. Below a millisecond it is rounded. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs))
  if (ms === 0) return '0s'
  if (ms < second) return `${ms}ms`
  const hours = Math.floor(ms / hour)
  const minutes = Math.floor((ms % hour) / minute)
  const seconds = `${(ms % minute) / second}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}
