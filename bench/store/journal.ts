import {
  type Journal,
  journalKinds,
  type JournalQuery,
  type NewJournalRecord,
} from '../../src/journal.ts'
import { perSecond, quantile, rounded, timeOf } from './times.ts'

const batch = 1000
const repeats = 20
const start = Date.parse('2026-01-01T00:00:00Z')

export interface JournalResults {
  readonly records: number
  readonly appendedPerSecond: number
  /** Milliseconds, the median of 20. */
  readonly queriesMs: Readonly<Record<string, number>>
  readonly prunedPerSecond: number
}

/** A large history: how fast it grows, is asked and is pruned. */
export async function measureJournal(journal: Journal, records: number): Promise<JournalResults> {
  const appending = await timeOf(async () => {
    for (let at = 0; at < records; at += batch)
      await journal.append(
        Array.from({ length: Math.min(batch, records - at) }, (_, of) => record(at + of)),
      )
  })
  const middle = start + (records / 2) * 1000
  const queries: Record<string, JournalQuery> = {
    lastOfAll: { order: 'desc' },
    lastOfKind: { kind: 'decision', order: 'desc' },
    ofOneSubject: { subject: 'Promotion/project-7/prod.7' },
    lastOfProject: { subjectPrefix: 'Promotion/project-7/', order: 'desc' },
    lastOfStage: { subjectPrefix: 'Promotion/project-7/prod.', order: 'desc' },
    firstOfEverything: { subjectPrefix: 'Promotion/' },
    kindInAnHour: { kind: 'event', from: middle, to: middle + 3_600_000 },
    nothing: { subjectPrefix: 'Stage/none/' },
  }
  const queriesMs: Record<string, number> = {}
  for (const [name, query] of Object.entries(queries)) {
    const times: number[] = []
    for (let at = 0; at < repeats; at++) times.push(await timeOf(() => journal.range(query)))
    queriesMs[name] = rounded(quantile(times, 0.5), 2)
  }
  let pruned = 0
  const pruning = await timeOf(async () => {
    pruned = await journal.prune('step-log', start + (records / 10) * 1000)
  })
  return {
    records,
    appendedPerSecond: rounded(perSecond(records, appending)),
    queriesMs,
    prunedPerSecond: rounded(perSecond(pruned, pruning)),
  }
}

/** One record a second, of 50 Projects with 400 Promotions each. */
function record(at: number): NewJournalRecord {
  const project = at % 50
  return {
    time: start + at * 1000,
    kind: journalKinds[(at * 7) % journalKinds.length] ?? 'event',
    subject: `Promotion/project-${project}/prod.${Math.floor(at / 50) % 400}`,
    payload: { message: 'cloned the repository and checked out a commit', line: at },
  }
}
