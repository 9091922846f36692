import { join } from 'node:path'
import type { GitCapability, GitPerson, GitSigner } from '../../core/git.ts'
import { layOutRepository } from './bare.ts'
import { setBranch } from './checkout.ts'
import { commitEnv } from './person.ts'

/** Lays out a git directory whose branch holds an empty first commit. The same request gives the same commit. */
export async function layOutNewBranch(
  git: GitCapability,
  request: {
    readonly gitDir: string
    readonly mirrorDir: string
    readonly branch: string
    readonly isSha256: boolean
    readonly person: GitPerson
    readonly signer?: GitSigner | undefined
    readonly atMs: number
    readonly signal: AbortSignal
  },
): Promise<string> {
  const { gitDir, branch, person, signer, atMs, signal } = request
  await layOutRepository(gitDir, {
    borrowFrom: join(request.mirrorDir, 'objects'),
    head: `ref: refs/heads/${branch}`,
    isSha256: request.isSha256,
  })
  const tree = (await git.run({ args: ['mktree'], input: '', gitDir, signal })).stdout.trim()
  const { stdout } = await git.run({
    args: ['commit-tree', ...(signer === undefined ? [] : ['-S']), '-m', 'Initial commit', tree],
    gitDir,
    env: commitEnv(person, atMs),
    sign: signer === undefined ? undefined : { signer, atMs },
    signal,
  })
  const commit = stdout.trim()
  await setBranch(gitDir, branch, commit)
  return commit
}
