import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { isJsonObject } from '../../core/json.ts'
import { unavailable } from './failure.ts'
import type { Failure } from './messages.ts'

/**
 * A note beside the database that says who holds it. The lock itself is SQLite's; the note only makes the refusal
 * useful, and a stale one means nothing.
 */
export function writeOwner(path: string, startedAt: string): void {
  const note = { pid: process.pid, host: hostname(), startedAt }
  writeFileSync(noteOf(path), `${JSON.stringify(note)}\n`, { mode: 0o600 })
}

export function removeOwner(path: string): void {
  rmSync(noteOf(path), { force: true })
}

/** Why a database that somebody else holds cannot be opened. */
export function describeOwner(path: string): Failure {
  const folder = dirname(path)
  return unavailable(
    `the data folder ${folder} is in use by ${ownerOf(path)}: stop it, or choose another folder with --data`,
  )
}

function ownerOf(path: string): string {
  try {
    const note: unknown = JSON.parse(readFileSync(noteOf(path), 'utf8'))
    if (isJsonObject(note) && typeof note['pid'] === 'number') {
      const { pid, host, startedAt } = note
      return `process ${pid}${typeof host === 'string' ? ` on ${host}` : ''}${typeof startedAt === 'string' ? ` since ${startedAt}` : ''}`
    }
  } catch {
    // No note, or half of one: its writer is just starting.
  }
  return 'another process'
}

function noteOf(path: string): string {
  return join(dirname(path), 'owner.json')
}
