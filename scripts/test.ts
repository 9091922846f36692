// The test command: finds every *.test.ts and runs it with node's own runner. Arguments that are paths narrow it.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const paths = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const files = globSync([
  'src/**/*.test.ts',
  'test/**/*.test.ts',
  'bench/**/*.test.ts',
  'scripts/**/*.test.ts',
])
  .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)))
  .sort()
const result = spawnSync(process.execPath, ['--test', ...flags, ...files], { stdio: 'inherit' })
process.exit(result.status ?? 1)
