// Types, lint, format, generated files: everything that can be said about the sources without running them.
import { spawnSync } from 'node:child_process'

const folders = ['src', 'ui', 'test', 'bench', 'scripts']
const checks: readonly (readonly string[])[] = [
  ['tsc', '-p', '.'],
  ['oxlint', '--type-aware', '--deny-warnings', ...folders],
  ['oxfmt', '--check', ...folders],
  ['node', 'scripts/generate.ts', '--check'],
]

const failed = checks.filter(([command = '', ...args]) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  return status !== 0
})
for (const check of failed) process.stderr.write(`failed: ${check.join(' ')}\n`)
process.exit(failed.length === 0 ? 0 : 1)
