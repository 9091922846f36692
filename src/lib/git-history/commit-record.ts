import { hasCode } from '../../core/errors.ts'

/** What discovery wants to know of a commit. */
export interface CommitRecord {
  readonly id: string
  /** Committer date, epoch milliseconds. */
  readonly committedAtMs: number
  /** `Name <email>`. */
  readonly author: string
  readonly committer: string
  /** First line of the message. */
  readonly subject: string
}

/** Runs git in a mirror, reading only; resolves with standard output. */
export type RunGit = (
  args: readonly string[],
  options: { readonly maxOutputBytes: number; readonly input?: string },
) => Promise<string>

/** NUL before each field and after the last: nothing in a commit can hold one. */
export const commitFormat = '--format=%x00%H%x00%ct%x00%an <%ae>%x00%cn <%ce>%x00%s%x00'
const fieldCount = 6
/** For a commit that says too much: who it is and when it was made. */
export const briefFormat = '--format=%x00%H%x00%ct%x00%x00%x00%x00'

export interface FormattedCommit {
  readonly commit: CommitRecord
  /** What git printed before it, since the last one. */
  readonly before: string
  /** What git printed after it, up to the next one. */
  readonly after: string
}

/** Reads what git printed with `commitFormat`. */
export function parseCommits(output: string): FormattedCommit[] {
  const parts = output.split('\0')
  const commits: FormattedCommit[] = []
  for (let at = 1; at + fieldCount - 1 < parts.length; at += fieldCount) {
    const [id = '', seconds = '', author = '', committer = '', subject = '', after = ''] =
      parts.slice(at, at + fieldCount)
    const committedAtMs = Number(seconds) * 1000
    const commit = { id, committedAtMs, author, committer, subject }
    commits.push({ commit, before: parts[at - 1] ?? '', after })
  }
  return commits
}

/** More than this is not read about one object: it is then known by less. */
export const maxAloneBytes = 64 * 1024 * 1024

/**
 * Reads about many objects in one go; where that is too much at once, in halves, so that one that says very much costs
 * only itself. `alone` reads what is known of an object that is too much by itself.
 */
export async function readInHalves<T>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<readonly T[]>,
  alone: (id: string) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const [first] = ids
  if (first === undefined) return []
  try {
    return await read(ids)
  } catch (error) {
    if (!hasCode(error, 'TooLarge')) throw error
    if (ids.length === 1) return alone(first)
    const middle = Math.ceil(ids.length / 2)
    const left = await readInHalves(ids.slice(0, middle), read, alone)
    return [...left, ...(await readInHalves(ids.slice(middle), read, alone))]
  }
}
