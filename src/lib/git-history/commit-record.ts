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
