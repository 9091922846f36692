import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { GantryError } from '../core/errors.ts'
import { makeFolder } from './make-folder.ts'

/** Where a standalone Gantry keeps its database, and beside it caches and files of work that may be lost. */
export interface DataFolder {
  readonly path: string
  readonly databasePath: string
}

/**
 * The data folder, made when it is not there. It and the database are for its owner's eyes only; a folder that holds
 * other people's files keeps its permissions.
 * @throws GantryError Unavailable when it cannot be made or entered
 */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder)
  const databasePath = join(path, 'gantry.db')
  try {
    makeFolder(path)
    const isOurs = existsSync(databasePath)
    if (isOurs || isEmpty(path)) chmodSync(path, 0o700)
    // SQLite gives its other files the permissions of this one.
    if (!isOurs) closeSync(openSync(databasePath, 'ax', 0o600))
    const handle = openSync(path, 'r')
    fsyncSync(handle)
    closeSync(handle)
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new GantryError(
      'Unavailable',
      `the data folder ${path} cannot be used (${why}): check its owner, its permissions and the disk`,
      { cause: thrown },
    )
  }
  return { path, databasePath }
}

/** What a fresh volume brings along does not count. */
function isEmpty(path: string): boolean {
  return readdirSync(path).every((name) => name === 'lost+found')
}
