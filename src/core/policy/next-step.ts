import { formatDuration } from '../duration.ts'

/**
 * The loop of a Promotion as pure functions: its steps and what is recorded of them, and the time, give what is to be
 * done now. Whoever acts on the answer records the outcome and asks again, so a run can be cut off at any point.
 *
 * A step that was visited is final when its status is neither absent nor Running; later steps are visited even after a
 * failure, because their own condition may want to run then.
 */

export type StepStatus = 'Running' | 'Succeeded' | 'Failed' | 'Errored' | 'Aborted' | 'Skipped'
export type FinalPhase = 'Succeeded' | 'Failed' | 'Errored' | 'Aborted'

/** A step as the loop sees it. */
export interface LoopStep {
  readonly alias: string
  readonly uses: string
  /** Template of the condition; empty or absent: run unless an earlier step failed. */
  readonly if?: string | undefined
  readonly continueOnError?: boolean | undefined
  /** `retry.timeout`: replaces the kind's own; zero or less means none. */
  readonly timeoutMs?: number | undefined
  /** `retry.errorThreshold`: replaces the kind's own unless zero. */
  readonly errorThreshold?: number | undefined
}

/** What the loop must know of a step kind; undefined for a kind that is not there. */
export type KindLookup = (
  uses: string,
) => { readonly timeoutMs: number; readonly errorThreshold: number } | undefined

/** What is recorded of a step. Times are epoch milliseconds. */
export interface LoopRecord {
  readonly status?: StepStatus | undefined
  readonly startedAt?: number | undefined
  readonly finishedAt?: number | undefined
  /** All errors so far, not only consecutive ones. */
  readonly errorCount: number
  readonly message?: string | undefined
  /** An attempt began and its outcome was never recorded. */
  readonly open?: boolean | undefined
  /** Not to be tried again before this time. */
  readonly wakeAt?: number | undefined
  /** When `wakeAt` was set. */
  readonly restsSince?: number | undefined
}

/** What an attempt came to. A thrown error is `Errored` with its message. */
export interface Outcome {
  readonly status: string
  /** With Failed or Errored: the error. Failed without one is not a failure yet: the step is looked at again. */
  readonly message?: string | undefined
  readonly terminal?: boolean | undefined
  readonly retryAfterMs?: number | undefined
  /** The attempt was cut off because the step's time was up. */
  readonly timedOut?: boolean | undefined
}

export type Next =
  /** Evaluate the step's condition, then ask `judged`. */
  | { readonly do: 'judge'; readonly index: number }
  /** Nothing to run: record this and ask again. */
  | { readonly do: 'settle'; readonly index: number; readonly record: LoopRecord }
  /** Run the step. `cutOff`: an earlier attempt has no outcome, so its effect may be there already. */
  | { readonly do: 'run'; readonly index: number; readonly cutOff: boolean }
  | { readonly do: 'wait'; readonly index: number; readonly until: number }
  | { readonly do: 'finish'; readonly phase: FinalPhase; readonly message: string | undefined }

/** A step that answers Running without saying when to look again is looked at after this long. */
export const defaultPollMs = 300_000
/** No step is looked at again sooner, whatever it asks for. */
export const minPollMs = 10_000
/** A look that begins when the time is already up gets this long. */
export const lastLookMs = 30_000

const retryBaseMs = 1000
const retryMaxMs = 300_000

const severity: Readonly<Record<StepStatus, number>> = {
  Succeeded: 0,
  Skipped: 1,
  Running: 2,
  Aborted: 3,
  Failed: 4,
  Errored: 5,
}

const notReached: LoopRecord = { errorCount: 0 }

