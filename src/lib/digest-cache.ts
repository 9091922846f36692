import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import type { Logger } from '../core/log.ts'
import type { DigestCache } from '../core/registry.ts'

export interface DigestCacheOptions {
  /** A folder of its own; made when it is missing, and may be deleted at any time. */
  readonly folder: string
  readonly log: Logger
  /** Oldest facts go first beyond this; default 100,000. */
  readonly maxEntries?: number | undefined
}

/** So many writes between two looks at how many files there are. */
const writesPerSweep = 1000

/**
 * Facts about immutable things, one small file each. It is a cache: whatever goes wrong with a file counts as a fact not
 * known, and is only logged.
 */
export function createDigestCache(options: DigestCacheOptions): DigestCache {
  const { folder, log, maxEntries = 100_000 } = options
  let writes = 0
  let isFailing = false
  let sweeping: Promise<void> | undefined

  const pathOf = (key: string): { readonly dir: string; readonly file: string } => {
    const name = createHash('sha256').update(key).digest('hex')
    const dir = join(folder, name.slice(0, 2))
    return { dir, file: join(dir, `${name.slice(2)}.json`) }
  }

  const sweep = async (): Promise<void> => {
    const files: { readonly path: string; readonly usedAt: number }[] = []
    for (const dir of await readdir(folder)) {
      for (const name of await readdir(join(folder, dir)).catch(() => [])) {
        const path = join(folder, dir, name)
        const found = await stat(path).catch(() => undefined)
        if (found !== undefined) files.push({ path, usedAt: found.mtimeMs })
      }
    }
    files.sort((a, b) => a.usedAt - b.usedAt)
    for (const { path } of files.slice(0, Math.max(0, files.length - maxEntries)))
      await rm(path, { force: true })
  }

  return {
    async get(key) {
      const text = await readFile(pathOf(key).file, 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      try {
        const entry: unknown = JSON.parse(text)
        // The key inside guards against two keys that share a file name, and against foreign files.
        if (!isJsonObject(entry) || entry['key'] !== key) return undefined
        return isJsonObject(entry['value']) ? entry['value'] : undefined
      } catch {
        return undefined
      }
    },

    async put(key, value: JsonObject) {
      const { dir, file } = pathOf(key)
      const draft = `${file}.${randomUUID()}.tmp`
      try {
        await mkdir(dir, { recursive: true })
        await writeFile(draft, JSON.stringify({ key, value }), { mode: 0o600 })
        await rename(draft, file)
        isFailing = false
        writes += 1
        if (writes % writesPerSweep === 0 && sweeping === undefined) {
          sweeping = sweep().finally(() => {
            sweeping = undefined
          })
          await sweeping
        }
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined)
        // Once, however many facts there are: a full disk must not be filled with words about it.
        if (!isFailing) log.warn('facts cannot be cached', { error: String(error) })
        isFailing = true
      }
    },
  }
}
