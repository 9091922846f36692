import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rm,
  rmdir,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../core/errors.ts'
import type { Workspace } from '../core/workspace.ts'
import { confine, isGitName, type ConfineOptions } from './confine.ts'
import { copyTree } from './copy-tree.ts'
import { hasErrno } from './errno.ts'
import { openBelow, removeBelow, withFolder, type Folder } from './folder.ts'

export interface OwnedWorkspace {
  readonly workspace: Workspace
  remove(): Promise<void>
}

export interface Workspaces {
  /** A fresh, empty workspace; whatever an earlier one of the same Promotion left is removed first. */
  create(uid: string): Promise<OwnedWorkspace>
  /** Removes whatever there is of this Promotion. */
  remove(uid: string): Promise<void>
}

/** Files larger than this are not read into memory by a step. */
const maxReadBytes = 64 * 1024 * 1024

/** One folder per Promotion: `work` is what steps see, `git` holds the git directories of its working trees. */
export function createWorkspaces(options: { readonly folder: string }): Workspaces {
  const releases = new Map<string, (() => Promise<void>)[]>()

  const remove = async (uid: string): Promise<void> => {
    const own = releases.get(uid) ?? []
    releases.delete(uid)
    await rm(folderOf(options.folder, uid), { recursive: true, force: true, maxRetries: 3 })
    for (const release of own) await release()
  }

  return {
    remove,
    async create(uid) {
      await remove(uid)
      const base = folderOf(options.folder, uid)
      await mkdir(join(base, 'work'), { recursive: true, mode: 0o700 })
      await mkdir(join(base, 'git'), { mode: 0o700 })
      const own: (() => Promise<void>)[] = []
      releases.set(uid, own)
      const workspace = openWorkspace(await realpath(base), (release) => own.push(release))
      return { workspace, remove: () => (releases.get(uid) === own ? remove(uid) : noop()) }
    },
  }
}

function noop(): Promise<void> {
  return Promise.resolve()
}

function folderOf(folder: string, uid: string): string {
  if (!/^[\w-][\w.-]*$/u.test(uid)) {
    throw new GantryError('Invalid', `"${uid}" cannot name a workspace`)
  }
  return join(folder, uid)
}

