/** The four states, and nothing to say. Always a shape and a word together, never colour alone. */
export type Tone = 'moving' | 'good' | 'waiting' | 'bad' | 'none'

const shapes: Record<Tone, string> = { moving: '◐', good: '✓', waiting: '◔', bad: '✕', none: '○' }
const colours: Record<Tone, string> = {
  moving: 'text-moving',
  good: 'text-good',
  waiting: 'text-waiting',
  bad: 'text-bad',
  none: 'text-quiet',
}

export function Mark({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className={`inline-flex items-baseline gap-1 ${colours[tone]}`}>
      <span aria-hidden="true">{shapes[tone]}</span>
      <span>{children}</span>
    </span>
  )
}

const tones: Record<string, Tone> = {
  Succeeded: 'good',
  Running: 'moving',
  Pending: 'waiting',
  Failed: 'bad',
  Errored: 'bad',
  Aborted: 'bad',
  Skipped: 'none',
  Healthy: 'good',
  Unhealthy: 'bad',
  Progressing: 'moving',
}

export function toneOf(status: string | undefined): Tone {
  return tones[status ?? ''] ?? 'none'
}
