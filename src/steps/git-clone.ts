import { z } from 'zod'
import { asGantryError, GantryError, hasCode } from '../core/errors.ts'
import type { GitBorrow, GitLease } from '../core/git.ts'
import type { JsonObject } from '../core/json.ts'
import { Author } from '../lib/git/author.ts'
import { checkOut } from '../lib/git/checkout.ts'
import {
  Checkout,
  checkCheckouts,
  firstRepeated,
  keyOf,
  missingCheckout,
  resolveCommit,
  standsOn,
  wantedBy,
} from '../lib/git/checkout-spec.ts'
import { layOutNewBranch } from '../lib/git/initial-commit.ts'
import { publishBranch } from '../lib/git/publish-branch.ts'
import { isSha256 } from '../lib/git/refs.ts'
import { checkOutSubmodules } from '../lib/git/submodules.ts'
import { writeInfo } from '../lib/git/work-tree.ts'
import { defineStep, type StepCapabilities, type StepContext } from '../step.ts'

const Config = z.strictObject({
  repoURL: z.string().min(1).describe('Address of the repository'),
  insecureSkipTLSVerify: z.boolean().optional().describe('Accept any TLS certificate'),
  recurseSubmodules: z.boolean().optional().describe('Check out submodules too'),
  blobless: z
    .boolean()
    .optional()
    .describe('Accepted; checkouts borrow from a mirror, so there is nothing to leave out'),
  author: Author.optional().describe('Who commits in these working trees'),
  checkout: z.array(Checkout).min(1).describe('The working trees to make'),
})

type Config = z.output<typeof Config>
type Context = StepContext & Pick<StepCapabilities, 'git'>

/** What a checkout stands on: recorded, so that a replay stands on the same. */
interface Found {
  readonly key: string
  readonly commit: string
  /** The branch did not exist and got its first commit here. */
  readonly isCreated: boolean
}

export default defineStep({
  kind: 'git-clone',
  summary: 'Check out branches, commits or tags of a git repository, each as a working tree.',
  effect: 'workspace',
  atomic: true,
  needs: ['git'],
  config: Config,
  output: z.strictObject({
    commits: z
      .record(z.string(), z.string())
      .describe('The commit of each working tree, by its `as` or its path'),
  }),
  former: { fromFreight: 'write commit, as in ${{ commitFrom(vars.repoURL).ID }}' },
  example: {
    repoURL: 'https://github.com/example/repo.git',
    checkout: [
      { path: './src', branch: 'main' },
      { path: './out', branch: 'stage/test', create: true },
    ],
  },
  sensitive: ['author.signingKey'],
  async run(ctx, config) {
    const twice = firstRepeated(config.checkout.map(keyOf))
    if (twice !== undefined) {
      const message = `two checkouts have the key "${twice}"; give one of them another "as"`
      return { status: 'Failed', terminal: true, message }
    }
    checkCheckouts(config.checkout)
    const recorded = ctx.replay ? foundIn(ctx.handle) : undefined
    const lease = await borrowOrWait(ctx, {
      project: ctx.project,
      repoURL: config.repoURL,
      insecureSkipTLSVerify: config.insecureSkipTLSVerify ?? false,
      signal: ctx.signal,
      wanted: (refs) =>
        recorded === undefined
          ? config.checkout.flatMap((checkout) => wantedBy(checkout, refs))
          : recorded.filter(({ isCreated }) => !isCreated).map(({ commit }) => commit),
    })
    if ('waits' in lease) return { status: 'Running', message: lease.waits, retryAfterMs: waitMs }
    const made: string[] = []
    try {
      const found = recorded ?? (await findAll(ctx, config, lease))
      if (found === undefined) {
        await lease.release()
        const message = 'somebody else has just made the branch: will be looked at again'
        return { status: 'Running', message, retryAfterMs: waitMs }
      }
      if (recorded === undefined) await ctx.save({ found: found.map((entry) => ({ ...entry })) })
      for (const checkout of config.checkout) {
        const entry = found.find(({ key }) => key === keyOf(checkout))
        if (entry === undefined) {
          throw new GantryError('Internal', `no commit is recorded for "${keyOf(checkout)}"`)
        }
        const place = await ctx.workspace.makeWorkTree(checkout.path)
        made.push(checkout.path)
        await makeCheckout(ctx, config, checkout, lease, { ...entry, ...place })
      }
      ctx.workspace.onRemove(() => lease.release())
      const commits = Object.fromEntries(found.map(({ key, commit }) => [key, commit]))
      return { status: 'Succeeded', output: { commits } }
    } catch (error) {
      for (const path of made) await ctx.workspace.dropWorkTree(path).catch(() => undefined)
      await lease.release()
      throw error
    }
  },
})

interface WorkTreePlace {
  readonly workTree: string
  readonly gitDir: string
}

/** Until a mirror that others still use can be made anew. */
const waitMs = 10_000

