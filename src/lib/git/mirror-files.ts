import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '../errno.ts'

const trashEnd = '.trash'

/** Mirrors of a folder with their size and when they were last used. */
export interface MirrorSize {
  readonly dir: string
  readonly bytes: number
  readonly usedAt: number
}

export async function measureMirrors(folder: string): Promise<MirrorSize[]> {
  const names = await readdir(folder).catch(() => [])
  const sizes: MirrorSize[] = []
  for (const name of names.filter((entry) => entry.endsWith('.git'))) {
    const dir = join(folder, name)
    const own = await stat(dir).catch(() => undefined)
    if (own === undefined) continue
    sizes.push({ dir, usedAt: own.mtimeMs, bytes: await bytesOf(join(dir, 'objects')) })
  }
  return sizes
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await bytesOf(path)
    else bytes += (await stat(path).catch(() => undefined))?.size ?? 0
  }
  return bytes
}

/** Many packs or many loose objects make every read slower. One of 256 folders stands for all. */
export async function isScattered(dir: string): Promise<boolean> {
  const packs = await readdir(join(dir, 'objects', 'pack')).catch(() => [])
  if (packs.filter((name) => name.endsWith('.pack')).length > 30) return true
  const loose = await readdir(join(dir, 'objects', '17')).catch(() => [])
  return loose.length > 20
}

/**
 * Removes what a killed git left: lock files, which would stop every later one, and half-written packs. Only for a
 * repository that nobody else writes to.
 */
export async function removeLeftovers(dir: string): Promise<void> {
  const inTree = async (folder: string): Promise<string[]> =>
    (await readdir(join(dir, folder), { recursive: true }).catch(() => []))
      .filter((name) => name.endsWith('.lock'))
      .map((name) => join(folder, name))
  const atTop = (await readdir(dir)).filter((name) => name.endsWith('.lock'))
  const packs = (await readdir(join(dir, 'objects', 'pack')).catch(() => []))
    .filter((name) => name.startsWith('tmp_') || name.endsWith('.lock'))
    .map((name) => join('objects', 'pack', name))
  for (const name of [...atTop, ...(await inTree('refs')), ...packs]) {
    await rm(join(dir, name), { force: true })
  }
}

/** The object format of a repository that is there. */
export async function formatOf(dir: string): Promise<'sha1' | 'sha256' | undefined> {
  const config = await readFile(join(dir, 'config'), 'utf8').catch(() => undefined)
  if (config === undefined) return undefined
  return /^\s*objectformat\s*=\s*sha256/imu.test(config) ? 'sha256' : 'sha1'
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

/** Removes a folder so that nobody sees half of it. */
export async function discardFolder(dir: string): Promise<void> {
  const trash = `${dir}${trashEnd}`
  await rm(trash, { recursive: true, force: true })
  await rename(dir, trash).catch((error: unknown) => {
    if (!hasErrno(error, 'ENOENT')) throw error
  })
  await rm(trash, { recursive: true, force: true, maxRetries: 3 })
}

/** What a killed process did not get to remove. */
export async function removeTrash(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((entry) => entry.endsWith(trashEnd)))
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 })
}
