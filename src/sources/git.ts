import { z } from 'zod'
import { fromTimestamp } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonEqual, type JsonObject } from '../core/json.ts'
import { compareBytes, compareTags } from '../core/policy/select-tags.ts'
import { normGit } from '../core/repo-url.ts'
import { compileCommitFilter, type CommitFilter } from '../core/selection/commit-filter.ts'
import { compileNameRules } from '../core/selection/name-rules.ts'
import {
  compilePathRules,
  isAnyPathRelevant,
  type PathRules,
} from '../core/selection/path-rules.ts'
import {
  gitAddress,
  secretInAddress,
  whyNoGitAddress,
  withoutSecret,
} from '../core/selection/git-address.ts'
import { problemOf } from '../core/selection/problem.ts'
import { readChangedPaths } from '../lib/git-history/changed-paths.ts'
import type { RunGit } from '../lib/git-history/commit-record.ts'
import { toEntry } from '../lib/git-history/entry.ts'
import { walkLog, type LogEntry } from '../lib/git-history/read-log.ts'
import { namedTags, tagOrder } from '../lib/git-history/named-tags.ts'
import { readTags, type ListedTag, type TagRecord } from '../lib/git-history/read-tags.ts'
import { growing, selectFirst, upTo } from '../lib/git-history/select.ts'
import { defineSource, type Discovered, type MirrorRequest, type SourceContext } from '../source.ts'

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

