import { z } from 'zod'
import { fromTimestamp } from '../core/clock.ts'
import type { MirrorRequest } from '../core/git.ts'
import { isJsonObject } from '../core/json.ts'
import { compareTags } from '../core/policy/select-tags.ts'
import { normGit } from '../core/repo-url.ts'
import { compileCommitFilter, unknownFilterNames } from '../core/selection/commit-filter.ts'
import {
  gitAddress,
  secretInAddress,
  whyNoGitAddress,
  withoutSecret,
} from '../core/selection/git-address.ts'
import { nameRuleProblems } from '../core/selection/name-rules.ts'
import {
  compilePathRules,
  isAnyPathRelevant,
  pathRuleProblems,
} from '../core/selection/path-rules.ts'
import { problemOf } from '../core/selection/problem.ts'
import { findOnBranch } from '../lib/git-history/find-on-branch.ts'
import { findTags } from '../lib/git-history/find-tags.ts'
import type { Finds, HistoryLook } from '../lib/git-history/finds.ts'
import { namedTags, tagOrder } from '../lib/git-history/named-tags.ts'
import { defineSource, type Discovered } from '../source.ts'

const branchPattern = /^[a-zA-Z0-9]([a-zA-Z0-9._/-]*[a-zA-Z0-9_-])?$/

const GitSubscription = z.object({
  repoURL: z
    .string()
    .regex(gitAddress, { error: ({ input }) => whyNoGitAddress(input) })
    .describe('Address of the repository.'),
  commitSelectionStrategy: z
    .enum(['NewestFromBranch', 'SemVer', 'Lexical', 'NewestTag'])
    .default('NewestFromBranch')
    .describe('What makes a commit the best one.'),
  branch: z
    .union([z.literal(''), z.string().max(255).regex(branchPattern)])
    .default('')
    .describe("NewestFromBranch: the branch; the remote's default when absent."),
  since: z.string().optional().describe('NewestFromBranch: no commits before this moment.'),
  semverConstraint: z.string().default('').describe('SemVer: versions that are let through.'),
  strictSemvers: z
    .boolean()
    .default(true)
    .describe('SemVer: only tags of three parts, after at most one leading `v`.'),
  allowTagsRegexes: z.array(z.string()).default([]).describe('Only tags in which one is found.'),
  ignoreTagsRegexes: z.array(z.string()).default([]).describe('No tags in which one is found.'),
  allowTags: z.string().default('').describe('No longer usable: say allowTagsRegexes.'),
  ignoreTags: z.array(z.string()).default([]).describe('No longer usable: say ignoreTagsRegexes.'),
  expressionFilter: z.string().default('').describe('Only commits for which this holds.'),
  includePaths: z
    .array(z.string())
    .default([])
    .describe('Only commits that change such a path: plain, `glob:` or `regex:`.'),
  excludePaths: z.array(z.string()).default([]).describe('Changes of such paths do not count.'),
  discoveryLimit: z.int().min(1).max(100).default(20).describe('Keep at most so many commits.'),
  insecureSkipTLSVerify: z.boolean().default(false).describe('Accept any certificate.'),
  blobless: z
    .boolean()
    .default(false)
    .describe('Do not fetch the contents of files, unless a promotion needs them.'),
})
type GitSubscription = z.output<typeof GitSubscription>

/** What results depend on, where that is too much for them to say. */
const marks = new WeakMap<Discovered, string>()

