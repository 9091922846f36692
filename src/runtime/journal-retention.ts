import type { Clock } from '../core/clock.ts'
import { asGantryError } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { type Journal, type JournalKind, journalKinds } from '../journal.ts'

/** How long records of each kind are kept, in milliseconds. */
export type JournalRetention = Readonly<Record<JournalKind, number>>

const dayMs = 86_400_000

export const defaultJournalRetention: JournalRetention = {
  event: 90 * dayMs,
  decision: 180 * dayMs,
  'step-log': 90 * dayMs,
  measurement: 90 * dayMs,
  delivery: 14 * dayMs,
  audit: 365 * dayMs,
}

export interface JournalRetentionOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly retention?: JournalRetention | undefined
}

/** Soon after the start: a process that never lives for an hour prunes as well. */
const firstMs = 60_000
const intervalMs = 3_600_000

/** Prunes the journal soon, and then once an hour. Returns how to stop that. */
export function startJournalRetention({
  journal,
  clock,
  log,
  retention = defaultJournalRetention,
}: JournalRetentionOptions): () => void {
  let cancel = (): void => undefined
  let isStopped = false

  const prune = async (): Promise<void> => {
    const now = clock.now()
    for (const kind of journalKinds) {
      if (isStopped) return
      await journal.prune(kind, now - retention[kind])
    }
  }
  const schedule = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => {
      prune()
        .catch((thrown: unknown) =>
          log.warn('cannot prune the journal', { error: asGantryError(thrown).message }),
        )
        .finally(() => {
          if (!isStopped) schedule(intervalMs)
        })
    })
  }

  schedule(firstMs)
  return () => {
    isStopped = true
    cancel()
  }
}
