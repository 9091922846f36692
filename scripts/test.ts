// The test command: every *.test.ts with node's own runner. Paths narrow it (`npm test -- src/core`).
// `--with-system-packages` (and CI=true) installs what a plain Debian machine lacks; elsewhere such suites say why they
// are skipped. In CI nothing may be skipped.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { installHelm } from './helm.ts'
import { installSystemPackages } from './system-packages.ts'

const root = join(import.meta.dirname, '..')
const isCI = process.env['CI'] === 'true'
const args = process.argv.slice(2)
const paths = args.filter((argument) => !argument.startsWith('--'))
const flags = args.filter(
  (argument) => argument.startsWith('--') && argument !== '--with-system-packages',
)

if (isCI || args.includes('--with-system-packages')) {
  installSystemPackages()
  installHelm()
}

/** Rounds of kill -9 take by far the longest: begun first, they are not what everything waits for at the end. */
function longestFirst(a: string, b: string): number {
  const rank = (file: string): number => (file.startsWith(join('test', 'crash')) ? 0 : 1)
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}

const files = globSync([
  'src/**/*.test.ts',
  'ui/**/*.test.ts',
  'test/**/*.test.ts',
  'bench/**/*.test.ts',
  'scripts/**/*.test.ts',
])
  .filter(
    (file) =>
      paths.length === 0 || paths.some((path) => file.startsWith(path.replace(/^\.\//, ''))),
  )
  .sort(longestFirst)
if (files.length === 0) {
  process.stderr.write(`no test file matches ${paths.join(', ')}\n`)
  process.exit(1)
}

const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'))
const summary = join(folder, 'summary.tap')
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${availableParallelism() + 1}`,
    // Far beyond the longest rounds: a test that hangs fails, and the others still say how they are.
    `--test-timeout=${30 * 60_000}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${summary}`,
    ...flags,
    ...files,
  ],
  {
    stdio: 'inherit',
    // Every file is a process of its own, and many start further ones: what they compile is kept.
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'), ...process.env },
  },
)
const skipped = Number(/^# skipped (\d+)$/m.exec(readFileSync(summary, 'utf8'))?.[1] ?? 0)
rmSync(folder, { recursive: true })
if (isCI && skipped > 0) {
  process.stderr.write(`${skipped} tests were skipped; in CI nothing may be\n`)
  process.exit(1)
}
process.exit(status ?? 1)
