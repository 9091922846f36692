import { compileGlob, compileRegex } from '../pattern.ts'
import { problemsOfEach } from './problem.ts'

/** Tells whether a path of the repository (slashes, no leading one) is meant. */
export type PathTest = (path: string) => boolean

/** Which changed paths make a commit worth looking at. */
export interface PathRules {
  readonly include: readonly PathTest[]
  readonly exclude: readonly PathTest[]
}

/** Undefined when the subscription does not filter by path. Throws Invalid for a pattern that does not compile. */
export function compilePathRules(subscription: {
  readonly includePaths?: readonly string[] | undefined
  readonly excludePaths?: readonly string[] | undefined
}): PathRules | undefined {
  const include = (subscription.includePaths ?? []).map(compilePath)
  const exclude = (subscription.excludePaths ?? []).map(compilePath)
  return include.length + exclude.length === 0 ? undefined : { include, exclude }
}

/** Patterns that do not compile, as `field[0]: sentence`. */
export function pathRuleProblems(subscription: {
  readonly includePaths: readonly string[]
  readonly excludePaths: readonly string[]
}): string[] {
  return [
    ...problemsOfEach('includePaths', subscription.includePaths, compilePath),
    ...problemsOfEach('excludePaths', subscription.excludePaths, compilePath),
  ]
}

/** True when at least one of the paths is included (or nothing is said about inclusion) and not excluded. */
export function isAnyPathRelevant(rules: PathRules, paths: Iterable<string>): boolean {
  for (const path of paths) {
    const isIncluded = rules.include.length === 0 || rules.include.some((test) => test(path))
    if (isIncluded && !rules.exclude.some((test) => test(path))) return true
  }
  return false
}

/** `glob:...`, `regex:...` (or `regexp:`), else a file or folder with everything beneath it. */
function compilePath(pattern: string): PathTest {
  if (pattern.startsWith('glob:')) {
    const glob = compileGlob(pattern.slice('glob:'.length))
    return (path) => glob.test(path)
  }
  const prefix = ['regex:', 'regexp:'].find((candidate) => pattern.startsWith(candidate))
  if (prefix !== undefined) {
    const regex = compileRegex(pattern.slice(prefix.length))
    return (path) => regex.test(path)
  }
  const base = cleanPath(pattern)
  return (path) => base === '' || path === base || path.startsWith(`${base}/`)
}

/** Without empty and `.` segments, so that `./charts/` and `charts` mean the same. */
function cleanPath(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')
}
