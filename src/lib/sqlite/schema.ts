import type { DatabaseSync } from 'node:sqlite'
import type { Failure } from './messages.ts'

/** Written into every database, so that a foreign file is told from ours: `GNTY`. */
const applicationId = 0x474e5459

/** One step a version, in order; a database of version n needs those after the n-th. Never change one that shipped. */
const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE objects (
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, namespace, name)
  ) STRICT;
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_subject ON journal (subject, kind);
  CREATE INDEX journal_by_scope ON journal (scope, kind);
  CREATE INDEX journal_by_kind ON journal (kind);
  CREATE TABLE journal_blocks (
    block INTEGER PRIMARY KEY,
    min_time INTEGER NOT NULL,
    max_time INTEGER NOT NULL
  ) STRICT;
  `,
  // The newest records, without indexes: a commit writes every page that it touches.
  `
  CREATE TABLE journal_tail (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  `,
]

export const schemaVersion = migrations.length

/** Sets the connection up: durable commits, one owner for life. Throws what SQLite throws when another one owns it. */
export function configure(db: DatabaseSync): void {
  // Only a new database takes it.
  db.exec(`PRAGMA page_size = ${pageBytes}`)
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = FULL')
  db.exec('PRAGMA temp_store = MEMORY')
  db.exec(`PRAGMA cache_size = -${cacheKiB}`)
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  // The exclusive lock is taken by the first write and then kept.
  db.exec('BEGIN IMMEDIATE')
  db.exec('COMMIT')
}

const cacheKiB = 32 * 1024
/** A commit writes every page that it touches: small ones make it cheaper. */
const pageBytes = 2048
/** 4 MiB. Once the log has reached it, it is overwritten from the start, which a disk syncs faster than a growing file. */
const checkpointPages = 2048

/** Brings a database to this version's schema; says why it cannot. */
export function migrate(db: DatabaseSync, path: string): Failure | undefined {
  const version = pragma(db, 'user_version')
  const owner = pragma(db, 'application_id')
  const isEmpty = version === 0 && owner === 0 && countTables(db) === 0
  if (!isEmpty && owner !== applicationId)
    return {
      code: 'Unavailable',
      message: `${path} belongs to another program: choose another data folder`,
    }
  if (version > schemaVersion)
    return {
      code: 'NotSupported',
      message: `${path} was written by a newer version of gantry (schema ${version}, this one knows ${schemaVersion}): start that version`,
    }
  if (version === schemaVersion) return undefined
  db.exec('BEGIN IMMEDIATE')
  for (const step of migrations.slice(version)) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}`)
  db.exec(`PRAGMA user_version = ${schemaVersion}`)
  db.exec('COMMIT')
  return undefined
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

function countTables(db: DatabaseSync): number {
  return Number(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'] ?? 0)
}