/** What to do now. `records` goes with `steps` by position and may be shorter. */
export function nextStep(
  steps: readonly LoopStep[],
  records: readonly (LoopRecord | undefined)[],
  kinds: KindLookup,
  now: number,
): Next {
  const index = steps.findIndex((_, at) => !isFinal(records[at]))
  const step = steps[index]
  if (step === undefined) return finish(steps, records)
  const record = records[index] ?? notReached
  if (record.startedAt === undefined) {
    if (step.if !== undefined && step.if !== '') return { do: 'judge', index }
    return hasFailure(steps, records, index)
      ? { do: 'settle', index, record: { ...record, status: 'Skipped' } }
      : begin(step, index, record, kinds)
  }
  if (record.open === true) return begin(step, index, record, kinds)
  const until = restsUntil({ until: record.wakeAt, since: record.restsSince }, now)
  return until === undefined ? begin(step, index, record, kinds) : { do: 'wait', index, until }
}

/**
 * Until when there is nothing to do; undefined when there is. A clock that was set back since makes a rest void: else it
 * would last longer by as much.
 */
export function restsUntil(
  { until, since }: { readonly until?: number | undefined; readonly since?: number | undefined },
  now: number,
): number | undefined {
  const isVoid = since !== undefined && now < since
  return until !== undefined && until > now && !isVoid ? until : undefined
}

/** What follows from a condition: its value, or the sentence that says why it has none. */
export function judged(
  steps: readonly LoopStep[],
  records: readonly (LoopRecord | undefined)[],
  kinds: KindLookup,
  index: number,
  condition: { readonly value: unknown } | { readonly error: string },
): Next {
  const step = steps[index]
  const record = records[index] ?? notReached
  if (step === undefined) return finish(steps, records)
  const settle = (status: StepStatus, message?: string): Next => ({
    do: 'settle',
    index,
    record: { ...record, status, ...(message === undefined ? {} : { message }) },
  })
  if ('error' in condition)
    return settle(
      'Errored',
      `error checking if step "${step.alias}" should run: ${condition.error}`,
    )
  if (typeof condition.value !== 'boolean') {
    const got = condition.value === null ? 'null' : typeof condition.value
    return settle(
      'Errored',
      `the condition of step "${step.alias}" must give true or false, not ${got}`,
    )
  }
  return condition.value ? begin(step, index, record, kinds) : settle('Skipped')
}

/** The record of a step after an attempt. */
export function afterAttempt(
  step: LoopStep,
  record: LoopRecord,
  kinds: KindLookup,
  outcome: Outcome,
  now: number,
): LoopRecord {
  const startedAt = record.startedAt ?? now
  const { open: _open, wakeAt: _wakeAt, restsSince: _since, message: _message, ...kept } = record
  const done = (status: StepStatus, message?: string): LoopRecord => ({
    ...kept,
    startedAt,
    finishedAt: now,
    status,
    ...(message === undefined ? {} : { message }),
  })
  const { status } = outcome
  if (status === 'Succeeded' || status === 'Skipped') return done(status, outcome.message)

  const timeoutMs = timeoutOf(step, kinds)
  const expired = `step "${step.alias}" timed out after ${formatDuration(timeoutMs)}`
  if (outcome.timedOut === true) return done('Errored', expired)

  const error = errorOf(step, outcome)
  if (error !== undefined) {
    const failed = status === 'Failed'
    if (outcome.terminal === true)
      return failed
        ? done('Failed', error)
        : done('Errored', `an unrecoverable error occurred: ${error}`)
    const errorCount = record.errorCount + 1
    const threshold = thresholdOf(step, kinds)
    if (errorCount >= threshold) {
      const message = `step "${step.alias}" met error threshold of ${threshold}: ${error}`
      return { ...done(failed ? 'Failed' : 'Errored', message), errorCount }
    }
    if (timeoutMs > 0 && now - startedAt > timeoutMs)
      return { ...done('Errored', expired), errorCount }
    return {
      ...kept,
      startedAt,
      status: 'Running',
      errorCount,
      message: `${error}; step will be retried`,
      wakeAt: soonest(now + retryDelayMs(errorCount), startedAt, timeoutMs),
      restsSince: now,
    }
  }
  if (timeoutMs > 0 && now - startedAt > timeoutMs) return done('Errored', expired)
  const wait = Math.max(minPollMs, outcome.retryAfterMs ?? defaultPollMs)
  return {
    ...kept,
    startedAt,
    status: 'Running',
    ...(outcome.message === undefined ? {} : { message: outcome.message }),
    wakeAt: soonest(now + wait, startedAt, timeoutMs),
    restsSince: now,
  }
}

