// Writes what is generated from the sources; with --check, fails when something is stale instead.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateCommands } from './generate/commands.ts'
import { generateCrds } from './generate/crd.ts'
import { loadPlugins } from './generate/load-plugins.ts'
import { generatePluginList } from './generate/plugins.ts'
import { generateReference } from './generate/reference.ts'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

const files: ReadonlyMap<string, string> = new Map([
  ['src/plugins.gen.ts', generatePluginList()],
  ...generateCrds(),
  ...generateReference(await loadPlugins()),
  ...generateCommands(),
])
/** Everything in these folders is generated, so what nobody generates any more goes. */
const orphans = globSync(['docs/reference/**/*.*', 'deploy/crds/*.*'], { cwd: root }).filter(
  (path) => !files.has(path),
)
const stale = [...files].filter(([path, content]) => readOrEmpty(join(root, path)) !== content)

for (const path of [...orphans, ...stale.map(([path]) => path)]) {
  if (check) process.stderr.write(`stale: ${path}; run \`npm run generate\`\n`)
}
if (!check) {
  for (const path of orphans) rmSync(join(root, path))
  for (const [path, content] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}
process.exit(check && orphans.length + stale.length > 0 ? 1 : 0)

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
