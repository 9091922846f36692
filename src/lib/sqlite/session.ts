import { DatabaseSync } from 'node:sqlite'
import { checkedQuery } from '../journal/query.ts'
import { describeFailure, isLocked } from './failure.ts'
import { createJournalRows } from './journal-rows.ts'
import type { Answers, Failure, ReadRequest, WriteRequest } from './messages.ts'
import { createObjectRows } from './object-rows.ts'
import { describeOwner, removeOwner, writeOwner } from './owner.ts'
import { createFileCheck } from './same-file.ts'
import { configure, migrate } from './schema.ts'
import type { Batch, Row } from '../object-table/tables.ts'
import type { WorkerOptions } from './worker-options.ts'

export interface Answer {
  readonly id: number
  readonly answer: Answers[keyof Answers]
}

/** Where stored objects go while they are loaded. */
export interface TakeObjects {
  batch(batch: Batch): void
  row(row: Row): void
}

/** The open database, as the thread that owns it works on it. Everything throws what SQLite throws. */
export interface Session {
  readonly meta: Readonly<Record<string, string>>
  /** All of them in one commit, or none. */
  commit(requests: readonly WriteRequest[]): readonly Answer[]
  read(request: ReadRequest, take: TakeObjects): Answer
  /** What is wrong with the files, if anything: to be asked after each commit, before it is acknowledged. */
  checkFiles(): Failure | undefined
  close(): void
}

/** Opens the database and keeps everybody else out, or says in a sentence why it cannot. */
export function openSession(options: WorkerOptions): Session | Failure {
  const { path, startedAt, lockTimeoutMs, maxPages } = options
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: lockTimeoutMs })
    configure(db)
    writeOwner(path, startedAt)
    const refusal = migrate(db, path)
    if (maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${maxPages}`)
    if (refusal === undefined) return sessionOf(db, path)
    closeQuietly(db, path)
    return refusal
  } catch (thrown) {
    if (db?.isOpen === true) db.close()
    return isLocked(thrown) ? describeOwner(path) : describeFailure(thrown, path)
  }
}

function sessionOf(db: DatabaseSync, path: string): Session {
  const objects = createObjectRows(db)
  const journal = createJournalRows(db)
  const setMeta = db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')

  const write = (request: WriteRequest): Answer['answer'] => {
    switch (request.type) {
      case 'commit':
        objects.write(request.mutation.rows)
        journal.append(request.mutation.records)
        return undefined
      case 'append':
        return journal.append(request.records)
      case 'prune':
        return journal.prune(request.kind, request.before, request.after)
      case 'setMeta':
        setMeta.run(request.name, request.value)
        return undefined
    }
  }

  return {
    meta: readMeta(db),
    commit(requests) {
      db.exec('BEGIN IMMEDIATE')
      const answers = requests.map((request) => ({ id: request.id, answer: write(request) }))
      db.exec('COMMIT')
      return answers
    },
    read(request, take) {
      const { id } = request
      if (request.type === 'range')
        return { id, answer: journal.range(checkedQuery(request.query)) }
      return { id, answer: { lastSeq: objects.load(take.batch, take.row) } }
    },
    checkFiles: createFileCheck(path),
    close: () => closeQuietly(db, path),
  }
}

/** A database that failed may fail to close, too: then the system closes it with the process. */
function closeQuietly(db: DatabaseSync, path: string): void {
  try {
    db.close()
  } catch {
    return
  } finally {
    removeOwner(path)
  }
}

function readMeta(db: DatabaseSync): Record<string, string> {
  const rows = db.prepare('SELECT name, value FROM meta').all()
  return Object.fromEntries(rows.map(({ name, value }) => [String(name), String(value)]))
}
