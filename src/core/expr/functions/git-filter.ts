import type { Env } from '../value.ts'
import { timeFromEpoch } from '../time.ts'

/** A commit as an expression filter sees it; people as `Name <email>`, dates in epoch milliseconds. */
export interface FilterCommit {
  readonly id: string
  readonly commitDateMs: number
  readonly author: string
  readonly committer: string
  readonly subject: string
}

export interface FilterTag {
  readonly tag: string
  readonly id: string
  readonly creatorDateMs: number
  readonly author: string
  readonly committer: string
  readonly subject: string
  /** Empty for tags without annotation. */
  readonly tagger: string
  readonly annotation: string
}

/** The names of what an `expressionFilter` sees of a commit. */
export const commitVariables: readonly string[] = [
  'id',
  'commitDate',
  'author',
  'committer',
  'subject',
]

/** The names of what it sees of a tag. */
export const tagVariables: readonly string[] = [
  'tag',
  'id',
  'creatorDate',
  'author',
  'committer',
  'subject',
  'tagger',
  'annotation',
]

/** The variables of an `expressionFilter` over the commits of a branch. */
export function commitEnvironment(commit: FilterCommit): Env {
  const { id, author, committer, subject } = commit
  return { id, author, committer, subject, commitDate: timeFromEpoch(commit.commitDateMs) }
}

/** The variables of an `expressionFilter` over tags. */
export function tagEnvironment(tag: FilterTag): Env {
  const { tag: name, id, author, committer, subject, tagger, annotation } = tag
  return {
    tag: name,
    id,
    author,
    committer,
    subject,
    tagger,
    annotation,
    creatorDate: timeFromEpoch(tag.creatorDateMs),
  }
}
