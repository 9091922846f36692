import { copyFile, mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { hasErrno } from '../errno.ts'

/** More new objects than this are left for the next fetch. */
const maxObjects = 2000
/** Trees and commits are small; a blob is never read. */
const maxParsedBytes = 16 * 1024 * 1024

/**
 * Copies the loose objects that a commit brought with it from a checkout into the mirror whose objects the checkout
 * borrows: exactly those that the commit reaches, children first. Resolves with false when it cannot be done so (the
 * checkout has packs, or there is too much); the mirror is then as whole as before.
 */
export async function seedObjects(
  checkout: string,
  mirror: string,
  commit: string,
): Promise<boolean> {
  const packs = await readdir(join(checkout, 'objects', 'pack')).catch(() => [])
  if (packs.some((name) => name.endsWith('.pack'))) return false
  const seen = new Set<string>()
  let isWhole = true

  const visit = async (id: string, kind: 'commit' | 'tree' | 'blob'): Promise<void> => {
    if (seen.has(id) || !isWhole) return
    seen.add(id)
    if (seen.size > maxObjects) {
      isWhole = false
      return
    }
    const source = looseFile(checkout, id)
    const size = await sizeOf(source)
    // Not loose here: the mirror had it before, with everything it reaches.
    if (size === undefined) return
    if (kind !== 'blob') {
      const content = await readObject(source)
      if (content === undefined) isWhole = false
      else if (kind === 'commit') await visitCommit(content)
      else await visitTree(content)
    }
    if (isWhole) await copyInto(source, looseFile(mirror, id))
  }

  const visitCommit = async (content: Buffer): Promise<void> => {
    for (const line of content.toString('latin1').split('\n')) {
      if (line === '') return
      const [word, id = ''] = line.split(' ')
      if (word === 'tree') await visit(id, 'tree')
      if (word === 'parent') await visit(id, 'commit')
    }
  }

  const idBytes = commit.length / 2
  const visitTree = async (content: Buffer): Promise<void> => {
    for (let at = 0; at < content.length;) {
      const space = content.indexOf(0x20, at)
      const end = content.indexOf(0, space)
      if (space === -1 || end === -1) return
      const mode = content.toString('latin1', at, space)
      const id = content.toString('hex', end + 1, end + 1 + idBytes)
      at = end + 1 + idBytes
      if (mode === '40000') await visit(id, 'tree')
      else if (mode !== '160000') await visit(id, 'blob')
    }
  }

  await visit(commit, 'commit')
  return isWhole
}

function looseFile(gitDir: string, id: string): string {
  return join(gitDir, 'objects', id.slice(0, 2), id.slice(2))
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The object's content without its header; undefined when it is larger than any we should parse. */
async function readObject(path: string): Promise<Buffer | undefined> {
  const packed = await readFile(path)
  try {
    const plain = await promisify(inflate)(packed, { maxOutputLength: maxParsedBytes })
    return plain.subarray(plain.indexOf(0) + 1)
  } catch {
    return undefined
  }
}

/** Copied, not linked: whatever happens to the checkout's files must not happen to the mirror's. */
async function copyInto(source: string, target: string): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true })
  const part = `${target}.part`
  await copyFile(source, part)
  await rename(part, target)
}
