import { useNow } from './now.ts'

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** `3 d`, `5 h 12 m`, `8 s`: the two largest units that say something. */
export function formatSpan(ms: number): string {
  const parts: string[] = []
  let rest = Math.max(0, ms)
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break
  }
  return parts.join(' ') || '0 s'
}

/** How long ago, with the exact time on hover. */
export function Ago({ at }: { at: string | number | undefined }) {
  const now = useNow()
  if (at === undefined) return null
  const time = typeof at === 'number' ? at : Date.parse(at)
  return (
    <time dateTime={new Date(time).toISOString()} title={new Date(time).toLocaleString()}>
      {formatSpan(now - time)} ago
    </time>
  )
}
