import { GantryError } from '../errors.ts'
import {
  commitEnvironment,
  commitVariables,
  tagEnvironment,
  tagVariables,
  type FilterCommit,
  type FilterTag,
} from '../expr/functions/git-filter.ts'
import { compile, evaluateBool, ExpressionError, type Env } from '../expr/index.ts'
import { unknownNames } from '../expr/unknown-names.ts'

/** For one commit or tag; a history has many. */
const budget = { steps: 200_000, memory: 500_000 }

/** Throws Invalid when the expression fails, or gives anything but a truth value. */
export interface CommitFilter {
  isCommitIn(commit: FilterCommit): boolean
  isTagIn(tag: FilterTag): boolean
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
    explained(() => evaluateBool(expression, env, { now: nowMs, budget }))
  return {
    isCommitIn: (commit) => evaluate(commitEnvironment(commit)),
    isTagIn: (tag) => evaluate(tagEnvironment(tag)),
  }
}

/** Names of a filter's expression that mean nothing for what it is asked about, as sentences. */
export function unknownFilterNames(expression: string, about: 'commits' | 'tags'): string[] {
  if (expression.trim() === '') return []
  const variables = about === 'commits' ? commitVariables : tagVariables
  return explained(() => unknownNames(expression, { variables }))
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
