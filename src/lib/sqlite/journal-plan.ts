import type { SQLInputValue } from 'node:sqlite'
import { type JournalQuery, journalKinds } from '../../journal.ts'

export type CheckedQuery = JournalQuery & {
  readonly order: 'asc' | 'desc'
  readonly limit: number
}

/** One statement that yields at most `limit + 1` records in the query's order. */
export interface RangePlan {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

/** A piece of a WHERE clause and the values of its question marks. */
interface Condition {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

type Ask = (
  sql: string,
  values: readonly SQLInputValue[],
) => readonly Readonly<Record<string, unknown>>[]

/** Up to this many records may be sorted for one answer; more are found by merging streams that are sorted already. */
const sortableRecords = 10_000
/** Scopes that are merged one by one; SQLite takes 500 terms, and each scope is one a kind. */
const mergeableScopes = 50

/**
 * How to answer a query without sorting or scanning more than it must: every index ends in the sequence number, so
 * records of one (subject, kind), one (scope, kind) or one kind come sorted. Several such streams are cut to the limit
 * and merged; only records under a rare prefix are sorted, and only a prefix over very many scopes is scanned for.
 */
export function planRange(
  query: CheckedQuery,
  seqBounds: readonly [first: number, last: number],
  ask: Ask,
): RangePlan {
  const rest = restOf(query, seqBounds)
  const { subject, subjectPrefix, kind } = query
  const kinds = kind === undefined ? journalKinds : [kind]
  const each = (condition: Condition): Condition[] =>
    kinds.map((one) => all(condition, { sql: 'kind = ?', values: [one] }))

  if (subject !== undefined) {
    const own = { sql: 'subject = ?', values: [subject] }
    const prefixed =
      subjectPrefix === undefined ? own : all(own, startsWith('subject', subjectPrefix))
    return merge(query, each(prefixed), rest)
  }
  if (subjectPrefix === undefined || subjectPrefix === '')
    return merge(query, [kind === undefined ? always : { sql: 'kind = ?', values: [kind] }], rest)

  const prefixed = startsWith('subject', subjectPrefix)
  if (!subjectPrefix.endsWith('/') && isRare(prefixed, ask)) {
    const sorted = all(prefixed, kind === undefined ? always : { sql: '+kind = ?', values: [kind] })
    return merge(query, [sorted], rest, 'INDEXED BY journal_by_subject')
  }
  const scopes = scopesUnder(subjectPrefix, ask)
  const own = subjectPrefix.slice(0, subjectPrefix.lastIndexOf('/') + 1)
  if (scopes.length > mergeableScopes)
    return merge(
      query,
      [all(prefixed, kind === undefined ? always : { sql: '+kind = ?', values: [kind] })],
      rest,
      'NOT INDEXED',
    )
  const streams = scopes.flatMap((scope) => each({ sql: 'scope = ?', values: [scope] }))
  const partial =
    own === subjectPrefix || own === ''
      ? []
      : each(all({ sql: 'scope = ?', values: [own] }, unindexed(prefixed)))
  return merge(query, [...streams, ...partial], rest)
}

/** The same for the table of the newest records, which is small enough to be read as a whole. */
export function planTail(query: CheckedQuery): RangePlan {
  const { subject, subjectPrefix, kind, from, to, order, limit } = query
  const { sql, values } = all(
    subject === undefined ? always : { sql: 'subject = ?', values: [subject] },
    subjectPrefix === undefined ? always : startsWith('subject', subjectPrefix),
    kind === undefined ? always : { sql: 'kind = ?', values: [kind] },
    afterCursor(query),
    between(from, to),
  )
  return {
    sql: `SELECT ${columns} FROM journal_tail WHERE ${sql} ORDER BY seq ${order} LIMIT ${limit + 1}`,
    values,
  }
}

const columns = 'seq, time, kind, subject, payload'
const always: Condition = { sql: 'TRUE', values: [] }

/** Each stream cut to the limit, all of them merged in the query's order. */
function merge(
  { order, limit }: CheckedQuery,
  streams: readonly Condition[],
  rest: Condition,
  hint = '',
): RangePlan {
  const tail = `ORDER BY seq ${order} LIMIT ${limit + 1}`
  const parts = streams.map((stream) => all(stream, rest))
  const selects = parts.map(
    ({ sql }) => `SELECT seq FROM (SELECT seq FROM journal ${hint} WHERE ${sql} ${tail})`,
  )
  return {
    sql:
      selects.length === 0
        ? `SELECT ${columns} FROM journal WHERE FALSE`
        : `SELECT ${columns} FROM journal WHERE seq IN (${selects.join(' UNION ALL ')}) ${tail}`,
    values: parts.flatMap(({ values }) => values),
  }
}

/** The conditions that no index serves but the order of sequence numbers itself. */
function restOf(query: CheckedQuery, seqBounds: readonly [number, number]): Condition {
  const { from, to } = query
  const isTimed = from !== undefined || to !== undefined
  return all(
    isTimed ? { sql: 'seq BETWEEN ? AND ?', values: seqBounds } : always,
    afterCursor(query),
    between(from, to),
  )
}

function afterCursor({ order, after }: CheckedQuery): Condition {
  if (after === undefined) return always
  return { sql: order === 'asc' ? 'seq > ?' : 'seq < ?', values: [after] }
}

function between(from: number | undefined, to: number | undefined): Condition {
  return all(
    from === undefined ? always : { sql: 'time >= ?', values: [from] },
    to === undefined ? always : { sql: 'time < ?', values: [to] },
  )
}

function all(...conditions: readonly Condition[]): Condition {
  const parts = conditions.filter((condition) => condition !== always)
  if (parts.length === 0) return always
  return {
    sql: parts.map(({ sql }) => sql).join(' AND '),
    values: parts.flatMap(({ values }) => values),
  }
}

function startsWith(column: string, prefix: string): Condition {
  return { sql: `${column} >= ? AND ${column} < ?`, values: [prefix, afterPrefix(prefix)] }
}

/** Above every text that begins so: no subject holds the last code point, which is no character. */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10ffff}`
}

/** The same condition, kept from choosing the index. */
function unindexed({ sql, values }: Condition): Condition {
  return { sql: sql.replaceAll('subject', '+subject'), values }
}

function isRare(prefixed: Condition, ask: Ask): boolean {
  const [found] = ask(
    `SELECT count(*) AS found FROM (SELECT 1 FROM journal WHERE ${prefixed.sql} LIMIT ${sortableRecords + 1})`,
    prefixed.values,
  )
  return Number(found?.['found']) <= sortableRecords
}

/** The scopes that begin with a prefix, one more than can be merged at most: jumps from one to the next in the index. */
function scopesUnder(prefix: string, ask: Ask): readonly string[] {
  const { sql, values } = startsWith('scope', prefix)
  const rows = ask(
    `WITH RECURSIVE scopes (scope) AS (
       SELECT (SELECT min(scope) FROM journal WHERE ${sql})
       UNION ALL
       SELECT (SELECT min(journal.scope) FROM journal WHERE journal.scope > scopes.scope
               AND journal.scope < ?)
       FROM scopes WHERE scopes.scope IS NOT NULL
     )
     SELECT scope FROM scopes WHERE scope IS NOT NULL LIMIT ${mergeableScopes + 1}`,
    [...values, afterPrefix(prefix)],
  )
  return rows.map(({ scope }) => String(scope))
}
