import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes folders of mode 0700 for keys that a program must read from a file, and forgets them. */
export interface PrivateFiles {
  make(): Promise<PrivateFolder>
}

export interface PrivateFolder {
  readonly path: string
  end(): Promise<void>
}

/**
 * The folders lie in the system's temp folder, because the sockets that gpg makes there must have short names. `owner`
 * is the data folder they belong to: what a killed process of the same owner left behind is removed first.
 */
export function createPrivateFiles(owner: string): PrivateFiles {
  const prefix = `gk-${createHash('sha256').update(owner).digest('hex').slice(0, 8)}-`
  for (const name of readdirSync(tmpdir())) {
    if (name.startsWith(prefix)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
  return {
    async make() {
      const path = await mkdtemp(join(tmpdir(), prefix))
      return { path, end: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
    },
  }
}
