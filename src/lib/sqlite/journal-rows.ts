import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { JournalKind } from '../../journal.ts'
import type { NewStoredRecord, StoredRecord } from '../journal/record.ts'
import type { Answers } from './messages.ts'
import { type CheckedQuery, planRange } from './journal-plan.ts'
import { createJournalTail } from './journal-tail.ts'

/** Records of one entry in `journal_blocks`, which says between which times they lie. */
const blockSize = 1024
/** Records that one prune request looks at: it shares the thread with everybody's writes. */
const pruneChunk = 2000

export interface JournalRows {
  append(records: readonly NewStoredRecord[]): number[]
  range(query: CheckedQuery): Answers['range']
  prune(kind: JournalKind, before: number, after: number): Answers['prune']
}

export function createJournalRows(db: DatabaseSync): JournalRows {
  const tail = createJournalTail(db)
  const widen = db.prepare(
    `INSERT INTO journal_blocks (block, min_time, max_time) VALUES (?, ?, ?)
     ON CONFLICT (block) DO UPDATE SET
       min_time = min(min_time, excluded.min_time), max_time = max(max_time, excluded.max_time)`,
  )
  const remember = db.prepare(
    `INSERT INTO meta (name, value) VALUES ('journalSeq', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  )
  const firstBlock = db.prepare(
    'SELECT min(block) AS block FROM journal_blocks WHERE max_time >= ?',
  )
  const lastBlock = db.prepare('SELECT max(block) AS block FROM journal_blocks WHERE min_time < ?')
  const chunk = db.prepare(
    'SELECT max(seq) AS last, count(*) AS size FROM (SELECT seq FROM journal WHERE kind = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?)',
  )
  const remove = db.prepare(
    'DELETE FROM journal WHERE kind = ? AND seq > ? AND seq <= ? AND time < ?',
  )
  const forget = db.prepare(
    'DELETE FROM journal_blocks WHERE block < (SELECT min(seq) FROM journal) / ?',
  )
  let lastSeq = lastSequence(db)
  /** The block that is being filled. It is stored when it is full, as otherwise every commit would write it anew. */
  let open = spanFrom(db, blockOf(lastSeq))

  const all = (sql: string, values: readonly SQLInputValue[]): readonly Record<string, unknown>[] =>
    db.prepare(sql).all(...values)

  const earliest = (from: number): number | undefined => {
    const stored = firstBlock.get(from)?.['block']
    if (typeof stored === 'number') return stored
    return open.max >= from ? open.block : undefined
  }
  const latest = (to: number): number | undefined => {
    if (open.min < to) return open.block
    const stored = lastBlock.get(to)?.['block']
    return typeof stored === 'number' ? stored : undefined
  }

  /** The records that can lie in a span of time: bounds of their sequence numbers, both inclusive. */
  const boundsOf = (
    from: number | undefined,
    to: number | undefined,
  ): readonly [number, number] => {
    const first = from === undefined ? 0 : earliest(from)
    const last = to === undefined ? blockOf(lastSeq) : latest(to)
    if (first === undefined || last === undefined) return [1, 0]
    return [first * blockSize, (last + 1) * blockSize - 1]
  }

  return {
    append(records) {
      const rows = records.map((record) => {
        lastSeq += 1
        return { ...record, seq: lastSeq, scope: scopeOf(record.subject) }
      })
      tail.append(rows)
      for (const { seq, time } of rows) {
        if (blockOf(seq) !== open.block) {
          if (open.min <= open.max) widen.run(open.block, open.min, open.max)
          open = emptySpan(blockOf(seq))
        }
        open = { ...open, min: Math.min(open.min, time), max: Math.max(open.max, time) }
      }
      return rows.map(({ seq }) => seq)
    },
    range(query) {
      const wanted = query.limit + 1
      const indexed = (): readonly Record<string, unknown>[] => {
        const { sql, values } = planRange(query, boundsOf(query.from, query.to), all)
        return all(sql, values)
      }
      const newest = (): readonly Record<string, unknown>[] => tail.range(query)
      const [first, second] = query.order === 'desc' ? [newest, indexed] : [indexed, newest]
      const head = first()
      const rows = head.length >= wanted ? head : [...head, ...second()]
      const records = rows.slice(0, query.limit).map(toRecord)
      return { records, next: rows.length >= wanted ? records.at(-1)?.seq : undefined }
    },
    prune(kind, before, after) {
      if (tail.hasOlder(kind, before)) tail.flush()
      const [, high] = boundsOf(undefined, before)
      const found = chunk.get(kind, after, high, pruneChunk)
      const last = found?.['last']
      if (typeof last !== 'number') return { pruned: 0, next: undefined }
      const { changes } = remove.run(kind, after, last, before)
      const isDone = Number(found?.['size']) < pruneChunk
      // Nothing pruned is nothing written.
      if (changes > 0) {
        remember.run(String(lastSeq))
        forget.run(blockSize)
      }
      return { pruned: Number(changes), next: isDone ? undefined : last }
    },
  }
}

/** Between which times the records of a block lie. */
interface Span {
  readonly block: number
  readonly min: number
  readonly max: number
}

function emptySpan(block: number): Span {
  return { block, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }
}

/** The span of the last block, of the records that are held of it. */
function spanFrom(db: DatabaseSync, block: number): Span {
  const first = block * blockSize
  const found = db
    .prepare(
      `SELECT min(time) AS min, max(time) AS max FROM (
         SELECT time FROM journal WHERE seq >= ? UNION ALL SELECT time FROM journal_tail WHERE seq >= ?
       )`,
    )
    .get(first, first)
  const { min, max } = { ...found }
  return typeof min === 'number' && typeof max === 'number' ? { block, min, max } : emptySpan(block)
}

function blockOf(seq: number): number {
  return Math.floor(seq / blockSize)
}

/** Everything of a subject but its last part: `Promotion/demo/` of `Promotion/demo/prod.01J`. */
export function scopeOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('/') + 1)
}

/** Also counts records that were pruned since: a number is never given out twice. */
function lastSequence(db: DatabaseSync): number {
  const newest = 'coalesce((SELECT max(seq) FROM journal_tail), (SELECT max(seq) FROM journal), 0)'
  const held = db.prepare(`SELECT ${newest} AS seq`).get()?.['seq']
  const remembered = db.prepare("SELECT value FROM meta WHERE name = 'journalSeq'").get()?.['value']
  return Math.max(Number(held), Number(remembered ?? 0))
}

function toRecord(raw: Readonly<Record<string, unknown>>): StoredRecord {
  return {
    seq: Number(raw['seq']),
    time: Number(raw['time']),
    kind: String(raw['kind']),
    subject: String(raw['subject']),
    payload: String(raw['payload']),
  }
}