/** More tags than this are not noted down: the status must stay small. */
const maxObservedTags = 1000

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
    const isBySemver = commitSelectionStrategy === 'SemVer'
    return [
      ...(secret === undefined ? [] : [`repoURL: ${secret}`]),
      ...(isBySemver ? problemOf('semverConstraint', () => tagOrder(subscription)) : []),
      ...problemOf('allowTagsRegexes', () =>
        compileNameRules({ allowTagsRegexes: subscription.allowTagsRegexes }),
      ),
      ...problemOf('ignoreTagsRegexes', () =>
        compileNameRules({ ignoreTagsRegexes: subscription.ignoreTagsRegexes }),
      ),
      ...problemOf('includePaths', () =>
        compilePathRules({ includePaths: subscription.includePaths }),
      ),
      ...problemOf('excludePaths', () =>
        compilePathRules({ excludePaths: subscription.excludePaths }),
      ),
      ...problemOf('expressionFilter', () => compileCommitFilter(subscription.expressionFilter, 0)),
      ...(since !== undefined && fromTimestamp(since) === undefined
        ? [`since: "${since}" is not a moment such as 2026-01-31T00:00:00Z`]
        : []),
    ]
  },

  remote: ({ repoURL }) => normGit(repoURL),

  async discover(ctx, subscription, previous) {
    const { repoURL, insecureSkipTLSVerify } = subscription
    const { project, signal, meter } = ctx
    const request: MirrorRequest = { project, repoURL, insecureSkipTLSVerify, signal, meter }
    const { refs } = await ctx.mirrors.look(request)
    const look: Look = {
      ctx,
      subscription,
      request,
      refs,
      paths: compilePathRules(subscription),
      filter: compileCommitFilter(subscription.expressionFilter, ctx.clock.now()),
    }
    return subscription.commitSelectionStrategy === 'NewestFromBranch'
      ? discoverBranch(look, previous)
      : discoverTags(look, previous)
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

interface Look {
  readonly ctx: SourceContext
  readonly subscription: GitSubscription
  readonly request: MirrorRequest
  readonly refs: ReadonlyMap<string, string>
  readonly paths: PathRules | undefined
  readonly filter: CommitFilter | undefined
}

async function discoverBranch(look: Look, previous: Discovered | undefined): Promise<Discovered> {
  const { subscription, refs, paths, filter } = look
  const { repoURL, branch, since, discoveryLimit } = subscription
  const start = refs.get(branch === '' ? 'HEAD' : `refs/heads/${branch}`)
  if (start === undefined) {
    if (refs.size === 0) return discovered(repoURL, [], undefined)
    const what = branch === '' ? 'a default branch' : `the branch ${branch}`
    throw new GantryError('NotFound', `cannot find ${what} in ${repoURL}`)
  }
  const observed = { branchHead: start }
  const known = sameAsBefore(previous, repoURL, observed)
  if (known !== undefined) return known
  const older = olderFinds(look, previous)
  let isJoined = false
  const commits = await inMirror(look, [start], (git) => {
    const query = { start, since, withPaths: paths !== undefined }
    const batches = upTo(walkLog(git, query, discoveryLimit), older?.head, () => {
      isJoined = true
    })
    return selectFirst(batches, discoveryLimit, async (batch) =>
      batch.filter(
        (entry) =>
          (filter === undefined ||
            filter.isCommitIn({ ...entry, commitDateMs: entry.committedAtMs })) &&
          (paths === undefined || isAnyPathRelevant(paths, entry.paths ?? [])),
      ),
    )
  })
  const entries = commits.map((commit: LogEntry) =>
    toEntry(commit, { branch, createdAtMs: commit.committedAtMs }),
  )
  const all = isJoined ? [...entries, ...(older?.commits ?? [])] : entries
  return discovered(repoURL, all.slice(0, discoveryLimit), observed)
}

interface OlderFinds {
  readonly head: string
  readonly commits: readonly JsonObject[]
}

/**
 * What was found up to an earlier head stays true for it, so that a path that is rarely touched does not cost a walk
 * through the whole history each time. Not with an expression: that may ask what time it is.
 */
function olderFinds(
  { subscription, paths, filter }: Look,
  previous: Discovered | undefined,
): OlderFinds | undefined {
  if (previous === undefined || paths === undefined || filter !== undefined) return undefined
  const { repoURL, observedRefs, commits } = previous.entry
  const head = isJsonObject(observedRefs) ? textOf(observedRefs['branchHead']) : undefined
  const isSame = repoURL === withoutSecret(subscription.repoURL)
  if (!isSame || head === undefined || !Array.isArray(commits)) return undefined
  return { head, commits: commits.filter(isJsonObject) }
}

async function discoverTags(look: Look, previous: Discovered | undefined): Promise<Discovered> {
  const { subscription, refs, paths, filter } = look
  const { repoURL, discoveryLimit } = subscription
  const tags = namedTags(subscription, refs)
  const byName = tags.toSorted((a, b) => compareBytes(a.name, b.name))
  const observed =
    tags.length > maxObservedTags
      ? undefined
      : { tags: byName.map(({ name, id }) => ({ name, id })) }
  const known = sameAsBefore(previous, repoURL, observed)
  if (known !== undefined) return known
  const isByDate = subscription.commitSelectionStrategy === 'NewestTag'
  const isFiltered = paths !== undefined || filter !== undefined
  // Names alone put the others in order, so that only the best need to be looked at.
  const wanted = isByDate || isFiltered ? tags : tags.slice(0, discoveryLimit)
  const select = async (git: RunGit): Promise<TagRecord[]> => {
    const keep = async (records: readonly TagRecord[]): Promise<readonly TagRecord[]> => {
      const named = records.filter(
        (record) => filter === undefined || filter.isTagIn(factsOf(record)),
      )
      if (paths === undefined || named.length === 0) return named
      const changed = await readChangedPaths(
        git,
        named.map(({ commit }) => commit.id),
      )
      return named.filter(({ commit }) => isAnyPathRelevant(paths, changed.get(commit.id) ?? []))
    }
    if (isByDate) {
      const all = (await readTags(git, tags)).sort(newestTagFirst)
      return selectFirst(growing(all, discoveryLimit), discoveryLimit, keep)
    }
    return selectFirst(readInBatches(git, tags, discoveryLimit), discoveryLimit, keep)
  }
  const ids = wanted.map(({ id }) => id)
  const records = ids.length === 0 ? [] : await inMirror(look, ids, select)
  const entries = records.map(({ name, commit, createdAtMs }) =>
    toEntry(commit, { tag: name, createdAtMs }),
  )
  return discovered(repoURL, entries, observed)
}

async function* readInBatches(
  git: RunGit,
  tags: readonly ListedTag[],
  first: number,
): AsyncGenerator<readonly TagRecord[]> {
  for await (const batch of growing(tags, first)) yield await readTags(git, batch)
}

async function inMirror<T>(
  { ctx, request, subscription: { blobless } }: Look,
  wanted: readonly string[],
  work: (git: RunGit) => Promise<T>,
): Promise<T> {
  const lease = await ctx.mirrors.open({ ...request, wanted, blobless })
  try {
    return await work((args, options) => lease.git(args, { signal: ctx.signal, ...options }))
  } finally {
    await lease.release()
  }
}

/** The last result, when the remote shows the same refs as then. */
function sameAsBefore(
  previous: Discovered | undefined,
  repoURL: string,
  observed: JsonObject | undefined,
): Discovered | undefined {
  if (previous === undefined || observed === undefined) return undefined
  const { entry } = previous
  const isSame =
    entry['repoURL'] === withoutSecret(repoURL) && jsonEqual(entry['observedRefs'], observed)
  const commits = entry['commits']
  if (!isSame || !Array.isArray(commits)) return undefined
  return discovered(repoURL, commits.filter(isJsonObject), observed)
}

function discovered(
  repoURL: string,
  commits: JsonObject[],
  observedRefs: JsonObject | undefined,
): Discovered {
  return {
    list: 'git',
    entry: {
      repoURL: withoutSecret(repoURL),
      commits,
      ...(observedRefs !== undefined && { observedRefs }),
    },
  }
}

function factsOf({ name, commit, createdAtMs, tagger, annotation }: TagRecord) {
  const { id, author, committer, subject } = commit
  return {
    tag: name,
    id,
    creatorDateMs: createdAtMs,
    author,
    committer,
    subject,
    tagger,
    annotation,
  }
}

/** The same moment by name, as git itself lists them. */
function newestTagFirst(a: TagRecord, b: TagRecord): number {
  return b.createdAtMs - a.createdAtMs || compareBytes(a.name, b.name)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
