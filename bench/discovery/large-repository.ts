import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** One commit with so many files of incompressible content, together of about this size. */
export async function fillRepository(gitDir: string, files: number, bytes: number): Promise<void> {
  const child = spawn('git', [`--git-dir=${gitDir}`, 'fast-import', '--quiet'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = once(child, 'close')
  const write = async (chunk: string | Buffer): Promise<void> => {
    if (!child.stdin.write(chunk)) await once(child.stdin, 'drain')
  }
  await write('commit refs/heads/main\ncommitter Filler <filler@example.com> 1700000000 +0000\n')
  await write('data 7\nfilling\n')
  const size = Math.ceil(bytes / files)
  for (let n = 0; n < files; n += 1) {
    await write(`M 100644 inline dir${n % 250}/file${n}.bin\ndata ${size}\n`)
    await write(Buffer.concat([randomBytes(size), Buffer.from('\n')]))
  }
  child.stdin.end('\n')
  await ended
}

export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}
