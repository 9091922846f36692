import type { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import { compile, type Env, ExpressionError, run } from '../core/expr/index.ts'
import type { JsonObject } from '../core/json.ts'
import { composeOutputs, type OutputExpressions } from './outputs.ts'

/** What an answer must say for the step that asked to have succeeded or failed. */
export interface Criteria {
  readonly successExpression?: string | undefined
  readonly failureExpression?: string | undefined
  /** What the message of a failure says. */
  readonly errorExpression?: string | undefined
  readonly outputs?: z.output<typeof OutputExpressions> | undefined
}

export interface Verdict {
  /** Failed without a message is no failure yet: it is asked again until the step's time is up. */
  readonly status: 'Running' | 'Succeeded' | 'Failed'
  readonly output?: JsonObject | undefined
  readonly message?: string | undefined
  readonly terminal?: boolean | undefined
  readonly retryAfterMs?: number | undefined
}

/** What the answer comes to. Throws ExpressionError, and Invalid for a criterion that gives neither true nor false. */
export function judgeAnswer(
  criteria: Criteria,
  httpStatus: number,
  env: Env,
  { now, pollMs }: { readonly now: number; readonly pollMs: () => number },
): Verdict {
  const { successExpression: success, failureExpression: failure } = criteria
  const hasFailed = failure ? isTrue(failure, env, now) : false
  const hasSucceeded = success ? isTrue(success, env, now) : false
  const isOk = httpStatus >= 200 && httpStatus < 300
  if (hasFailed) {
    const why = reason(criteria.errorExpression, env, now)
    const told = why === '' ? '' : `: ${JSON.stringify(why)}`
    const message = `HTTP (${httpStatus}) response met failure criteria${told}`
    return { status: 'Failed', terminal: true, message }
  }
  if (hasSucceeded || (!success && !failure && isOk))
    return { status: 'Succeeded', output: composeOutputs(criteria.outputs ?? [], env, { now }) }
  if (!success && !failure) return { status: 'Failed' }
  const message = `HTTP (${httpStatus}) response met neither success nor failure criteria yet`
  return { status: 'Running', message, retryAfterMs: pollMs() }
}

/** Finds expressions that cannot work before anything is sent. */
export function brokenCriterion(criteria: Criteria): ExpressionError | undefined {
  const sources = [
    criteria.successExpression,
    criteria.failureExpression,
    criteria.errorExpression,
    ...(criteria.outputs ?? []).map(({ fromExpression }) => fromExpression),
  ]
  try {
    for (const source of sources) if (source) compile(source)
    return undefined
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
}

function isTrue(source: string, env: Env, now: number): boolean {
  const value = run(compile(source), env, { now })
  if (typeof value === 'boolean') return value
  throw new GantryError('Invalid', `the expression "${source}" does not give true or false`)
}

/** What the failure is to say; its own errors do not matter. */
function reason(source: string | undefined, env: Env, now: number): string {
  if (!source) return ''
  try {
    const value = run(compile(source), env, { now })
    return typeof value === 'string' ? value : ''
  } catch (error) {
    if (error instanceof ExpressionError) return ''
    throw error
  }
}
