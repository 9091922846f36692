import { constants, type Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { GantryError } from '../core/errors.ts'
import type { CopyOptions } from '../core/workspace.ts'
import { isGitName } from './confine.ts'
import { hasErrno } from './errno.ts'
import { openBelow, openSubfolder, withFolder, type FileName, type Folder } from './folder.ts'

/** Deeper trees are a mistake or an attack; each level holds a handle. */
const maxDepth = 200

/**
 * Copies a file, or a folder's content into another folder, both given as components below a root. Modes are kept, files
 * are overwritten, links and special files are skipped, `.git` is never written.
 */
export async function copyTree(
  root: string,
  from: readonly string[],
  to: readonly string[],
  options: CopyOptions,
): Promise<void> {
  const isInto = to.length > from.length && from.every((name, index) => to[index] === name)
  if (isInto) throw new GantryError('Invalid', 'cannot copy a folder into itself')
  const folder = await openAsFolder(root, from)
  if (folder !== undefined) {
    try {
      await withFolder(root, to, { make: true }, (target) =>
        copyFolder(folder, target, '', 0, options),
      )
    } finally {
      await folder.close()
    }
    return
  }
  const source = from.at(-1) ?? ''
  const target = to.at(-1)
  if (target === undefined) throw new GantryError('Invalid', 'a file cannot replace the workspace')
  if (options.skips?.(source, false) === true) return
  await withFolder(root, from.slice(0, -1), {}, (parent) =>
    withFolder(root, to.slice(0, -1), { make: true }, (into) =>
      copyFile(parent, source, into, target),
    ),
  )
}

async function openAsFolder(root: string, parts: readonly string[]): Promise<Folder | undefined> {
  try {
    return await withFolder(root, parts, {}, (folder) => openSubfolder(folder, '.'))
  } catch (error) {
    if (hasErrno(error, 'ENOTDIR')) return undefined
    throw error
  }
}

async function copyFolder(
  from: Folder,
  to: Folder,
  prefix: string,
  depth: number,
  options: CopyOptions,
): Promise<void> {
  if (depth > maxDepth) throw new GantryError('TooLarge', `folders nest deeper than ${maxDepth}`)
  for (const entry of await sortedEntries(from)) {
    options.signal?.throwIfAborted()
    const name = entry.name.toString()
    const path = `${prefix}${name}`
    const isFolder = entry.isDirectory()
    if (!isFolder && !entry.isFile()) continue
    if (isGitName(name) || options.skips?.(path, isFolder) === true) continue
    if (!isFolder) {
      await copyFile(from, entry.name, to, entry.name)
      continue
    }
    const source = await openSubfolder(from, entry.name)
    const target = await openSubfolder(to, entry.name, { make: true }).catch(
      async (error: unknown) => {
        await source.close()
        throw error
      },
    )
    try {
      await copyFolder(source, target, `${path}/`, depth + 1, options)
    } finally {
      await source.close()
      await target.close()
    }
  }
}

async function sortedEntries(folder: Folder): Promise<Dirent<Buffer>[]> {
  const entries = await readdir(folder.path, { withFileTypes: true, encoding: 'buffer' })
  return entries.sort((a, b) => Buffer.compare(a.name, b.name))
}

async function copyFile(
  from: Folder,
  name: FileName,
  to: Folder,
  targetName: FileName,
): Promise<void> {
  const { O_RDONLY, O_WRONLY, O_CREAT } = constants
  const source = await openBelow(from, name, O_RDONLY)
  try {
    const stat = await source.stat()
    if (!stat.isFile()) return
    const target = await openBelow(to, targetName, O_WRONLY | O_CREAT, stat.mode & 0o777)
    try {
      const before = await target.stat()
      if (!before.isFile())
        throw new GantryError('Invalid', `"${targetName.toString()}" is not a file`)
      if (before.ino === stat.ino && before.dev === stat.dev) return
      await target.truncate()
      await target.chmod(stat.mode & 0o777)
      await target.writeFile(source.createReadStream({ autoClose: false }))
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