/** When an attempt that begins now is to be cut off; undefined when the step may take as long as it likes. */
export function attemptDeadline(
  step: LoopStep,
  record: LoopRecord,
  kinds: KindLookup,
  now: number,
): number | undefined {
  const timeoutMs = timeoutOf(step, kinds)
  if (timeoutMs <= 0) return undefined
  // Where the clock was set back, no attempt may take longer than all of them.
  const deadline = Math.min(record.startedAt ?? now, now) + timeoutMs
  return deadline > now ? deadline : now + lastLookMs
}

/** True when the step's time is up. */
export function isExpired(
  step: LoopStep,
  record: LoopRecord,
  kinds: KindLookup,
  now: number,
): boolean {
  const timeoutMs = timeoutOf(step, kinds)
  return timeoutMs > 0 && record.startedAt !== undefined && now - record.startedAt > timeoutMs
}

/** True when a step before `index`, inside a task or not, failed without being allowed to. */
export function hasFailure(
  steps: readonly LoopStep[],
  records: readonly (LoopRecord | undefined)[],
  index: number,
): boolean {
  return records
    .slice(0, index)
    .some(
      (record, at) =>
        steps[at]?.continueOnError !== true &&
        (record?.status === 'Failed' || record?.status === 'Errored'),
    )
}

export function isFinal(record: LoopRecord | undefined): boolean {
  return record?.status !== undefined && record.status !== 'Running'
}

function begin(step: LoopStep, index: number, record: LoopRecord, kinds: KindLookup): Next {
  if (kinds(step.uses) !== undefined) return { do: 'run', index, cutOff: record.open === true }
  const message = `step kind "${step.uses}" is not registered; it may be one that only Kargo's enterprise edition has, or be misspelt`
  const { open: _open, wakeAt: _wakeAt, ...kept } = record
  return { do: 'settle', index, record: { ...kept, status: 'Errored', message } }
}

/** The worst status of the steps that count, and the first such step's message. */
function finish(
  steps: readonly LoopStep[],
  records: readonly (LoopRecord | undefined)[],
): Extract<Next, { do: 'finish' }> {
  let worst: StepStatus = 'Succeeded'
  let message: string | undefined
  for (const [index, step] of steps.entries()) {
    const record = records[index]
    if (step.continueOnError === true || record?.status === undefined) continue
    if (severity[record.status] <= severity[worst]) continue
    worst = record.status
    message = record.message
  }
  if (worst === 'Failed' || worst === 'Errored' || worst === 'Aborted')
    return { do: 'finish', phase: worst, message }
  return { do: 'finish', phase: 'Succeeded', message: undefined }
}

function errorOf(step: LoopStep, outcome: Outcome): string | undefined {
  const { status, message } = outcome
  if (status === 'Failed') {
    if (message === undefined && outcome.terminal !== true) return undefined
    return `step "${step.alias}": ${message ?? 'failed'}`
  }
  if (status === 'Running') return undefined
  const reason =
    status === 'Errored' ? (message ?? 'no reason given') : `unexpected status "${status}"`
  return `error running step "${step.alias}": ${reason}`
}

function timeoutOf(step: LoopStep, kinds: KindLookup): number {
  return Math.max(0, step.timeoutMs ?? kinds(step.uses)?.timeoutMs ?? 0)
}

function thresholdOf(step: LoopStep, kinds: KindLookup): number {
  const own = step.errorThreshold ?? 0
  return own > 0 ? own : Math.max(1, kinds(step.uses)?.errorThreshold ?? 1)
}

/** Not later than just after the time is up, so that this is noticed when it happens. */
function soonest(wakeAt: number, startedAt: number, timeoutMs: number): number {
  return timeoutMs > 0 ? Math.min(wakeAt, startedAt + timeoutMs + 1) : wakeAt
}

/** How long a step rests after its n-th error: 1 s, doubling, at most 5 min. */
export function retryDelayMs(errorCount: number): number {
  return Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(20, Math.max(0, errorCount - 1)))
}
