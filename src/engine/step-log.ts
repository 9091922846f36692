import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/log.ts'
import type { Redactor } from '../core/redact.ts'
import type { Journal, NewJournalRecord } from '../journal.ts'

/** What steps say, and what the engine says about them, as lines in the journal. */
export interface StepLog {
  /** `by`: the step itself, or the engine about it. */
  say(alias: string, attempt: number, line: string, by?: 'step' | 'engine'): void
  /** Resolves when everything said so far is in the journal. Never rejects: a lost line stops no promotion. */
  flush(): Promise<void>
}

const maxLineChars = 4096
/** Per Promotion and run; a step in a loop must not fill a disk. */
const maxLines = 5000
/** Lines rest this long, so that a talkative step makes few transactions. */
const restMs = 200

export function createStepLog(parts: {
  readonly journal: Pick<Journal, 'append'>
  readonly subject: string
  readonly clock: Clock
  readonly redactor: Redactor
  readonly log: Logger
}): StepLog {
  const { journal, subject, clock, redactor, log } = parts
  let waiting: NewJournalRecord[] = []
  let said = 0
  let cancel: (() => void) | undefined
  let writing: Promise<void> = Promise.resolve()

  const flush = (): Promise<void> => {
    cancel?.()
    cancel = undefined
    if (waiting.length > 0) {
      const records = waiting
      waiting = []
      writing = writing.then(async () => {
        await journal.append(records).catch((error: unknown) => {
          log.warn('step log lost', { lines: records.length, error: String(error) })
        })
      })
    }
    return writing
  }

  return {
    say(alias, attempt, line, by = 'step') {
      said += 1
      if (said > maxLines) return
      const text =
        said === maxLines ? 'too many lines: the rest is not kept' : redactor.redact(line)
      waiting.push({
        time: clock.now(),
        kind: 'step-log',
        subject,
        payload: { alias, attempt, by, line: text.slice(0, maxLineChars) },
      })
      cancel ??= clock.after(restMs, () => void flush())
    },
    flush,
  }
}
