// Writes what is generated from the sources; with --check, fails when something is stale instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatePluginList } from './generate/plugins.ts'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

const files: ReadonlyMap<string, string> = new Map([['src/plugins.gen.ts', generatePluginList()]])

const stale = [...files].filter(([path, content]) => readOrEmpty(join(root, path)) !== content)
for (const [path, content] of stale) {
  if (check) process.stderr.write(`stale: ${path}; run \`npm run generate\`\n`)
  else {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
}
process.exit(check && stale.length > 0 ? 1 : 0)

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
