// Makes `dist/`: the command as one bundled JavaScript file, and the page.
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import manifest from '../package.json' with { type: 'json' }
import { writeBundle } from './bundle.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
await build({ configFile: join(root, 'ui/vite.config.ts'), logLevel: 'warn' })

await writeBundle(dist)

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
