import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import { sleep } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import { normGit } from '../core/repo-url.ts'
import { checkRefName } from '../lib/git/address.ts'
import { moveTo } from '../lib/git/checkout.ts'
import { commitURL, gitProviders } from '../lib/git/commit-url.ts'
import { borrowAlso, integrate, IntegrationRefused } from '../lib/git/integrate.ts'
import { push } from '../lib/git/push.ts'
import { openWorkTree, readHead, type WorkTree } from '../lib/git/work-tree.ts'
import {
  defineStep,
  type FindResult,
  type GitLease,
  type GitRemote,
  type StepCapabilities,
  type StepContext,
  type StepResult,
} from '../step.ts'

const Config = z
  .strictObject({
    path: z.string().min(1).describe('The working tree'),
    targetBranch: z.string().optional().describe('Branch to push to; default: the current one'),
    generateTargetBranch: z
      .boolean()
      .optional()
      .describe("Push to a branch of this Promotion's own, kargo/promotion/<name>"),
    tag: z.string().optional().describe('Push this tag instead of a branch'),
    force: z.boolean().optional().describe('Overwrite what the branch holds'),
    maxAttempts: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .optional()
      .describe('How often to try when others push at the same time; default 10'),
    provider: z
      .enum(gitProviders)
      .optional()
      .describe("Kind of the repository's host, for commitURL; default: by its name"),
  })
  .refine(
    ({ targetBranch, generateTargetBranch, tag, force }) => {
      const named = [targetBranch, generateTargetBranch, tag].filter(Boolean).length
      return named <= 1 && !(tag && force === true)
    },
    { message: 'Must validate one and only one schema (oneOf)' },
  )

type Config = z.output<typeof Config>
type Context = StepContext & Pick<StepCapabilities, 'git'>
type Output = z.infer<typeof Output>

const Output = z.strictObject({
  commit: z.string().describe('The commit that was pushed, after any rebase or merge'),
  branch: z.string().optional().describe('The branch it went to'),
  commitURL: z.string().optional().describe('Its page, where the host is known'),
})

/** A larger diff is left out of a plan. */
const maxDiffBytes = 512 * 1024
const firstDelayMs = 1000
const maxDelayMs = 30_000

/** Where a push goes. */
interface Target {
  /** The branch; with a tag, the branch that the working tree is on. */
  readonly branch: string | undefined
  readonly ref: string
  readonly source: 'HEAD' | 'tag'
  readonly force: boolean
  /** Whether what others pushed is taken in first. */
  readonly integrates: boolean
}

export default defineStep({
  kind: 'git-push',
  summary: "Push a working tree's commits to a branch, or a tag.",
  effect: 'remote',
  needs: ['git'],
  config: Config,
  output: Output,
  example: { path: './out', targetBranch: 'stage/test' },

  async run(ctx, config) {
    const tree = await openWorkTree(ctx.workspace, config.path)
    const target = await targetOf(ctx, config, tree)
    const key = `${normGit(tree.info.repoURL)} ${target.ref}`
    try {
      const commit = await ctx.git.exclusive(key, ctx.signal, () =>
        pushAll(ctx, config, tree, target),
      )
      return { status: 'Succeeded', output: outputOf(config, tree, target, commit) }
    } catch (error) {
      if (!(error instanceof IntegrationRefused)) throw error
      return { status: 'Failed', terminal: true, message: error.message }
    }
  },

  async find(ctx, config): Promise<FindResult> {
    const commit = ctx.handle?.['commit']
    if (typeof commit !== 'string') return { state: 'absent' }
    const tree = await openWorkTree(ctx.workspace, config.path)
    const target = await targetOf(ctx, config, tree)
    if (!(await isOnRemote(ctx, tree, target, commit))) return { state: 'absent' }
    await bringTo(ctx, tree, commit)
    const result: StepResult = {
      status: 'Succeeded',
      output: outputOf(config, tree, target, commit),
    }
    return { state: 'found', result }
  },

  async plan(ctx, config) {
    const tree = await openWorkTree(ctx.workspace, config.path)
    const target = await targetOf(ctx, config, tree)
    const { gitDir, workTree, info } = tree
    const diff = await ctx.git
      .run({
        args: ['diff', '--no-color', '--no-ext-diff', info.base, 'HEAD'],
        gitDir,
        workTree,
        maxOutputBytes: maxDiffBytes,
        signal: ctx.signal,
      })
      .then(
        ({ stdout }) => stdout,
        (error: unknown) => {
          if (hasCode(error, 'TooLarge')) return undefined
          throw error
        },
      )
    const { stdout: count } = await ctx.git.run({
      args: ['rev-list', '--count', 'HEAD', `^${info.base}`],
      gitDir,
      signal: ctx.signal,
    })
    const what = target.source === 'tag' ? 'a tag' : `${count.trim()} new commit(s)`
    const { url } = await ctx.git.remote({ ...requestOf(ctx, tree) })
    return {
      summary: `push ${what} to ${target.ref.replace(/^refs\/(heads|tags)\//u, '')} of ${url}`,
      diff,
      output: target.branch === undefined ? {} : { branch: target.branch },
    }
  },

  async restore(ctx, config, output) {
    const { commit } = output
    if (typeof commit !== 'string') return
    await bringTo(ctx, await openWorkTree(ctx.workspace, config.path), commit)
  },
})