/** The mirror; or what there is to wait for, which is no failure of this promotion. A replay waits by itself. */
async function borrowOrWait(
  { git, replay }: Context,
  request: GitBorrow,
): Promise<GitLease | { readonly waits: string }> {
  try {
    return await git.borrow(request)
  } catch (error) {
    if (replay || !hasCode(error, 'Unavailable')) throw error
    return { waits: asGantryError(error).message }
  }
}

async function makeCheckout(
  ctx: Context,
  config: Config,
  checkout: Checkout,
  lease: GitLease,
  { commit, isCreated, workTree, gitDir }: Found & WorkTreePlace,
): Promise<void> {
  const { git, workspace, signal } = ctx
  const branch = standsOn(checkout, lease)
  if (isCreated && branch !== undefined) {
    if ((await makeBranch(ctx, config, lease, gitDir, branch)) !== commit) {
      throw new GantryError(
        'Invalid',
        `the first commit of the branch "${branch}" cannot be made again: who commits by default is somebody else now`,
      )
    }
  } else {
    const { sparse } = checkout
    await checkOut(git, {
      workTree,
      gitDir,
      mirrorDir: lease.gitDir,
      branch,
      commit,
      sparse,
      signal,
    })
  }
  const { author, repoURL, insecureSkipTLSVerify = false } = config
  const submodules =
    config.recurseSubmodules === true
      ? await checkOutSubmodules(git, workspace, {
          project: ctx.project,
          repoURL,
          insecureSkipTLSVerify,
          path: checkout.path,
          gitDir,
          commit,
          signal,
        })
      : []
  await writeInfo(gitDir, {
    repoURL,
    insecureSkipTLSVerify,
    author: author && {
      name: author.name,
      email: author.email,
      signer: author.signingKey ? { key: author.signingKey } : undefined,
    },
    base: commit,
    tips: branch === undefined ? {} : { [branch]: commit },
    submodules,
    signed: [],
  })
}

/**
 * The commit of each checkout; branches that are missing and may be made are made, also on the remote. Undefined when
 * somebody else was faster.
 */
async function findAll(
  ctx: Context,
  config: Config,
  lease: GitLease,
): Promise<Found[] | undefined> {
  const found: Found[] = []
  const creating = creatingIn(ctx.handle)
  for (const checkout of config.checkout) {
    const key = keyOf(checkout)
    const commit = await resolveCommit(ctx.git, checkout, lease, ctx.signal)
    if (commit !== undefined) {
      // One that an attempt before this one made is made again in a replay, also when it is gone by then.
      const isCreated = creating.some((own) => own.key === key && own.commit === commit)
      found.push({ key, commit, isCreated })
      continue
    }
    if (!checkout.branch || checkout.create !== true) {
      throw new GantryError('NotFound', missingCheckout(checkout, lease.remote.url))
    }
    const created = await createBranch(ctx, config, checkout, lease)
    if (created === undefined) return undefined
    found.push({ key, commit: created, isCreated: true })
  }
  return found
}

/** Undefined when the branch is there after all, with something else in it. */
async function createBranch(
  ctx: Context,
  config: Config,
  checkout: Checkout,
  lease: GitLease,
): Promise<string | undefined> {
  const { git, project, workspace, signal } = ctx
  const { repoURL, insecureSkipTLSVerify = false } = config
  const { remote } = lease
  const branch = checkout.branch ?? ''
  const { gitDir } = await workspace.makeWorkTree(checkout.path)
  try {
    const commit = await makeBranch(ctx, config, lease, gitDir, branch)
    // A plan may look but not touch.
    if (ctx.planning === true) return commit
    const before = creatingIn(ctx.handle).map((entry) => ({ ...entry }))
    await ctx.save({ creating: [...before, { key: keyOf(checkout), commit }] })
    await ctx.fence()
    const to = { project, repoURL, insecureSkipTLSVerify, remote, branch }
    const came = await publishBranch(git, { ...to, gitDir, commit, signal })
    return came === 'made' ? commit : undefined
  } finally {
    await workspace.dropWorkTree(checkout.path)
  }
}

function makeBranch(
  ctx: Context,
  { author }: Config,
  lease: GitLease,
  gitDir: string,
  branch: string,
): Promise<string> {
  const { git } = ctx
  return layOutNewBranch(git, {
    gitDir,
    mirrorDir: lease.gitDir,
    branch,
    isSha256: isSha256(lease),
    person: author ?? git.identity,
    signer: author?.signingKey ? { key: author.signingKey } : git.identity.signer,
    atMs: ctx.pinnedAt,
    signal: ctx.signal,
  })
}

const Entry = z.object({ key: z.string(), commit: z.string() })

function foundIn(handle: JsonObject | undefined): Found[] {
  return z.array(Entry.extend({ isCreated: z.boolean() })).parse(handle?.['found'] ?? [])
}

/** The first commits of branches that this attempt or one before it made, or was about to. */
function creatingIn(handle: JsonObject | undefined): z.output<typeof Entry>[] {
  const done = foundIn(handle).filter(({ isCreated }) => isCreated)
  return [...done, ...z.array(Entry).parse(handle?.['creating'] ?? [])]
}
