import { randomUUID } from 'node:crypto'
import {
  briefFormat,
  commitFormat,
  maxAloneBytes,
  parseCommits,
  readInHalves,
  type CommitRecord,
  type RunGit,
} from './commit-record.ts'

/** A tag as the remote lists it. */
export interface ListedTag {
  readonly name: string
  /** What the ref names: a tag object, or the commit itself. */
  readonly id: string
  /** The commit, when `id` is a tag object. */
  readonly peeled?: string | undefined
}

export interface TagRecord {
  readonly name: string
  readonly commit: CommitRecord
  /** When the tag was made, else the commit; epoch milliseconds. */
  readonly createdAtMs: number
  /** Who tagged, `Name <email>`; empty for a tag that is only a ref. */
  readonly tagger: string
  /** First line of the tag's own message; empty for a tag that is only a ref. */
  readonly annotation: string
}

/** Nobody can write this word into a tag's message beforehand, so it tells where each object begins. */
const word = randomUUID()

/** Splits the refs of a remote into its tags, as listed. */
export function tagsOf(refs: ReadonlyMap<string, string>): ListedTag[] {
  const prefix = 'refs/tags/'
  return [...refs].flatMap(([ref, id]) => {
    if (!ref.startsWith(prefix) || ref.endsWith('^{}')) return []
    const peeled = refs.get(`${ref}^{}`)
    return [{ name: ref.slice(prefix.length), id, ...(peeled !== undefined && { peeled }) }]
  })
}

/** What is known of the tags, in their order. Tags of anything but commits are left out. */
export async function readTags(git: RunGit, tags: readonly ListedTag[]): Promise<TagRecord[]> {
  if (tags.length === 0) return []
  const commits = await readCommits(git, tags.map(commitOf))
  const objects = await readTagObjects(
    git,
    tags.filter(({ peeled }) => peeled !== undefined).map(({ id }) => id),
  )
  return tags.flatMap((tag) => {
    const commit = commits.get(commitOf(tag))
    if (commit === undefined) return []
    const object = objects.get(tag.id)
    return [
      {
        name: tag.name,
        commit,
        createdAtMs: object?.createdAtMs ?? commit.committedAtMs,
        tagger: object?.tagger ?? '',
        annotation: object?.annotation ?? '',
      },
    ]
  })
}

function commitOf(tag: ListedTag): string {
  return tag.peeled ?? tag.id
}

/** The commits among some objects. */
async function readCommits(
  git: RunGit,
  ids: readonly string[],
): Promise<ReadonlyMap<string, CommitRecord>> {
  const read = async (some: readonly string[], format: string): Promise<CommitRecord[]> => {
    const args = ['log', '--no-walk=unsorted', '--no-color', '--no-show-signature', '--no-notes']
    const input = `${some.join('\n')}\n`
    const output = await git([...args, format, '--stdin'], { maxOutputBytes: maxAloneBytes, input })
    return parseCommits(output).map(({ commit }) => commit)
  }
  const found = await readInHalves(
    [...new Set(ids)],
    (some) => read(some, commitFormat),
    (id) => read([id], briefFormat),
  )
  return new Map(found.map((commit) => [commit.id, commit]))
}

interface TagObject {
  readonly createdAtMs: number | undefined
  readonly tagger: string
  readonly annotation: string
}

async function readTagObjects(
  git: RunGit,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TagObject>> {
  const read = async (some: readonly string[]): Promise<(readonly [string, TagObject])[]> => {
    const output = await git(['cat-file', '--batch=%(objectname) %(objecttype) %(rest)'], {
      maxOutputBytes: maxAloneBytes,
      input: some.map((id) => `${id} ${word}\n`).join(''),
    })
    const parts = output.split(new RegExp(`^([0-9a-f]{40,64}) [a-z]+ ${word}\n`, 'm'))
    const objects: (readonly [string, TagObject])[] = []
    for (let at = 1; at + 1 < parts.length; at += 2)
      objects.push([parts[at] ?? '', parseTagObject(parts[at + 1] ?? '')])
    return objects
  }
  // A message that is too long to be read is as good as none.
  return new Map(await readInHalves([...new Set(ids)], read, async () => []))
}

/** Headers, an empty line, the message. */
function parseTagObject(text: string): TagObject {
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text : text.slice(0, end)
  const message = end < 0 ? '' : text.slice(end).trimStart()
  const [, tagger = '', seconds] = /^tagger (.*?) (-?\d+) [+-]\d{4}$/m.exec(head) ?? []
  return {
    tagger,
    createdAtMs: seconds === undefined ? undefined : Number(seconds) * 1000,
    annotation: message.split('\n', 1)[0] ?? '',
  }
}
