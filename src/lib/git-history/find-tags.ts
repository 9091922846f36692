import { createHash } from 'node:crypto'
import { jsonEqual } from '../../core/json.ts'
import { compareBytes } from '../../core/compare-bytes.ts'
import { isAnyPathRelevant } from '../../core/selection/path-rules.ts'
import { readChangedPaths } from './changed-paths.ts'
import type { RunGit } from './commit-record.ts'
import { toEntry } from './entry.ts'
import type { Finds, HistoryLook } from './finds.ts'
import { namedTags } from './named-tags.ts'
import { readTags, type ListedTag, type TagRecord } from './read-tags.ts'
import { filterInTurns, growing, selectFirst } from './select.ts'

/** More tags than this are not noted down: the status must stay small. */
const maxObservedTags = 1000

/** The tags that the rules let through, in the order of the strategy. */
export async function findTags(look: HistoryLook, before: Finds | undefined): Promise<Finds> {
  const tags = namedTags(look.rules, look.refs)
  const byName = tags.toSorted((a, b) => compareBytes(a.name, b.name))
  const isMany = tags.length > maxObservedTags
  const observed = isMany ? undefined : { tags: byName.map(({ name, id }) => ({ name, id })) }
  const mark = isMany ? markOf(byName) : undefined
  const isSame = isMany ? before?.mark === mark : jsonEqual(before?.observed, observed)
  if (before !== undefined && isSame) return before
  const records = await findRecords(look, tags)
  const commits = records.map(({ name, commit, createdAtMs }) =>
    toEntry(commit, { tag: name, createdAtMs }),
  )
  return { commits, observed, mark }
}

function markOf(tags: readonly ListedTag[]): string {
  const hash = createHash('sha256')
  for (const { name, id } of tags) hash.update(`${id} ${name}\n`)
  return hash.digest('hex')
}

async function findRecords(look: HistoryLook, tags: readonly ListedTag[]): Promise<TagRecord[]> {
  if (tags.length === 0) return []
  const { rules, paths, filter } = look
  const { discoveryLimit } = rules
  const isByDate = rules.commitSelectionStrategy === 'NewestTag'
  if (!isByDate && paths === undefined && filter === undefined) {
    // Names alone put these in order, so that only the best need to be there.
    const best = tags.slice(0, discoveryLimit)
    const found = await look.inMirror(idsOf(best), (git) => readTags(git, best))
    if (found.length === best.length || best.length === tags.length) return found
  }
  return look.inMirror(idsOf(tags), (git) => select(git, look, tags))
}

function idsOf(tags: readonly ListedTag[]): string[] {
  return [...new Set(tags.map(({ id }) => id))]
}

async function select(
  git: RunGit,
  { rules, paths, filter }: HistoryLook,
  tags: readonly ListedTag[],
): Promise<TagRecord[]> {
  const { commitSelectionStrategy, discoveryLimit } = rules
  const keep = async (records: readonly TagRecord[]): Promise<readonly TagRecord[]> => {
    const named =
      filter === undefined
        ? records
        : await filterInTurns(records, (record) => filter.isTagIn(factsOf(record)))
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
