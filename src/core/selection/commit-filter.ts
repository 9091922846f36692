import { GantryError } from '../errors.ts'
import { compile, evaluateBool, ExpressionError, type Env } from '../expr/index.ts'
import { timeFromEpoch } from '../expr/time.ts'

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

/** Throws Invalid when the expression fails, or gives anything but a truth value. */
export interface CommitFilter {
  isCommitIn(facts: CommitFacts): boolean
  isTagIn(facts: TagFacts): boolean
}

/**
 * The filter of a git subscription: an expression without delimiters. Undefined for an empty one. Throws Invalid when it
 * does not compile.
 *
 * @param nowMs - what `now()` answers, epoch milliseconds.
 */
export function compileCommitFilter(expression: string, nowMs: number): CommitFilter | undefined {
  if (expression.trim() === '') return undefined
  explained(() => compile(expression))
  const evaluate = (env: Env): boolean =>
    explained(() => evaluateBool(expression, env, { now: nowMs }))
  return {
    isCommitIn: ({ id, committedAtMs, author, committer, subject }) =>
      evaluate({ id, commitDate: timeFromEpoch(committedAtMs), author, committer, subject }),
    isTagIn: ({ createdAtMs, ...facts }) =>
      evaluate({ ...facts, creatorDate: timeFromEpoch(createdAtMs) }),
  }
}

function explained<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown
    throw new GantryError('Invalid', `the expression of the filter fails: ${thrown.message}`, {
      cause: thrown,
    })
  }
}
