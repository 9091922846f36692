import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  type Journal,
  type JournalKind,
  journalKinds,
  type JournalQuery,
  type JournalRecord,
  type NewJournalRecord,
} from '../../src/journal.ts'
import { rejectsWith } from './store-under-test.ts'

export interface JournalUnderTest {
  readonly journal: Journal
  close(): Promise<void>
}

export type OpenJournal = () => Promise<JournalUnderTest>

/** What every Journal does, whatever is underneath. */
export function journalContract(name: string, open: OpenJournal): void {
  const withJournal = async (work: (journal: Journal) => Promise<void>): Promise<void> => {
    const { journal, close } = await open()
    try {
      await work(journal)
    } finally {
      await close()
    }
  }

  describe(`the ${name} journal`, () => {
    test('records come back as they went in, numbered in order and frozen', () =>
      withJournal(async (journal) => {
        const payload = { text: 'ünï\u0000code', deep: { list: [1, null, true] } }
        const sent = [
          record('event', 'Stage/demo/a', 1000, payload),
          record('audit', 'Project/x', 5),
        ]
        const seqs = await journal.append(sent)
        const more = await journal.append([record('event', 'Stage/demo/b', 2)])
        assert.deepEqual(
          [...seqs, ...more].sort((a, b) => a - b),
          [...seqs, ...more],
        )
        const { records, next } = await journal.range({})
        assert.equal(next, undefined)
        assert.deepEqual(records.slice(0, 2), [
          { ...sent[0], seq: seqs[0] },
          { ...sent[1], seq: seqs[1] },
        ])
        assert.ok(Object.isFrozen(records[0]?.payload['deep']))
        assert.deepEqual(await journal.append([]), [])
      }))

    test('what is changed after it was appended is not changed in the journal', () =>
      withJournal(async (journal) => {
        const payload = { x: 1 }
        const appending = journal.append([record('event', 'A/b', 1, payload)])
        payload.x = 2
        await appending
        assert.deepEqual((await journal.range({})).records[0]?.payload, { x: 1 })
      }))

    test('a record that makes no sense is refused and takes its whole call with it', () =>
      withJournal(async (journal) => {
        const good = record('event', 'A/b', 1)
        const bad: NewJournalRecord[] = [
          { ...good, time: 1.5 },
          { ...good, time: Number.NaN },
          { ...good, subject: '' },
          { ...good, kind: 'gossip' as JournalKind },
        ]
        for (const one of bad) await rejectsWith('BadRequest', journal.append([good, one]))
        const large = { ...good, payload: { text: 'x'.repeat(1_100_000) } }
        await rejectsWith('TooLarge', journal.append([good, large]))
        assert.deepEqual((await journal.range({})).records, [])
        await journal.append([good])
      }))

    test('nonsense in a query is a BadRequest', () =>
      withJournal(async (journal) => {
        for (const limit of [0, 1001, 1.5])
          await rejectsWith('BadRequest', journal.range({ limit }))
        await rejectsWith('BadRequest', journal.range({ after: 0.5 }))
      }))

    test('a span of time is found also when the clock stepped back in between', () =>
      withJournal(async (journal) => {
        await journal.append([10, 50, 20].map((time) => record('event', 'A/b', time)))
        await journal.append([30, 5].map((time) => record('event', 'A/b', time)))
        const timesIn = async (from: number, to: number): Promise<readonly number[]> =>
          (await journal.range({ from, to })).records.map(({ time }) => time)
        assert.deepEqual(await timesIn(40, 60), [50])
        assert.deepEqual(await timesIn(0, 10), [5])
        assert.deepEqual(await timesIn(10, 31), [10, 20, 30])
        assert.deepEqual(await timesIn(60, 90), [])
      }))

    test('pages go on where the last one ended, in both orders, while records come and go', () =>
      withJournal(async (journal) => {
        const seqs = await journal.append(
          Array.from({ length: 25 }, (_, at) => record('event', `Stage/demo/${at % 2}`, at)),
        )
        for (const order of ['asc', 'desc'] as const) {
          const query: JournalQuery = { order, limit: 4, subject: 'Stage/demo/0' }
          const seen: number[] = []
          let after: number | undefined
          do {
            const page = await journal.range({ ...query, after })
            seen.push(...page.records.map(({ seq }) => seq))
            after = page.next
            await journal.append([record('step-log', 'Stage/demo/1', 99)])
          } while (after !== undefined)
          const own = seqs.filter((_, at) => at % 2 === 0)
          assert.deepEqual(seen, order === 'asc' ? own : own.reverse())
        }
      }))

    test('a default page has 100 records and the largest 1000', () =>
      withJournal(async (journal) => {
        await journal.append(Array.from({ length: 1001 }, () => record('event', 'A/b', 1)))
        assert.equal((await journal.range({})).records.length, 100)
        const { records, next } = await journal.range({ limit: 1000 })
        assert.equal(records.length, 1000)
        assert.notEqual(next, undefined)
      }))

    test('pruning takes exactly the old records of one kind', () =>
      withJournal(async (journal) => {
        const all = Array.from({ length: 5000 }, (_, at) =>
          record(at % 3 === 0 ? 'event' : 'audit', `Stage/demo/${at % 7}`, (at * 7919) % 5000),
        )
        await journal.append(all)
        const old = all.filter(({ kind, time }) => kind === 'event' && time < 2500).length
        assert.equal(await journal.prune('event', 2500), old)
        assert.equal(await journal.prune('event', 2500), 0)
        const left = await everything(journal, {})
        assert.equal(left.length, all.length - old)
        assert.ok(left.every(({ kind, time }) => kind !== 'event' || time >= 2500))
      }))

    test('numbers go on after everything was pruned', () =>
      withJournal(async (journal) => {
        const [first = 0] = await journal.append([record('event', 'A/b', 1)])
        await journal.prune('event', 10)
        const [second = 0] = await journal.append([record('event', 'A/b', 1)])
        assert.ok(second > first)
      }))

    test('any query gives what looking at every record would', () =>
      withJournal(async (journal) => {
        const known: JournalRecord[] = []
        await fc.assert(
          fc.asyncProperty(
            fc.array(anyRecord, { maxLength: 30 }),
            anyQuery,
            async (added, query) => {
              const seqs = await journal.append(added)
              for (const [at, one] of added.entries()) known.push({ ...one, seq: seqs[at] ?? 0 })
              const page = await journal.range(query)
              assert.deepEqual(page, expected(known, query))
            },
          ),
          // Every run adds to the same journal, so a failing one cannot be repeated alone.
          { numRuns: process.env['GANTRY_LONG'] === '1' ? 2000 : 150, endOnFailure: true },
        )
      }))
  })
}

