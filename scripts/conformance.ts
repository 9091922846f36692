/**
 * Checks vector files against the languages: `npm run conformance -- expr|template|semver FILE`. Prints each mismatch
 * and ends with `N passed, M failed`; exits 1 when any failed. `test/conformance/README.md` says what the files hold.
 */
import { readFile } from 'node:fs/promises'
import type { ConformanceReport } from '../test/conformance/expr.ts'

type Check = (text: string) => Promise<ConformanceReport>

const checks: Readonly<Record<string, Check>> = {
  expr: async (text) => {
    const { checkExpressions, readLines } = await import('../test/conformance/expr.ts')
    return checkExpressions(readLines(text))
  },
  template: async (text) => {
    const { checkTemplates } = await import('../test/conformance/template.ts')
    const { readLines } = await import('../test/conformance/expr.ts')
    return checkTemplates(readLines(text))
  },
}

async function main(args: readonly string[]): Promise<number> {
  const [language = '', file = ''] = args
  if (language === 'semver') {
    const { main: semver } = await import('./conformance-semver.ts')
    return semver(args.slice(1))
  }
  const check = Object.hasOwn(checks, language) ? checks[language] : undefined
  if (check === undefined || file === '') {
    process.stderr.write('usage: npm run conformance -- expr|template|semver FILE\n')
    return 2
  }
  const { passed, mismatches } = await check(await readFile(file, 'utf8'))
  for (const { input, expected, got } of mismatches) {
    process.stdout.write(`${input}\n  expected ${expected}\n  got      ${got}\n`)
  }
  process.stdout.write(`${passed} passed, ${mismatches.length} failed\n`)
  return mismatches.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