async function targetOf(ctx: Context, config: Config, tree: WorkTree): Promise<Target> {
  const { branch: current } = await readHead(tree.gitDir)
  if (config.tag) {
    checkRefName(config.tag, 'tag')
    return {
      branch: current,
      ref: `refs/tags/${config.tag}`,
      source: 'tag',
      force: false,
      integrates: false,
    }
  }
  const isGenerated = config.generateTargetBranch === true
  const branch = isGenerated
    ? `kargo/promotion/${ctx.promotion.name}`
    : config.targetBranch || current
  if (branch === undefined) {
    throw new GantryError('Invalid', `"${config.path}" is on no branch; set targetBranch`)
  }
  checkRefName(branch, 'branch')
  const force = isGenerated || config.force === true
  return {
    branch,
    ref: `refs/heads/${branch}`,
    source: 'HEAD',
    force,
    integrates: !force && ctx.git.pushIntegration !== 'None',
  }
}

/**
 * Pushes until the remote has it. The first try comes before any look at the remote: when nobody else pushed it is all
 * there is to do, and it equals an integration with nothing to integrate.
 */
async function pushAll(
  ctx: Context,
  config: Config,
  tree: WorkTree,
  target: Target,
): Promise<string> {
  const remote = await ctx.git.remote(requestOf(ctx, tree))
  const maxAttempts = config.maxAttempts ?? 10
  for (let attempt = target.integrates ? 0 : 1; ; attempt += 1) {
    const { commit } = await readHead(tree.gitDir)
    if (commit === undefined) {
      throw new GantryError('Invalid', `"${config.path}" has no commit to push`)
    }
    const result = await tryPush(ctx, tree, target, commit, remote)
    if (result.state === 'pushed') {
      if (target.source === 'HEAD' && target.branch !== undefined) {
        await ctx.git.adopt(remote, tree.gitDir, target.branch, commit)
      }
      return commit
    }
    const what = `cannot push to ${target.ref.replace(/^refs\/(heads|tags)\//u, '')} of ${remote.url}`
    if (result.state === 'rejected') {
      throw new GantryError('Forbidden', `${what}: ${result.reason}`)
    }
    if (target.source === 'tag' || attempt >= maxAttempts) {
      throw new GantryError(
        'Conflict',
        `${what}, tried ${Math.max(attempt, 1)} times: ${result.reason}`,
      )
    }
    ctx.say(`${result.reason}: taking in what others pushed to ${target.ref}`)
    if (attempt > 0) await sleep(ctx.clock, delayMs(ctx, attempt), ctx.signal)
    if (target.integrates) await takeIn(ctx, tree, target)
  }
}

async function tryPush(
  ctx: Context,
  tree: WorkTree,
  target: Target,
  commit: string,
  remote: GitRemote,
): ReturnType<typeof push> {
  const old = target.branch === undefined ? undefined : tree.info.tips[target.branch]
  await ctx.save({ commit, ref: target.ref, old: old ?? null })
  await ctx.fence()
  try {
    return await push(ctx.git, {
      gitDir: tree.gitDir,
      remote,
      source: target.source === 'tag' ? target.ref : commit,
      target: target.ref,
      force: target.force,
      signal: ctx.signal,
    })
  } catch (error) {
    // The answer got lost, which does not say that the push did.
    if (!hasCode(error, 'Unreachable', 'Timeout') || ctx.signal.aborted) throw error
    const isThere = await isOnRemote(ctx, tree, target, commit).catch(() => false)
    if (!isThere) throw error
    return { state: 'pushed' }
  }
}

