import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitCapability, GitPerson, GitSigner, PushIntegration } from '../../core/git.ts'
import { commitEnv } from './person.ts'
import { shorten } from './blame.ts'
import type { WorkTree } from './work-tree.ts'

export interface IntegrateRequest {
  readonly policy: Exclude<PushIntegration, 'None'>
  /** The remote branch's commit; its objects are at hand. */
  readonly tip: string
  /** Where that branch was when the checkout last heard of it; HEAD came after that. */
  readonly before?: string | undefined
  /** What was pushed to it from here before. */
  readonly ours?: string | undefined
  readonly targetBranch: string
  readonly person: GitPerson
  readonly signer?: GitSigner | undefined
  readonly atMs: number
  readonly signal: AbortSignal
}

/** A merge or rebase that people must look at: trying again does not help. */
export class IntegrationRefused extends GantryError {
  constructor(message: string) {
    super('Conflict', message)
  }
}

/**
 * Brings what the remote branch has into the checkout: by rebasing onto it or merging it, as the policy says. Throws
 * IntegrationRefused on conflicts and where the policy forbids a rebase; the checkout is then as before. What the remote
 * branch had and was rid of meanwhile is not brought back; what was pushed from here and removed is refused, too.
 */
export async function integrate(
  git: GitCapability,
  tree: WorkTree,
  request: IntegrateRequest,
): Promise<void> {
  const { gitDir, workTree } = tree
  const { tip, signal, policy } = request
  const isAncestor = async (commit: string, of: string): Promise<boolean> => {
    const args = ['merge-base', '--is-ancestor', commit, of]
    const { exitCode } = await git.run({ args, gitDir, workTree, signal, exitCodes: [0, 1] })
    return exitCode === 0
  }
  const { before, ours } = request
  if (ours !== undefined && !(await isAncestor(ours, tip))) {
    throw new IntegrationRefused(
      `what was pushed to ${request.targetBranch} before was removed from it; promote again`,
    )
  }
  const removed = before === undefined || (await isAncestor(before, tip)) ? undefined : before
  if (removed === undefined && (await isAncestor(tip, 'HEAD'))) return

  const mustMerge =
    policy === 'AlwaysMerge' ||
    (policy !== 'AlwaysRebase' && !(await isRebaseSafe(git, tree, request, removed)))
  if (mustMerge && removed !== undefined) {
    throw new IntegrationRefused(
      `${request.targetBranch} was rewritten since it was checked out, and a merge would bring back what it lost; promote again`,
    )
  }
  if (mustMerge && policy === 'RebaseOrFail') {
    throw new IntegrationRefused(
      `rebasing onto ${request.targetBranch} is not safe: it would change who vouches for a commit`,
    )
  }
  await (mustMerge ? merge(git, tree, request) : rebase(git, tree, request, removed))
}

async function rebase(
  git: GitCapability,
  { gitDir, workTree }: WorkTree,
  request: IntegrateRequest,
  removed: string | undefined,
): Promise<void> {
  const { tip, signal, atMs, signer, person } = request
  const onto = removed === undefined ? [tip] : ['--onto', tip, removed]
  const at = { gitDir, workTree, signal }
  const result = await git.run({
    ...at,
    args: ['rebase', '--quiet', '--no-autostash', '--no-verify', ...onto],
    env: commitEnv(person, atMs, { author: false }),
    sign: signer === undefined ? undefined : { signer, atMs },
    exitCodes: [0, 1],
  })
  if (result.exitCode === 0) return
  const isUnderWay = await git.run({ ...at, args: ['rebase', '--abort'], exitCodes: [0, 1, 128] })
  throw refusal(
    isUnderWay.exitCode === 0,
    `cannot rebase onto ${request.targetBranch}`,
    `${result.stdout}\n${result.stderr}`,
  )
}

async function merge(
  git: GitCapability,
  { gitDir, workTree }: WorkTree,
  request: IntegrateRequest,
): Promise<void> {
  const { tip, signal, atMs, signer, person, targetBranch } = request
  const at = { gitDir, workTree, signal }
  const result = await git.run({
    ...at,
    args: ['merge', '--quiet', '--no-stat', '-m', `Merge remote branch '${targetBranch}'`, tip],
    env: commitEnv(person, atMs),
    sign: signer === undefined ? undefined : { signer, atMs },
    exitCodes: [0, 1],
  })
  if (result.exitCode === 0) return
  const isUnderWay = await git.run({ ...at, args: ['merge', '--abort'], exitCodes: [0, 128] })
  throw refusal(
    isUnderWay.exitCode === 0,
    `cannot merge ${targetBranch}`,
    `${result.stdout}\n${result.stderr}`,
  )
}

function refusal(isConflict: boolean, what: string, told: string): GantryError {
  const conflicts = told.split('\n').filter((line) => line.startsWith('CONFLICT'))
  if (conflicts.length > 0 || isConflict) {
    return new IntegrationRefused(`${what}: ${conflicts.join('; ') || 'there are conflicts'}`)
  }
  return new GantryError('Internal', `${what}: ${shorten(told)}`)
}

/**
 * A rebase makes every local commit anew. That is safe for those that we signed and can sign again, and for unsigned
 * ones when we would not sign; anything else would change who vouches for it.
 */
async function isRebaseSafe(
  git: GitCapability,
  { gitDir, workTree, info }: WorkTree,
  { tip, signer, signal }: IntegrateRequest,
  removed: string | undefined,
): Promise<boolean> {
  const unwanted = removed === undefined ? [] : [`^${removed}`]
  const { stdout } = await git.run({
    args: ['rev-list', '--header', 'HEAD', `^${tip}`, ...unwanted],
    gitDir,
    workTree,
    signal,
  })
  const ours = new Set(info.signed)
  return stdout
    .split('\0')
    .filter((record) => record.trim() !== '')
    .every((record) => {
      const [id = ''] = record.trim().split('\n', 1)
      const isSigned = /^gpgsig(-sha256)? /mu.test(record.split('\n\n', 1)[0] ?? '')
      if (!isSigned) return signer === undefined
      return ours.has(id) && signer !== undefined
    })
}

/** Lets the checkout see the objects of one more mirror (its own may be another when the credential changed). */
export async function borrowAlso(gitDir: string, mirrorDir: string): Promise<void> {
  const file = join(gitDir, 'objects', 'info', 'alternates')
  const line = join(mirrorDir, 'objects')
  const lines = (await readFile(file, 'utf8')).split('\n')
  if (!lines.includes(line)) await appendFile(file, `${line}\n`)
}
