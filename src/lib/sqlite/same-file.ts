import { statSync } from 'node:fs'
import { type Failure } from './messages.ts'
import { unavailable } from './failure.ts'

/**
 * Notices when a file that we hold open is no longer the one under its name: removed, or replaced. SQLite would go on
 * writing into the unlinked file, and everything acknowledged would be gone with the process.
 */
export function createFileCheck(path: string): () => Failure | undefined {
  const files = [path, `${path}-wal`].map((name) => ({ name, identity: identify(name) }))
  return () => {
    for (const { name, identity } of files) {
      const now = identify(name)
      if (now !== undefined && now === identity) continue
      const what = now === undefined ? 'was removed' : 'was replaced by another file'
      return unavailable(
        `${name} ${what} while it was in use: put it back, or start again on another data folder`,
      )
    }
    return undefined
  }
}

function identify(path: string): string | undefined {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`
  } catch {
    return undefined
  }
}
