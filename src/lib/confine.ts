import { lstat, readlink } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { GantryError } from '../core/errors.ts'
import { trimEndOf } from '../core/trim-end.ts'
import { hasErrno } from './errno.ts'

/** More links than this on one path are a loop. */
const maxLinks = 40

export interface ConfineOptions {
  /** What `..` does at the root: stay there, or be an error. */
  readonly escape: 'clamp' | 'refuse'
  /** Whether a link at the very end is followed. */
  readonly followLast: boolean
}

/**
 * The physical components below `root` (an absolute path without links) that a config's path leads to. Links inside are
 * followed; one that leads outside is Invalid. What does not exist yet is taken by its name.
 */
export async function confine(
  root: string,
  path: string,
  options: ConfineOptions,
): Promise<readonly string[]> {
  if (path.includes('\0')) throw new GantryError('Invalid', 'a path must not contain NUL')
  const done: string[] = []
  /** `linked`: this component comes from a link, so its `..` must not pass the root. */
  const left = split(path).map((name) => ({ name, linked: false }))
  let links = 0
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part.name === '..') {
      if (done.length === 0 && part.linked) throw outside(path)
      if (done.length === 0 && options.escape === 'refuse') throw outside(path)
      done.pop()
      continue
    }
    const target =
      left.length === 0 && !options.followLast
        ? undefined
        : await linkAt(join(root, ...done, part.name))
    if (target === undefined) {
      done.push(part.name)
      continue
    }
    links += 1
    if (links > maxLinks) throw new GantryError('Invalid', `"${path}" passes too many links`)
    left.unshift(...below(root, target, path, done).map((name) => ({ name, linked: true })))
  }
  return done
}

/** The components of a link's target; those of an absolute one are counted from the root, which it must lie in. */
function below(root: string, target: string, path: string, done: string[]): readonly string[] {
  if (!target.startsWith(sep)) return split(target)
  if (target !== root && !target.startsWith(root + sep)) throw outside(path)
  done.length = 0
  return split(target.slice(root.length))
}

async function linkAt(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    if (hasErrno(error, 'ENAMETOOLONG')) throw new GantryError('Invalid', 'the path is too long')
    throw error
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function outside(path: string): GantryError {
  return new GantryError('Invalid', `"${path}" leads outside the workspace`)
}

/**
 * True for names that some file system takes for `.git`: other case, trailing dots and spaces, NTFS short names and
 * streams, code points that HFS+ ignores.
 */
export function isGitName(name: string): boolean {
  const visible = name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu, '')
  const plain = trimEndOf(visible.split(':', 1)[0] ?? '', '. ').toLowerCase()
  return plain === '.git' || plain === 'git~1'
}
