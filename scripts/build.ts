// Makes `dist/`: the command as one bundled JavaScript file, and the page.
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { build } from 'vite'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
await build({ configFile: join(root, 'ui/vite.config.ts'), logLevel: 'warn' })

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
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
})
chmodSync(join(dist, 'main.js'), 0o755)

const { name, version, description, dependencies } = manifest
const published = {
  name,
  version,
  description,
  license: 'Apache-2.0',
  type: 'module',
  engines: { node: '>=24' },
  bin: { gantry: 'main.js' },
  dependencies,
}
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
cpSync(join(root, 'LICENSE'), join(dist, 'LICENSE'))
