import { jsonEqual } from '../../core/json.ts'
import { compareBytes } from '../../core/policy/select-tags.ts'
import { isAnyPathRelevant } from '../../core/selection/path-rules.ts'
import { readChangedPaths } from './changed-paths.ts'
import type { RunGit } from './commit-record.ts'
import { toEntry } from './entry.ts'
import type { Finds, HistoryLook } from './finds.ts'
import { namedTags } from './named-tags.ts'
import { readTags, type ListedTag, type TagRecord } from './read-tags.ts'
import { growing, selectFirst } from './select.ts'

/** More tags than this are not noted down: the status must stay small. */
const maxObservedTags = 1000

/** The tags that the rules let through, in the order of the strategy. */
export async function findTags(look: HistoryLook, before: Finds | undefined): Promise<Finds> {
  const { rules, refs, paths, filter } = look
  const { discoveryLimit } = rules
  const tags = namedTags(rules, refs)
  const byName = tags.toSorted((a, b) => compareBytes(a.name, b.name))
  const observed =
    tags.length > maxObservedTags
      ? undefined
      : { tags: byName.map(({ name, id }) => ({ name, id })) }
  const isSame = observed !== undefined && jsonEqual(before?.observed, observed)
  if (before !== undefined && isSame) return before
  const isByDate = rules.commitSelectionStrategy === 'NewestTag'
  const isFiltered = paths !== undefined || filter !== undefined
  // Names alone put the others in order, so that only the best need to be looked at.
  const wanted = isByDate || isFiltered ? tags : tags.slice(0, discoveryLimit)
  const ids = wanted.map(({ id }) => id)
  const records = ids.length === 0 ? [] : await look.inMirror(ids, (git) => select(git, look, tags))
  const commits = records.map(({ name, commit, createdAtMs }) =>
    toEntry(commit, { tag: name, createdAtMs }),
  )
  return { commits, observed }
}

async function select(
  git: RunGit,
  { rules, paths, filter }: HistoryLook,
  tags: readonly ListedTag[],
): Promise<TagRecord[]> {
  const { commitSelectionStrategy, discoveryLimit } = rules
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
  if (commitSelectionStrategy !== 'NewestTag')
    return selectFirst(readInBatches(git, tags, discoveryLimit), discoveryLimit, keep)
  const all = (await readTags(git, tags)).sort(newestTagFirst)
  return selectFirst(growing(all, discoveryLimit), discoveryLimit, keep)
}

async function* readInBatches(
  git: RunGit,
  tags: readonly ListedTag[],
  first: number,
): AsyncGenerator<readonly TagRecord[]> {
  for await (const batch of growing(tags, first)) yield await readTags(git, batch)
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
