import { hasCode } from '../../core/errors.ts'
import {
  briefFormat,
  commitFormat,
  maxAloneBytes,
  parseCommits,
  type CommitRecord,
  type RunGit,
} from './commit-record.ts'
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
  /** Only who the commits are and when they were made, for those that say too much. */
  readonly isBrief?: boolean | undefined
}

const bytesPerCommit = 64 * 1024
const minOutputBytes = 4 * 1024 * 1024

/** The first-parent history, newest first: at most `count` commits. */
async function readLog(git: RunGit, query: LogQuery): Promise<LogEntry[]> {
  const { start, skipStart, count, since, withPaths, isBrief = false } = query
  const output = await git(
    [
      'log',
      '--first-parent',
      '--no-color',
      '--no-show-signature',
      '--no-decorate',
      '--no-notes',
      isBrief ? briefFormat : commitFormat,
      `--max-count=${count}`,
      ...(skipStart ? ['--skip=1'] : []),
      ...(since === undefined ? [] : [`--since=${since}`]),
      ...(withPaths ? ['--diff-merges=first-parent', '--name-only', '--no-renames'] : []),
      start,
      '--',
    ],
    {
      maxOutputBytes:
        count === 1 ? maxAloneBytes : Math.max(minOutputBytes, count * bytesPerCommit),
    },
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
  let isBrief = false
  for (let start = query.start, skipStart = false; ;) {
    let entries: readonly LogEntry[]
    try {
      entries = await readLog(git, { ...query, start, skipStart, count, isBrief })
    } catch (error) {
      if (!hasCode(error, 'TooLarge') || isBrief) throw error
      // Somewhere among them is a commit that says very much: nearer to it, and past it alone.
      if (count === 1) isBrief = true
      else count = Math.ceil(count / 2)
      continue
    }
    if (entries.length > 0) yield entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < count) return
    start = last.id
    skipStart = true
    isBrief = false
    count = nextSize(count)
  }
}
