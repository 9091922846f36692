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

export type Next =
  /** Evaluate the step's condition, then ask `judged`. */
  | { readonly do: 'judge'; readonly index: number }
  /** Nothing to run: record this and ask again. */
  | { readonly do: 'settle'; readonly index: number; readonly record: LoopRecord }
  /** Run the step. `cutOff`: an earlier attempt has no outcome, so its effect may be there already. */
  | { readonly do: 'run'; readonly index: number; readonly cutOff: boolean }
  | { readonly do: 'wait'; readonly index: number; readonly until: number }
  | { readonly do: 'finish'; readonly phase: FinalPhase; readonly message: string | undefined }

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
