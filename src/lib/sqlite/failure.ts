import { dirname } from 'node:path'
import type { Failure } from './messages.ts'

/** SQLite's primary result codes that mean something to an operator. */
const full = 13
const busy = 5
const ioError = 10
const corrupt = 11
const cannotOpen = 14
const notDatabase = 26
const readOnly = 8

/** One sentence for whatever SQLite or the file system threw while working on the database at `path`. */
export function describeFailure(thrown: unknown, path: string): Failure {
  const folder = dirname(path)
  switch (primaryCode(thrown)) {
    case full:
      return unavailable(
        `the disk of the data folder ${folder} is full: free some space and start again`,
      )
    case ioError:
      return unavailable(
        `the disk of the data folder ${folder} cannot be read or written (${messageOf(thrown)}): check it and start again`,
      )
    case corrupt:
    case notDatabase:
      return unavailable(
        `${path} is damaged, or no database at all (${messageOf(thrown)}): restore it from a backup, or start on another data folder`,
      )
    case cannotOpen:
    case readOnly:
      return unavailable(`${path} cannot be opened for writing: check its owner and permissions`)
    case undefined:
    default:
      return unavailable(`the database ${path} failed: ${messageOf(thrown)}`)
  }
}

/** Whether another connection holds the lock. */
export function isLocked(thrown: unknown): boolean {
  return primaryCode(thrown) === busy
}

export function unavailable(message: string): Failure {
  return { code: 'Unavailable', message }
}

function primaryCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
