import { sleep, type Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { GitCapability, GitLease, GitRemote, GitRequest } from '../../core/git.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Workspace } from '../../core/workspace.ts'
import { moveTo } from './checkout.ts'
import { borrowAlso, integrate } from './integrate.ts'
import { push, type PushResult } from './push.ts'
import { readHead, type WorkTree, writeInfo } from './work-tree.ts'

/** What delivering commits needs of the step that does it; a step's context has all of it. */
export interface DeliverContext {
  readonly project: string
  readonly git: GitCapability
  readonly workspace: Workspace
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly pinnedAt: number
  readonly idempotencyKey: string
  save(handle: JsonObject): Promise<void>
  fence(): Promise<void>
  say(line: string): void
}

const firstDelayMs = 1000
const maxDelayMs = 30_000

/** Where a push goes. */
export interface Target {
  /** The branch; with a tag, the branch that the working tree is on. */
  readonly branch: string | undefined
  readonly ref: string
  readonly source: 'HEAD' | 'tag'
  readonly force: boolean
  /** Whether what others pushed is taken in first. */
  readonly integrates: boolean
}

/**
 * Pushes until the remote has it. The first try comes before any look at the remote: when nobody else pushed it is all
 * there is to do, and it equals an integration with nothing to integrate.
 */
export async function deliver(
  ctx: DeliverContext,
  checkedOut: WorkTree,
  target: Target,
  maxAttempts: number,
): Promise<string> {
  let tree = checkedOut
  const remote = await ctx.git.remote(requestOf(ctx, tree))
  for (let attempt = target.integrates ? 0 : 1; ; attempt += 1) {
    const { commit } = await readHead(tree.gitDir)
    if (commit === undefined) {
      throw new GantryError('Invalid', `"${tree.path}" has no commit to push`)
    }
    const result = await tryPush(ctx, tree, target, commit, remote)
    if (result.state === 'pushed') {
      if (target.source === 'HEAD' && target.branch !== undefined) {
        await ctx.git.adopt(remote, tree.gitDir, target.branch, commit)
      }
      await knowTip(tree, target, commit, { isOurs: true })
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
    if (target.integrates) tree = await takeIn(ctx, tree, target)
  }
}

async function tryPush(
  ctx: DeliverContext,
  tree: WorkTree,
  target: Target,
  commit: string,
  remote: GitRemote,
): Promise<PushResult> {
  const old = knownTip(tree, target)
  // A branch that was set back meanwhile would get what it lost with our commits: it must be where it was.
  const mustBeAt =
    target.integrates && old !== undefined && (await cameAfter(ctx, tree, old)) ? old : undefined
  await ctx.save({ commit, ref: target.ref, old: old ?? null })
  await ctx.fence()
  try {
    return await push(ctx.git, {
      gitDir: tree.gitDir,
      remote,
      source: target.source === 'tag' ? target.ref : commit,
      target: target.ref,
      force: target.force,
      mustBeAt,
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

/** Rebases onto, or merges, what the remote branch holds now. Resolves with the tree that knows of it. */
async function takeIn(ctx: DeliverContext, tree: WorkTree, target: Target): Promise<WorkTree> {
  const { git, signal, pinnedAt } = ctx
  const lease = await git.borrow({
    ...requestOf(ctx, tree),
    wanted: ({ refs }) => listOf(refs.get(target.ref)),
  })
  await keep(ctx, tree, lease)
  const tip = lease.refs.get(target.ref)
  if (tip === undefined || git.pushIntegration === 'None') return knowTip(tree, target, undefined)
  const person = tree.info.author ?? git.identity
  await integrate(git, tree, {
    policy: git.pushIntegration,
    tip,
    before: knownTip(tree, target),
    ours: target.branch === undefined ? undefined : ownEntry(tree.info.pushed, target.branch),
    targetBranch: target.branch ?? '',
    person,
    signer: person.signer,
    atMs: pinnedAt,
    signal,
  })
  return knowTip(tree, target, tip)
}

/** Whether HEAD came after a commit. */
async function cameAfter(
  { git, signal }: DeliverContext,
  { gitDir }: WorkTree,
  commit: string,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', commit, 'HEAD']
  return (await git.run({ args, gitDir, signal, exitCodes: [0, 1] })).exitCode === 0
}

/** Where the remote branch was when this tree last heard of it; HEAD came after that. */
function knownTip({ info }: WorkTree, { branch }: Target): string | undefined {
  return branch === undefined ? undefined : ownEntry(info.tips, branch)
}

function ownEntry(
  entries: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined
}

async function knowTip(
  tree: WorkTree,
  { branch, source }: Target,
  tip: string | undefined,
  { isOurs = false } = {},
): Promise<WorkTree> {
  if (branch === undefined || source === 'tag') return tree
  const { tips, pushed = {} } = tree.info
  const info = {
    ...tree.info,
    tips: withEntry(tips, branch, tip),
    pushed: isOurs ? withEntry(pushed, branch, tip) : pushed,
  }
  await writeInfo(tree.gitDir, info)
  return { ...tree, info }
}

function withEntry(
  entries: Readonly<Record<string, string>>,
  name: string,
  value: string | undefined,
): Record<string, string> {
  const others = Object.entries(entries).filter(([other]) => other !== name)
  return Object.fromEntries(value === undefined ? others : [...others, [name, value]])
}

/** Whether the remote ref is at the commit or at one that came after it. */
export async function isOnRemote(
  ctx: DeliverContext,
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
export async function bringTo(
  ctx: DeliverContext,
  tree: WorkTree,
  target: Target,
  commit: string,
): Promise<void> {
  const { gitDir } = tree
  await knowTip(tree, target, commit, { isOurs: true })
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
async function keep(ctx: DeliverContext, tree: WorkTree, lease: GitLease): Promise<void> {
  ctx.workspace.onRemove(() => lease.release())
  await borrowAlso(tree.gitDir, lease.gitDir)
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

/** The repository that a working tree was checked out from. */
export function requestOf({ project, signal }: DeliverContext, { info }: WorkTree): GitRequest {
  const { repoURL, insecureSkipTLSVerify } = info
  return { project, repoURL, insecureSkipTLSVerify, signal }
}

/** Grows by half each time, up to a cap; spread by the step's own key, so that two do not march in step. */
function delayMs({ idempotencyKey }: DeliverContext, attempt: number): number {
  const base = Math.min(firstDelayMs * 1.5 ** (attempt - 1), maxDelayMs)
  const spread = (Number.parseInt(idempotencyKey.slice(0, 8), 16) || 0) * (attempt + 1)
  return Math.round(base * (0.75 + ((spread % 1000) / 1000) * 0.5))
}