export function record(
  kind: JournalKind,
  subject: string,
  time: number,
  payload: NewJournalRecord['payload'] = {},
): NewJournalRecord {
  return { kind, subject, time, payload }
}

/** Every record of a query, page after page. */
export async function everything(
  journal: Journal,
  query: JournalQuery,
): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = []
  let after = query.after
  do {
    const page = await journal.range({ ...query, limit: 1000, after })
    records.push(...page.records)
    after = page.next
  } while (after !== undefined)
  return records
}

const subjects = [
  'Project/demo',
  'Project/demo2',
  'Stage/demo/a',
  'Stage/demo/ab',
  'Stage/demo/b',
  'Stage/demo2/a',
  'Promotion/demo/a.1',
  'Promotion/demo/a.2',
  'odd',
  'a/b/c/d',
]
const anyTime = fc.integer({ min: 0, max: 50 })
const anyKind = fc.constantFrom(...journalKinds)
const anyRecord: fc.Arbitrary<NewJournalRecord> = fc.record({
  kind: anyKind,
  subject: fc.constantFrom(...subjects),
  time: anyTime,
  payload: fc.record({ n: fc.nat() }, { noNullPrototype: true }),
})
const anyPrefix = fc
  .tuple(fc.constantFrom(...subjects), fc.nat({ max: 18 }))
  .map(([subject, length]) => subject.slice(0, length))
const anyQuery: fc.Arbitrary<JournalQuery> = fc.record(
  {
    kind: anyKind,
    subject: fc.constantFrom(...subjects, 'none'),
    subjectPrefix: anyPrefix,
    from: anyTime,
    to: anyTime,
    after: fc.nat({ max: 2000 }),
    order: fc.constantFrom('asc', 'desc'),
    limit: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [], noNullPrototype: true },
)

/** The answer in the plainest way: the suite's own reading of the contract. */
function expected(records: readonly JournalRecord[], query: JournalQuery): unknown {
  const { kind, subject, subjectPrefix = '', from = 0, to = Infinity, order, limit = 100 } = query
  const isUp = order !== 'desc'
  const after = query.after ?? (isUp ? -1 : Infinity)
  const found = records
    .filter(
      (one) =>
        (kind === undefined || one.kind === kind) &&
        (subject === undefined || one.subject === subject) &&
        one.subject.startsWith(subjectPrefix) &&
        one.time >= from &&
        one.time < to &&
        (isUp ? one.seq > after : one.seq < after),
    )
    .sort((a, b) => (isUp ? a.seq - b.seq : b.seq - a.seq))
  const page = found.slice(0, limit)
  return { records: page, ...(found.length > limit && { next: page.at(-1)?.seq }) }
}
