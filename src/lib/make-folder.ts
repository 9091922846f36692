import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { hasErrno } from './errno.ts'

/**
 * Makes a folder for its owner only, with its parents, where it is not there. Throws what the system says against it:
 * Node's own `recursive` tries without end where a new folder is answered with "not found", as below /proc.
 */
export function makeFolder(folder: string): void {
  const path = resolve(folder)
  const missing: string[] = []
  for (let at = path; !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.push(at)
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, { mode: 0o700 })
    } catch (thrown) {
      if (!hasErrno(thrown, 'EEXIST')) throw thrown
    }
  }
  if (!statSync(path).isDirectory()) throw new Error('it is a file, not a folder')
}
