import { constants, existsSync } from 'node:fs'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { hasErrno } from './errno.ts'

/**
 * A folder held open. On Linux its path leads to this very folder through the process's own handle, so what is opened
 * below it cannot be diverted by whoever swaps a folder for a link in the meantime (what `openat` is for).
 */
export interface Folder {
  readonly path: string
  close(): Promise<void>
}

/** Names of files are bytes, and need be no UTF-8. */
export type FileName = string | Buffer

const hasProc = existsSync('/proc/self/fd')
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants

/** Opens a folder by an absolute path without links. */
async function openFolder(path: FileName): Promise<Folder> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  return {
    path: hasProc ? `/proc/self/fd/${handle.fd}` : path.toString(),
    close: () => handle.close(),
  }
}

function below(parent: Folder, name: FileName): FileName {
  const path = `${parent.path}/`
  return typeof name === 'string' ? path + name : Buffer.concat([Buffer.from(path), name])
}

/** The folder of this name, never through a link; made with mode 0700 when asked and absent. */
export async function openSubfolder(
  parent: Folder,
  name: FileName,
  { make = false } = {},
): Promise<Folder> {
  const path = below(parent, name)
  if (make) {
    await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasErrno(error, 'EEXIST')) throw error
    })
  }
  return openFolder(path)
}

/** Opens a file below the folder, never through a link. */
export function openBelow(
  parent: Folder,
  name: FileName,
  flags: number,
  mode?: number,
): Promise<FileHandle> {
  return open(below(parent, name), flags | O_NOFOLLOW | constants.O_NONBLOCK, mode)
}

/** Opens folder after folder from a root, runs the work in the last one and closes them all. */
export async function withFolder<T>(
  root: string,
  names: readonly string[],
  options: { readonly make?: boolean },
  work: (folder: Folder) => Promise<T>,
): Promise<T> {
  const opened = [await openFolder(root)]
  try {
    for (const name of names) {
      const parent = opened.at(-1)
      if (parent !== undefined) opened.push(await openSubfolder(parent, name, options))
    }
    const last = opened.at(-1)
    if (last === undefined) throw new Error('no folder was opened')
    return await work(last)
  } finally {
    await Promise.all(opened.map((folder) => folder.close()))
  }
}

/** Removes an entry and everything in it; a link is removed itself. */
export function removeBelow(parent: Folder, name: string): Promise<void> {
  return rm(`${parent.path}/${name}`, { recursive: true, force: true, maxRetries: 2 })
}
