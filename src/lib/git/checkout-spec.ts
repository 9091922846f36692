import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import type { GitCapability, GitLease, GitRefs } from '../../core/git.ts'
import { checkRefName, isObjectId } from './address.ts'
import { tipsOf } from './refs.ts'

/** One working tree that a clone is to make, as its config says it. */
export const Checkout = z
  .strictObject({
    path: z.string().min(1).describe('Where the working tree goes'),
    as: z.string().optional().describe('Key in the output; default: the path'),
    branch: z.string().optional().describe('Branch to check out'),
    commit: z.string().optional().describe('Commit to check out'),
    tag: z.string().optional().describe('Tag to check out'),
    create: z
      .boolean()
      .optional()
      .describe('Make the branch, with an empty first commit, when it does not exist'),
    sparse: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Only these folders, and the files beside them on the way'),
  })
  .refine(({ branch, commit, tag }) => [branch, commit, tag].filter(Boolean).length <= 1, {
    message: 'Must validate one and only one schema (oneOf)',
    params: { rule: 'branch, commit and tag exclude each other' },
  })

export type Checkout = z.output<typeof Checkout>

/** The commit that a checkout asks for; undefined when the remote has no such branch, tag or commit. */
export async function resolveCommit(
  git: GitCapability,
  { branch, commit, tag }: Checkout,
  { refs, gitDir }: Pick<GitLease, 'refs' | 'gitDir'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (branch) return refs.get(`refs/heads/${branch}`)
  if (tag) return refs.get(`refs/tags/${tag}^{}`) ?? refs.get(`refs/tags/${tag}`)
  if (!commit) return refs.get('HEAD')
  const { exitCode, stdout } = await git.run({
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`],
    gitDir,
    exitCodes: [0, 1, 128],
    signal,
  })
  return exitCode === 0 ? stdout.trim() : undefined
}

/** The object ids that must be at hand before the checkout's commit can be resolved and checked out. */
export function wantedBy({ branch, commit, tag }: Checkout, known: GitRefs): string[] {
  const { refs } = known
  if (commit) return isObjectId(commit) ? [commit] : tipsOf(known)
  const name = branch ? `refs/heads/${branch}` : tag ? `refs/tags/${tag}` : 'HEAD'
  const id = refs.get(`${name}^{}`) ?? refs.get(name)
  return id === undefined ? [] : [id]
}

/** The branch that HEAD of the checkout names; undefined when it is detached. */
export function standsOn({ branch, commit, tag }: Checkout, refs: GitRefs): string | undefined {
  if (branch) return branch
  return commit || tag ? undefined : refs.defaultBranch
}

/** Throws Invalid for names that are none, and for what git cannot do. */
export function checkCheckouts(checkouts: readonly Checkout[]): void {
  for (const { branch, tag, commit, sparse } of checkouts) {
    if (branch) checkRefName(branch, 'branch')
    if (tag) checkRefName(tag, 'tag')
    if (commit?.startsWith('-')) {
      throw new GantryError('Invalid', `"${commit}" cannot be a commit`)
    }
    for (const folder of sparse ?? []) {
      const isInside = !folder.startsWith('/') && !folder.split('/').includes('..')
      if (!isInside || /[*?[\n]/u.test(folder)) {
        throw new GantryError(
          'Invalid',
          `"${folder}" cannot be checked out sparsely: name a folder inside the repository`,
        )
      }
    }
  }
  const twice = firstRepeated(checkouts.flatMap(({ branch }) => (branch ? [branch] : [])))
  if (twice !== undefined) {
    throw new GantryError('Invalid', `the branch "${twice}" cannot be checked out twice`)
  }
}

/** Why there is nothing to check out. */
export function missingCheckout({ branch, commit, tag }: Checkout, url: string): string {
  if (branch) return `${url} has no branch "${branch}"; set create: true to make it`
  if (tag) return `${url} has no tag "${tag}"`
  return commit
    ? `${url} has no commit "${commit}"`
    : `${url} has no default branch; name the branch to check out`
}

/** The checkout's key in the output. */
export function keyOf({ as, path }: Checkout): string {
  return as === undefined || as === '' ? path : as
}

export function firstRepeated(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index)
}