export default defineSource({
  kind: 'git',
  summary: 'Commits of a git repository, by branch or by tag.',
  list: 'git',
  isShared: true,
  subscription: GitSubscription,
  example: { repoURL: 'https://github.com/example/app.git', branch: 'main' },

  check(subscription) {
    const { commitSelectionStrategy, repoURL, since } = subscription
    const secret = secretInAddress(repoURL)
    const isByTag = commitSelectionStrategy !== 'NewestFromBranch'
    const isBySemver = commitSelectionStrategy === 'SemVer'
    return [
      ...(secret === undefined ? [] : [`repoURL: ${secret}`]),
      ...(isBySemver ? problemOf('semverConstraint', () => tagOrder(subscription)) : []),
      ...(isByTag ? nameRuleProblems(subscription) : []),
      ...pathRuleProblems(subscription),
      ...problemOf('expressionFilter', () => compileCommitFilter(subscription.expressionFilter, 0)),
      ...(since !== undefined && fromTimestamp(since) === undefined
        ? [`since: "${since}" is not a moment such as 2026-01-31T00:00:00Z`]
        : []),
    ]
  },

  doubts(subscription) {
    const { commitSelectionStrategy, expressionFilter } = subscription
    const isByTag = commitSelectionStrategy !== 'NewestFromBranch'
    const unknown = unknownFilterNames(expressionFilter, isByTag ? 'tags' : 'commits')
    return [
      ...unknown.map((why) => `expressionFilter: ${why}`),
      // By branch nobody looks at the names of tags.
      ...(isByTag ? [] : nameRuleProblems(subscription)),
    ]
  },

  remote: ({ repoURL }) => normGit(repoURL),

  async discover(ctx, subscription, previous) {
    const { repoURL, insecureSkipTLSVerify } = subscription
    const { project, signal, meter } = ctx
    const request: MirrorRequest = { project, repoURL, insecureSkipTLSVerify, signal, meter }
    const { refs } = await ctx.mirrors.look(request)
    const look: HistoryLook = {
      // What cannot be found is told with the address.
      rules: { ...subscription, repoURL: withoutSecret(repoURL) },
      refs,
      paths: compilePathRules(subscription),
      filter: compileCommitFilter(subscription.expressionFilter, ctx.clock.now()),
      async inMirror(wanted, work) {
        const { blobless } = subscription
        const lease = await ctx.mirrors.open({ ...request, wanted, refs, blobless })
        try {
          return await work((args, options) => lease.git(args, { signal, ...options }))
        } finally {
          await lease.release()
        }
      },
    }
    const before = findsOf(previous, repoURL)
    const finds =
      subscription.commitSelectionStrategy === 'NewestFromBranch'
        ? await findOnBranch(look, before)
        : await findTags(look, before)
    const found = discovered(repoURL, finds)
    if (finds.mark !== undefined) marks.set(found, finds.mark)
    return found
  },

  rank(subscription, a, b) {
    const strategy = subscription.commitSelectionStrategy
    // What a branch points at is decided in git, by whoever may push there.
    if (strategy === 'NewestFromBranch') return undefined
    if (strategy === 'NewestTag') {
      const left = fromTimestamp(textOf(a['creatorDate']))
      const right = fromTimestamp(textOf(b['creatorDate']))
      return left === undefined || right === undefined ? undefined : left - right
    }
    const [left, right] = [textOf(a['tag']), textOf(b['tag'])]
    if (left === undefined || right === undefined) return undefined
    return compareTags(left, right, tagOrder(subscription))
  },

  concerns(subscription, target) {
    if (target.type !== 'git') return false
    const own = normGit(subscription.repoURL)
    if (!target.repoURLs.some((url) => normGit(url) === own)) return false
    return (
      target.refs.length === 0 || target.refs.some((ref) => isRefWanted(subscription, ref, target))
    )
  },
})

/** Whether a look may find something new after this ref moved. A ref whose name says nothing counts. */
function isRefWanted(
  subscription: GitSubscription,
  ref: string,
  {
    paths,
    defaultBranch,
  }: { paths?: readonly string[] | undefined; defaultBranch?: string | undefined },
): boolean {
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.*)$/s.exec(ref) ?? []
  if (kind === undefined) return true
  if (subscription.commitSelectionStrategy !== 'NewestFromBranch') {
    // Paths of a pushed tag are not told: those of the push are about a branch.
    return kind === 'tags' && namedTags(subscription, new Map([[ref, '']])).length > 0
  }
  const branch = subscription.branch === '' ? defaultBranch : subscription.branch
  if (kind !== 'heads' || (branch !== undefined && branch !== name)) return false
  const rules = compilePathRules(subscription)
  return rules === undefined || paths === undefined || isAnyPathRelevant(rules, paths)
}

/** What an earlier look at the same repository found. */
function findsOf(previous: Discovered | undefined, repoURL: string): Finds | undefined {
  if (previous === undefined) return undefined
  const { commits, observedRefs, repoURL: known } = previous.entry
  if (known !== withoutSecret(repoURL) || !Array.isArray(commits)) return undefined
  const observed = isJsonObject(observedRefs) ? observedRefs : undefined
  return { commits: commits.filter(isJsonObject), observed, mark: marks.get(previous) }
}

function discovered(repoURL: string, { commits, observed }: Finds): Discovered {
  return {
    list: 'git',
    entry: {
      repoURL: withoutSecret(repoURL),
      commits: [...commits],
      ...(observed !== undefined && { observedRefs: observed }),
    },
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
