import { z } from 'zod'
import { GantryError, hasCode } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { normGit } from '../core/repo-url.ts'
import { checkRefName } from '../lib/git/address.ts'
import { commitURL, gitProviders } from '../lib/git/commit-url.ts'
import { bringTo, deliver, isOnRemote, requestOf, type Target } from '../lib/git/deliver.ts'
import { IntegrationRefused } from '../lib/git/integrate.ts'
import { openWorkTree, readHead, type WorkTree } from '../lib/git/work-tree.ts'
import {
  defineStep,
  type FindResult,
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
    {
      message: 'Must validate one and only one schema (oneOf)',
      params: {
        rule: 'targetBranch, generateTargetBranch and tag exclude each other, and so do tag and force',
      },
    },
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

export default defineStep({
  kind: 'git-push',
  summary: "Push a working tree's commits to a branch, or a tag.",
  effect: 'remote',
  needs: ['git'],
  config: Config,
  output: Output,
  example: { path: './out', targetBranch: 'stage/test' },
  former: { branch: 'write targetBranch' },

  async run(ctx, config) {
    const tree = await openWorkTree(ctx.workspace, config.path)
    const target = await targetOf(ctx, config, tree)
    const key = `${normGit(tree.info.repoURL)} ${target.ref}`
    try {
      const commit = await ctx.git.exclusive(key, ctx.signal, () =>
        deliver(ctx, tree, target, config.maxAttempts ?? 10),
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
    await bringTo(ctx, tree, target, commit)
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
    const tree = await openWorkTree(ctx.workspace, config.path)
    await bringTo(ctx, tree, await targetOf(ctx, config, tree), commit)
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
