import { stat } from 'node:fs/promises'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '..')
const entry = join(root, 'dist/ui/index.html')

/** Builds the page into `dist/ui`, unless what is there is newer than its sources. */
export async function buildPageOnce(): Promise<void> {
  const built = await stat(entry).catch(() => undefined)
  const sources = globSync(['ui/**/*', 'package-lock.json'], { cwd: root }).map((path) =>
    statSync(join(root, path)),
  )
  if (
    built !== undefined &&
    sources.every((source) => source.isDirectory() || source.mtimeMs <= built.mtimeMs)
  )
    return
  await build({ configFile: join(root, 'ui/vite.config.ts'), logLevel: 'error' })
}