/** `base` is an absolute path without links that holds the folders `work` and `git`. */
function openWorkspace(base: string, onRemove: (release: () => Promise<void>) => void): Workspace {
  const root = join(base, 'work')
  const follow: ConfineOptions = { escape: 'clamp', followLast: true }

  const writableParts = async (path: string, options = follow): Promise<readonly string[]> => {
    const parts = await confine(root, path, options)
    if (parts.some(isGitName)) {
      throw new GantryError(
        'Invalid',
        `"${path}" names git's own folder, which steps must not touch`,
      )
    }
    return parts
  }
  const gitFolder = (parts: readonly string[]): string =>
    join(base, 'git', createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32))

  const workspace: Workspace = {
    root,
    onRemove,
    async readable(path) {
      return join(root, ...(await confine(root, path, follow)))
    },
    async writable(path) {
      return join(root, ...(await writableParts(path)))
    },
    async read(path, maxBytes = maxReadBytes) {
      const parts = await confine(root, path, follow)
      return used(path, () =>
        withFolder(root, parts.slice(0, -1), {}, async (folder) => {
          const handle = await openBelow(folder, parts.at(-1) ?? '.', constants.O_RDONLY)
          try {
            const stat = await handle.stat()
            if (!stat.isFile()) throw new GantryError('Invalid', `"${path}" is not a file`)
            if (stat.size > maxBytes) {
              throw new GantryError('TooLarge', `"${path}" is larger than ${maxBytes} bytes`)
            }
            return await handle.readFile()
          } finally {
            await handle.close()
          }
        }),
      )
    },
    async write(path, content, mode = 0o600) {
      const parts = await writableParts(path)
      const name = parts.at(-1)
      if (name === undefined) throw new GantryError('Invalid', `"${path}" is not a file`)
      await used(path, () =>
        withFolder(root, parts.slice(0, -1), { make: true }, async (folder) => {
          const handle = await openForWriting(folder, name, mode)
          try {
            if (!(await handle.stat()).isFile()) {
              throw new GantryError('Invalid', `"${path}" is not a file`)
            }
            await handle.truncate()
            await handle.writeFile(content)
          } finally {
            await handle.close()
          }
        }),
      )
    },
    async remove(path) {
      const parts = await writableParts(path, { escape: 'refuse', followLast: false })
      const name = parts.at(-1)
      if (name === undefined) {
        throw new GantryError('Invalid', `"${path}" is the workspace itself, which stays`)
      }
      if (!(await exists(join(root, ...parts)))) return false
      await used(path, () =>
        withFolder(root, parts.slice(0, -1), {}, (folder) => removeBelow(folder, name)),
      )
      await forgetWorkTrees(base, parts)
      return true
    },
    async copy(from, to, options = {}) {
      const source = await confine(root, from, follow)
      const target = await writableParts(to)
      await used(from, () => copyTree(root, source, target, options))
    },
    async gitDirOf(path) {
      const parts = await confine(root, path, follow)
      const folder = gitFolder(parts)
      return (await exists(join(folder, 'HEAD'))) && (await exists(join(root, ...parts)))
        ? folder
        : undefined
    },
    async workTreesBelow(path) {
      const above = (await confine(root, path, follow)).join('/')
      const prefix = above === '' ? '' : `${above}/`
      const paths = (await listWorkTrees(base)).map((tree) => tree.path)
      const below = paths
        .filter((tree) => tree !== above && tree.startsWith(prefix))
        .map((tree) => tree.slice(prefix.length))
      const isWithin = (tree: string): boolean =>
        below.some((other) => tree.startsWith(`${other}/`))
      return below.filter((tree) => !isWithin(tree)).sort()
    },
    async makeWorkTree(path) {
      const parts = await writableParts(path)
      const workTree = join(root, ...parts)
      await used(path, () => withFolder(root, parts, { make: true }, () => noop()))
      if ((await readdir(workTree)).length > 0) {
        throw new GantryError('Invalid', `"${path}" is not empty`)
      }
      const gitDir = gitFolder(parts)
      await rm(gitDir, { recursive: true, force: true })
      await mkdir(gitDir, { mode: 0o700 })
      await writeFile(`${gitDir}.path`, parts.join('/'), { mode: 0o600 })
      return { workTree, gitDir }
    },
    async dropWorkTree(path) {
      const parts = await writableParts(path)
      const name = parts.at(-1)
      if (name === undefined) {
        for (const entry of await readdir(root)) await workspace.remove(entry)
      } else if (await exists(join(root, ...parts))) {
        await withFolder(root, parts.slice(0, -1), {}, (folder) => removeBelow(folder, name))
      }
      for (let depth = parts.length - 1; depth > 0; depth -= 1) {
        const isGone = await rmdir(join(root, ...parts.slice(0, depth))).then(
          () => true,
          () => false,
        )
        if (!isGone) break
      }
      await forgetWorkTrees(base, parts)
    },
    display: (text) =>
      text.replaceAll(`${root}/`, '').replaceAll(root, '.').replaceAll(join(base, 'git'), '(git)'),
  }
  return workspace
}

/** Opens a file as it is, or makes it with exactly this mode. */
async function openForWriting(folder: Folder, name: string, mode: number): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  try {
    const handle = await openBelow(folder, name, O_WRONLY | O_CREAT | O_EXCL, mode)
    await handle.chmod(mode)
    return handle
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error
    return openBelow(folder, name, O_WRONLY)
  }
}

/** A failure of the file system in words that name what the user named. */
async function used<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof GantryError) throw cause
    const [code, why] = hasErrno(cause, 'ENOENT')
      ? (['NotFound', 'does not exist'] as const)
      : hasErrno(cause, 'ELOOP')
        ? (['Invalid', 'became a link while it was used'] as const)
        : hasErrno(cause, 'ENOTDIR')
          ? (['Invalid', 'passes something that is not a folder'] as const)
          : hasErrno(cause, 'EISDIR')
            ? (['Invalid', 'is a folder'] as const)
            : hasErrno(cause, 'ENAMETOOLONG')
              ? (['Invalid', 'is too long'] as const)
              : hasErrno(cause, 'ENOSPC')
                ? (['Unavailable', 'cannot be written: no space left'] as const)
                : (['Internal', `cannot be used: ${errnoOf(cause)}`] as const)
    throw new GantryError(code, `"${path}" ${why}`, { cause })
  }
}

function errnoOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
}

/** Working trees at or below a removed path are none any more. */
async function forgetWorkTrees(base: string, parts: readonly string[]): Promise<void> {
  const removed = parts.join('/')
  for (const { path, gitDir } of await listWorkTrees(base)) {
    if (removed !== '' && path !== removed && !path.startsWith(`${removed}/`)) continue
    await rm(gitDir, { recursive: true, force: true })
    await rm(`${gitDir}.path`, { force: true })
  }
}

async function listWorkTrees(base: string): Promise<{ path: string; gitDir: string }[]> {
  const folder = join(base, 'git')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.path'))
  return Promise.all(
    files.map(async (file) => ({
      path: await readFile(join(folder, file), 'utf8'),
      gitDir: join(folder, file.replace(/\.path$/u, '')),
    })),
  )
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}
