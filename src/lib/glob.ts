import type { Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../core/errors.ts'
import { compileGlob, type Pattern } from '../core/pattern.ts'
import { trimEndOf } from '../core/trim-end.ts'
import { hasErrno } from './errno.ts'

/** A tree with more entries, or deeper, is not searched: a pattern must not keep a step busy without end. */
const maxEntries = 500_000
const maxDepth = 200

/**
 * The entries below `root` that a doublestar glob names, as paths with `/`, sorted. Links are entries, and are never
 * followed. Throws Invalid when the glob is malformed or would leave the root.
 */
export async function findGlob(
  root: string,
  glob: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const plain = trimEndOf(glob.replace(/^(\.?\/+)+/u, ''), '/')
  if (plain.split('/').includes('..')) {
    throw new GantryError('Invalid', `"${glob}" leads outside the workspace`)
  }
  const pattern = compileGlob(plain)
  const found: string[] = []
  let seen = 0
  const visit = async (folder: string, depth: number): Promise<void> => {
    signal.throwIfAborted()
    if (depth > maxDepth) throw new GantryError('TooLarge', `folders nest deeper than ${maxDepth}`)
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(
      (error: unknown) => {
        if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return []
        throw error
      },
    )
    seen += entries.length
    if (seen > maxEntries) {
      throw new GantryError('TooLarge', `more than ${maxEntries} files lie below "${glob}"`)
    }
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (pattern.test(path)) {
        // What a step cannot name it must not pass over in silence.
        if (path.includes('\ufffd') && (await statOf(join(root, path))) === undefined)
          throw new GantryError('Invalid', `the name of "${path}" is no UTF-8; delete its folder`)
        found.push(path)
      }
      if (entry.isDirectory()) await visit(path, depth + 1)
    }
  }
  const start = staticFolder(plain)
  if (!(await isFolder(root, start))) return pattern.test(start) ? existing(root, start) : []
  if (start !== '' && pattern.test(start)) found.push(start)
  await visit(start, 0)
  return found.sort()
}

/** Whether a folder is there and no part of the way to it is a link. */
async function isFolder(root: string, path: string): Promise<boolean> {
  let at = root
  for (const part of path.split('/').filter((name) => name !== '')) {
    at = join(at, part)
    if ((await statOf(at))?.isDirectory() !== true) return false
  }
  return true
}

async function existing(root: string, path: string): Promise<string[]> {
  const parent = path.split('/').slice(0, -1).join('/')
  const isThere = (await isFolder(root, parent)) && (await statOf(join(root, path))) !== undefined
  return isThere ? [path] : []
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** The folders at the front of a glob that are plain names: nothing outside them can match. */
function staticFolder(glob: string): string {
  const parts = glob.split('/')
  const dynamic = parts.findIndex((part) => /[*?[\]{}\\,]/u.test(part))
  return parts.slice(0, dynamic === -1 ? parts.length - 1 : dynamic).join('/')
}

/** Whether a path, with `/` as separator and relative to where the patterns are anchored, is ignored. */
export type IgnoreRules = (path: string, isFolder: boolean) => boolean

interface IgnoreRule {
  readonly pattern: Pattern
  readonly isNegated: boolean
  readonly onlyFolders: boolean
}

/** Each rule is compiled, and asked for each file. */
const maxRules = 2000

/**
 * Reads gitignore text: the last rule that matches decides, `!` takes back, malformed lines match nothing. Throws
 * TooLarge for more rules than anybody writes.
 */
export function parseIgnore(text: string): IgnoreRules {
  const lines = text.split(/\r?\n/u).filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length > maxRules) {
    throw new GantryError('TooLarge', `there are more than ${maxRules} ignore rules`)
  }
  const rules = lines.flatMap((line) => parseRule(line) ?? [])
  return (path, isFolder) => {
    const rule = rules.findLast(
      ({ pattern, onlyFolders }) => (isFolder || !onlyFolders) && pattern.test(path),
    )
    return rule !== undefined && !rule.isNegated
  }
}

function parseRule(line: string): IgnoreRule | undefined {
  const bare = trimEndOf(line, ' \t')
  // A blank behind a backslash is meant.
  const trimmed = bare.endsWith('\\') ? line.slice(0, bare.length + 1) : bare
  if (trimmed === '' || trimmed.startsWith('#')) return undefined
  const isNegated = trimmed.startsWith('!')
  const body = isNegated ? trimmed.slice(1) : trimmed
  const onlyFolders = body.endsWith('/')
  const path = body.replace(/\/$/u, '')
  const isAnchored = path.includes('/')
  // Braces mean nothing here, and `a/**` is what lies in `a`, not `a` itself.
  const glob = path
    .replace(/^\//u, '')
    .replace(/[{},]/gu, '\\$&')
    .replace(/\/\*\*$/u, '/**/*')
  try {
    const pattern = compileGlob(isAnchored ? glob : `**/${glob}`)
    return { pattern, isNegated, onlyFolders }
  } catch {
    return undefined
  }
}
