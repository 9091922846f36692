import { GantryError } from '../../core/errors.ts'
import { jsonEqual, type JsonObject } from '../../core/json.ts'
import { isAnyPathRelevant } from '../../core/selection/path-rules.ts'
import { toEntry } from './entry.ts'
import type { Finds, HistoryLook } from './finds.ts'
import { walkLog, type LogEntry } from './read-log.ts'
import { filterInTurns, selectFirst, upTo } from './select.ts'

/** The commits of a branch that the rules let through, newest first. NotFound when there is no such branch. */
export async function findOnBranch(look: HistoryLook, before: Finds | undefined): Promise<Finds> {
  const { rules, refs, paths, filter } = look
  const { repoURL, branch, since, discoveryLimit } = rules
  const start = refs.get(branch === '' ? 'HEAD' : `refs/heads/${branch}`)
  if (start === undefined) {
    if (refs.size === 0) return { commits: [], observed: undefined }
    const what = branch === '' ? 'a default branch' : `the branch ${branch}`
    throw new GantryError('NotFound', `cannot find ${what} in ${repoURL}`)
  }
  const observed = { branchHead: start }
  if (before !== undefined && jsonEqual(before.observed, observed)) return before
  const older = olderFinds(look, before)
  let isJoined = false
  const commits = await look.inMirror([start], (git) => {
    const query = { start, since, withPaths: paths !== undefined }
    const batches = upTo(walkLog(git, query, discoveryLimit), older?.head, () => {
      isJoined = true
    })
    return selectFirst(batches, discoveryLimit, (batch) =>
      filterInTurns(
        batch,
        (entry) =>
          (filter === undefined ||
            filter.isCommitIn({ ...entry, commitDateMs: entry.committedAtMs })) &&
          (paths === undefined || isAnyPathRelevant(paths, entry.paths ?? [])),
      ),
    )
  })
  const entries = commits.map((commit: LogEntry) =>
    toEntry(commit, { branch, createdAtMs: commit.committedAtMs }),
  )
  const all = isJoined ? [...entries, ...(older?.commits ?? [])] : entries
  return { commits: all.slice(0, discoveryLimit), observed }
}

interface OlderFinds {
  readonly head: string
  readonly commits: readonly JsonObject[]
}

/**
 * What was found up to an earlier head stays true for it, so that a path that is rarely touched does not cost a walk
 * through the whole history each time. Not with an expression: that may ask what time it is.
 */
function olderFinds(
  { paths, filter }: HistoryLook,
  before: Finds | undefined,
): OlderFinds | undefined {
  if (before === undefined || paths === undefined || filter !== undefined) return undefined
  const head = before.observed?.['branchHead']
  return typeof head === 'string' ? { head, commits: before.commits } : undefined
}
