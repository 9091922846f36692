import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')

/** Writes the command as bundled JavaScript: `main.js`, and beside it the programs of its threads. */
export async function writeBundle(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: {
      main: join(root, 'src/main.ts'),
      'sqlite-worker': join(root, 'src/lib/sqlite/worker.ts'),
      'yaml-worker': join(root, 'src/lib/yaml-thread/worker.ts'),
    },
    platform: 'node',
    external: Object.keys(manifest.dependencies),
  })
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  chmodSync(join(folder, 'main.js'), 0o755)
}
