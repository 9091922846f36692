import { formatDuration } from '../duration.ts'
import type { KindLookup, LoopRecord, LoopStep, StepStatus } from './next-step.ts'

/** What follows from an attempt at a step: whether it is over, and otherwise when it is tried or looked at again. */

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

/** A step that answers Running without saying when to look again is looked at after this long. */
export const defaultPollMs = 300_000
/** No step is looked at again sooner, whatever it asks for. */
export const minPollMs = 10_000
/** A look that begins when the time is already up gets this long. */
export const lastLookMs = 30_000

const retryBaseMs = 1000
const retryMaxMs = 300_000

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