/** Rebases onto, or merges, what the remote branch holds now. */
async function takeIn(ctx: Context, tree: WorkTree, target: Target): Promise<void> {
  const { git, signal, pinnedAt } = ctx
  const lease = await git.borrow({
    ...requestOf(ctx, tree),
    wanted: ({ refs }) => listOf(refs.get(target.ref)),
  })
  await keep(ctx, tree, lease)
  const tip = lease.refs.get(target.ref)
  if (tip === undefined || git.pushIntegration === 'None') return
  const person = tree.info.author ?? git.identity
  await integrate(git, tree, {
    policy: git.pushIntegration,
    tip,
    targetBranch: target.branch ?? '',
    person,
    signer: person.signer,
    atMs: pinnedAt,
    signal,
  })
}

/** Whether the remote ref is at the commit or at one that came after it. */
async function isOnRemote(
  ctx: Context,
  tree: WorkTree,
  target: Target,
  commit: string,
): Promise<boolean> {
  const tipOf = (refs: ReadonlyMap<string, string>): string | undefined =>
    refs.get(`${target.ref}^{}`) ?? refs.get(target.ref)
  const lease = await ctx.git.borrow({
    ...requestOf(ctx, tree),
    wanted: ({ refs }) => listOf(tipOf(refs)),
  })
  try {
    const tip = tipOf(lease.refs)
    if (tip === undefined || tip === commit) return tip === commit
    const { exitCode } = await ctx.git.run({
      args: ['merge-base', '--is-ancestor', commit, tip],
      gitDir: lease.gitDir,
      // 128: the commit is not there at all.
      exitCodes: [0, 1, 128],
      signal: ctx.signal,
    })
    return exitCode === 0
  } finally {
    await lease.release()
  }
}

/** Moves the working tree to a commit that was pushed from it, fetching it when a rebase made it elsewhere. */
async function bringTo(ctx: Context, tree: WorkTree, commit: string): Promise<void> {
  const { gitDir } = tree
  if ((await readHead(gitDir)).commit === commit) return
  const { exitCode } = await ctx.git.run({
    args: ['cat-file', '-e', commit],
    gitDir,
    exitCodes: [0, 1, 128],
    signal: ctx.signal,
  })
  if (exitCode !== 0) {
    const lease = await ctx.git.borrow({ ...requestOf(ctx, tree), wanted: () => [commit] })
    await keep(ctx, tree, lease)
  }
  await moveTo(ctx.git, tree, commit, ctx.signal)
}

/** Holds on to a mirror for as long as the workspace is there. */
async function keep(ctx: Context, tree: WorkTree, lease: GitLease): Promise<void> {
  ctx.workspace.onRemove(() => lease.release())
  await borrowAlso(tree.gitDir, lease.gitDir)
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

function requestOf({ project, signal }: Context, { info }: WorkTree) {
  const { repoURL, insecureSkipTLSVerify } = info
  return { project, repoURL, insecureSkipTLSVerify, signal }
}

/** Grows by half each time, up to a cap; spread by the step's own key, so that two do not march in step. */
function delayMs({ idempotencyKey }: Context, attempt: number): number {
  const base = Math.min(firstDelayMs * 1.5 ** (attempt - 1), maxDelayMs)
  const spread = (Number.parseInt(idempotencyKey.slice(0, 8), 16) || 0) * (attempt + 1)
  return Math.round(base * (0.75 + ((spread % 1000) / 1000) * 0.5))
}

function outputOf(
  config: Config,
  tree: WorkTree,
  target: Target,
  commit: string,
): Output & JsonObject {
  const url = commitURL(tree.info.repoURL, commit, config.provider)
  return {
    commit,
    ...(target.branch !== undefined && { branch: target.branch }),
    ...(url !== undefined && { commitURL: url }),
  }
}
