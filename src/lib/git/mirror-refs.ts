import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GitRefs } from '../../core/git.ts'
import { compareBytes } from '../../core/compare-bytes.ts'

/**
 * Gives a mirror the branches and tags of its remote, in one file however many there are: git itself would make a file
 * for each. All objects must be there, and nobody else may be writing.
 */
export async function writeRefs(dir: string, { refs }: GitRefs): Promise<void> {
  const lines = [...refs]
    .filter(([name]) => isKept(name))
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([name, id]) => {
      const peeled = refs.get(`${name}^{}`)
      return [`${id} ${name}`, ...(peeled === undefined ? [] : [`^${peeled}`])]
    })
  const text = ['# pack-refs with: peeled fully-peeled sorted ', ...lines, ''].join('\n')
  const lock = join(dir, 'packed-refs.lock')
  await writeFile(lock, text, { mode: 0o600 })
  await rename(lock, join(dir, 'packed-refs'))
  for (const folder of ['heads', 'tags']) {
    await rm(join(dir, 'refs', folder), { recursive: true, force: true, maxRetries: 3 })
    await mkdir(join(dir, 'refs', folder), { recursive: true, mode: 0o700 })
  }
}

function isKept(name: string): boolean {
  return /^refs\/(heads|tags)\//u.test(name) && !name.endsWith('^{}')
}
