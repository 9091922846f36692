import { commitFormat, parseCommits, type CommitRecord, type RunGit } from './commit-record.ts'
import { parsePaths } from './changed-paths.ts'
import { nextSize } from './select.ts'

export interface LogEntry extends CommitRecord {
  /** Paths that it changed against its first parent, both ends of a rename; absent unless asked for. */
  readonly paths?: readonly string[] | undefined
}

export interface LogQuery {
  readonly start: string
  /** Do not begin with `start` itself but with its first parent. */
  readonly skipStart: boolean
  readonly count: number
  /** RFC 3339: nothing committed before. */
  readonly since?: string | undefined
  readonly withPaths: boolean
}

const bytesPerCommit = 64 * 1024
const minOutputBytes = 4 * 1024 * 1024

/** The first-parent history, newest first: at most `count` commits. */
export async function readLog(git: RunGit, query: LogQuery): Promise<LogEntry[]> {
  const { start, skipStart, count, since, withPaths } = query
  const output = await git(
    [
      'log',
      '--first-parent',
      '--no-color',
      '--no-show-signature',
      '--no-decorate',
      '--no-notes',
      commitFormat,
      `--max-count=${count}`,
      ...(skipStart ? ['--skip=1'] : []),
      ...(since === undefined ? [] : [`--since=${since}`]),
      ...(withPaths ? ['--diff-merges=first-parent', '--name-only', '--no-renames'] : []),
      start,
      '--',
    ],
    { maxOutputBytes: Math.max(minOutputBytes, count * bytesPerCommit) },
  )
  return parseCommits(output).map(({ commit, after }) =>
    withPaths ? { ...commit, paths: parsePaths(after) } : commit,
  )
}

/** The whole first-parent history from `start` on, in batches that grow from `first`. */
export async function* walkLog(
  git: RunGit,
  query: Pick<LogQuery, 'start' | 'since' | 'withPaths'>,
  first: number,
): AsyncGenerator<readonly LogEntry[]> {
  let count = first
  for (let start = query.start, skipStart = false; ; skipStart = true) {
    const entries = await readLog(git, { ...query, start, skipStart, count })
    if (entries.length > 0) yield entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < count) return
    start = last.id
    count = nextSize(count)
  }
}
