import type { GitCapability, GitPerson, GitSigner } from '../../core/git.ts'
import { commitEnv } from './person.ts'
import { readHead, type WorkTree } from './work-tree.ts'

export interface CommitRequest {
  readonly message: string
  readonly person: GitPerson
  readonly signer?: GitSigner | undefined
  /** Author and committer date, epoch milliseconds. */
  readonly atMs: number
  readonly signal: AbortSignal
}

export interface Committed {
  /** HEAD afterwards; undefined when there never was a commit. */
  readonly commit: string | undefined
  /** False when there was nothing to commit. */
  readonly isNew: boolean
}

/** Commits everything in the working tree that differs from HEAD. The same content at the same time gets the same id. */
export async function commitAll(
  git: GitCapability,
  tree: WorkTree,
  request: CommitRequest,
): Promise<Committed> {
  const { gitDir, workTree, info } = tree
  const { signal, signer, atMs } = request
  await git.run({
    args: [
      'add',
      '--all',
      '--sparse',
      '--',
      '.',
      ...excluding([...new Set([...info.submodules, ...tree.within])]),
    ],
    gitDir,
    workTree,
    signal,
  })
  const result = await git.run({
    args: [
      'commit',
      '--quiet',
      '--no-verify',
      '--no-status',
      '--allow-empty-message',
      '--cleanup=whitespace',
      '--file=-',
    ],
    input: request.message,
    gitDir,
    workTree,
    env: commitEnv(request.person, atMs),
    sign: signer === undefined ? undefined : { signer, atMs },
    // 1: there is nothing to commit.
    exitCodes: [0, 1],
    signal,
  })
  const { commit } = await readHead(gitDir)
  return { commit, isNew: result.exitCode === 0 }
}

function excluding(paths: readonly string[]): string[] {
  return paths.map((path) => `:(exclude,literal,top)${path}`)
}

/** Stages everything and removes every tracked file; ignored files stay. */
export async function clearTree(
  git: GitCapability,
  tree: WorkTree,
  signal: AbortSignal,
): Promise<void> {
  const { gitDir, workTree, info } = tree
  const within = tree.within.filter((path) => !info.submodules.includes(path))
  const args = ['add', '--all', '--sparse', '--', '.', ...excluding(within)]
  await git.run({ args, gitDir, workTree, signal })
  await git.run({
    args: ['rm', '-rf', '--quiet', '--sparse', '--ignore-unmatch', '--', '.'],
    gitDir,
    workTree,
    signal,
  })
}
