import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

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
