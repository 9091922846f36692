import { GantryError, hasCode } from '../../core/errors.ts'
import type { GitCapability, GitRemote } from '../../core/git.ts'
import { push, type PushResult } from './push.ts'

/** A branch that is to be made on a remote, of a commit that is ready. */
export interface NewBranch {
  readonly project: string
  readonly repoURL: string
  readonly insecureSkipTLSVerify: boolean
  /** Where the commit is. */
  readonly gitDir: string
  readonly remote: GitRemote
  readonly branch: string
  readonly commit: string
  readonly signal: AbortSignal
}

/**
 * Makes the branch. Resolves with `theirs` when somebody else made it meanwhile, with something else in it. An answer
 * that got lost, or the refusal of what git sent twice, does not say that it was not made: then the remote is asked.
 * Throws Forbidden when the remote refuses it.
 */
export async function publishBranch(
  git: GitCapability,
  request: NewBranch,
): Promise<'made' | 'theirs'> {
  const { gitDir, remote, branch, commit, signal } = request
  const target = `refs/heads/${branch}`
  const isThere = async (): Promise<boolean> => (await tipNow(git, request, target)) === commit
  const result = await push(git, {
    gitDir,
    remote,
    source: commit,
    target,
    force: false,
    mustBeNew: true,
    signal,
  }).catch(async (error: unknown): Promise<PushResult> => {
    if (!hasCode(error, 'Unreachable', 'Timeout') || signal.aborted) throw error
    if (!(await isThere().catch(() => false))) throw error
    return { state: 'pushed' }
  })
  if (result.state === 'behind' && !(await isThere())) return 'theirs'
  if (result.state === 'rejected') {
    throw new GantryError(
      'Forbidden',
      `cannot make the branch "${branch}" of ${remote.url}: ${result.reason}`,
    )
  }
  await git.adopt(remote, gitDir, branch, commit)
  return 'made'
}

/** What a ref of the remote is at now. */
async function tipNow(
  git: GitCapability,
  { project, repoURL, insecureSkipTLSVerify, signal }: NewBranch,
  ref: string,
): Promise<string | undefined> {
  const wanted = (): string[] => []
  const lease = await git.borrow({ project, repoURL, insecureSkipTLSVerify, signal, wanted })
  await lease.release()
  return lease.refs.get(ref)
}
