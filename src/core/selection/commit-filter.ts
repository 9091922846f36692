import { GantryError } from '../errors.ts'

/** What an expression over a commit can name. Times are epoch milliseconds, people `Name <email>`. */
export interface CommitFacts {
  readonly id: string
  readonly committedAtMs: number
  readonly author: string
  readonly committer: string
  readonly subject: string
}

/** The same for a tag. `tagger` and `annotation` are empty where the tag is only a ref. */
export interface TagFacts {
  readonly tag: string
  readonly id: string
  readonly createdAtMs: number
  readonly author: string
  readonly committer: string
  readonly subject: string
  readonly tagger: string
  readonly annotation: string
}

export interface CommitFilter {
  isCommitIn(facts: CommitFacts): boolean
  isTagIn(facts: TagFacts): boolean
}

/** Undefined for an empty expression. Throws Invalid when it does not compile. */
export function compileCommitFilter(expression: string): CommitFilter | undefined {
  if (expression.trim() === '') return undefined
  throw new GantryError('NotSupported', 'cannot filter commits by an expression')
}
