import { asGantryError, GantryError, hasCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { isFinal } from '../core/policy/next-step.ts'
import {
  afterAttempt,
  attemptDeadline,
  isExpired,
  type Outcome,
  retryDelayMs,
} from '../core/policy/step-attempt.ts'
import type { StepResult } from '../step.ts'
import type { Attempt } from './context.ts'
import { deadlineSignal, interruptible } from './interruptible.ts'
import { LookLater, notAllowed, performStep } from './perform-step.ts'
import type { Act, Perform, RunControl } from './perform-step.ts'
import { ensureWorkspace } from './rebuild.ts'
import { kindLookup, note, safeData, safeMessage, safeText, stepAt, takeOutput } from './session.ts'
import type { Session } from './session.ts'
import { evaluateConfig } from './step-config.ts'
import type { StepEnd } from './step-config.ts'
import { newStep } from './step-record.ts'
import type { StepRecord } from './step-record.ts'

const defaultGraceMs = 10_000
/** How soon an attempt that may not act for now, or could not look, is made again. */
const restMs = 5_000
const recorded: StepEnd = { end: 'recorded' }

/** Runs one attempt of a step: config, workspace, intent, the act, its result. */
export async function runStep(
  session: Session,
  index: number,
  cutOff: boolean,
  control: RunControl,
  perform: Perform = performStep,
): Promise<StepEnd> {
  const { parts, fence } = session
  const step = stepAt(session, index)
  const kind = parts.kinds.get(step.uses)
  if (kind === undefined) throw new GantryError('Internal', `no step kind "${step.uses}"`)
  const startedAt = session.records[index]?.startedAt ?? parts.clock.now()
  const before: StepRecord = {
    ...(session.records[index] ?? newStep),
    startedAt,
    effect: kind.effect,
  }
  const evaluated = await evaluateConfig(session, index, kind, before, cutOff, control.shutdown)
  if ('end' in evaluated) return evaluated
  const { config, guarded } = evaluated
  const refuse = (outcome: Outcome): StepEnd => {
    note(session, index, { ...before, config: guarded })
    settleAttempt(session, index, outcome)
    return recorded
  }
  try {
    kind.parse(config)
  } catch (thrown) {
    return refuse({ status: 'Failed', message: asGantryError(thrown).message, terminal: true })
  }

  const outside = [fence.lost, control.abort, control.shutdown]
  const prepared = await interruptible(parts.clock, outside, graceOf(session), async (signal) => {
    await ensureWorkspace(session, index, signal)
    return kind.effect === 'remote' && !cutOff ? control.mayAct?.(signal) : undefined
  })
  if (prepared.cut !== undefined) return { end: 'cut' }
  if ('error' in prepared) {
    const error = asGantryError(prepared.error)
    const message = `cannot get ready for step "${step.alias}": ${error.message}`
    if (error.retry) return { end: 'rest', message, retryAfterMs: error.retryAfterMs }
    return refuse({ status: 'Errored', message, terminal: true })
  }
  if (prepared.value !== undefined) return refuse(notAllowed(prepared.value))

  const { wakeAt: _wakeAt, message: _message, ...kept } = before
  note(session, index, {
    ...kept,
    status: 'Running',
    open: true,
    attempts: before.attempts + (cutOff ? 0 : 1),
    config: guarded,
  })
  const { watches: _watches, ...gantry } = fence.draft.gantry ?? {}
  fence.draft.gantry = gantry
  fence.draft.message = undefined
  try {
    await fence.record()
  } catch (thrown) {
    if (!hasCode(thrown, 'TooLarge')) throw thrown
    const { config: _config, ...small } = kept
    note(session, index, small)
    const message = `its config does not fit into the record: ${asGantryError(thrown).message}`
    settleAttempt(session, index, { status: 'Errored', message, terminal: true })
    return recorded
  }

  const attempt: Attempt = { over: false, refused: false, acted: false }
  const at = attemptDeadline(step, before, kindLookup(session), parts.clock.now())
  const deadline = deadlineSignal(parts.clock, at)
  const act: Act = { session, index, kind, config, before, cutOff, attempt, control }
  const signals = [...outside, deadline.signal]
  const ended = await interruptible(parts.clock, signals, graceOf(session), (signal) =>
    perform(act, signal),
  )
  deadline.disarm()
  attempt.over = true
  const isEnding = outside.some((signal) => signal.aborted)
  const timedOut = deadline.signal.aborted
  const end =
    'error' in ended
      ? concludeError(act, asGantryError(ended.error), isEnding, timedOut)
      : concludeResult(act, ended.value, isEnding, timedOut, guarded.sealed !== undefined)
  // The rubbish of an attempt is not for the next one to meet. Steps after one that failed for good take what is there:
  // a notification must not depend on whether the folder can be built anew.
  const isGood = !('error' in ended) && !['Failed', 'Errored'].includes(ended.value.status)
  const isOver = end.end === 'recorded' && isFinal(session.records[index])
  if (!isGood && !isOver && kind.effect !== 'pure' && session.workspace !== undefined)
    session.workspace.dirty = true
  // What happened in the world is recorded at once. The result of anything else may wait for the next write: without
  // it the step is simply run again.
  const isOutside = kind.effect === 'remote' || attempt.acted
  if (isOutside && end.end !== 'cut') await fence.record()
  return end
}

function concludeError(
  { session, index, attempt }: Act,
  error: GantryError,
  isEnding: boolean,
  timedOut: boolean,
): StepEnd {
  const { parts } = session
  const record = session.records[index] ?? newStep
  if (isEnding) return { end: 'cut' }
  if (attempt.forbidden !== undefined) {
    settleAttempt(session, index, notAllowed(attempt.forbidden))
    return recorded
  }
  if (attempt.refused) {
    // The fence was asked and said no, so nothing was done yet: this attempt leaves nothing to look for.
    if (!attempt.acted) {
      const { open: _open, ...kept } = record
      const now = parts.clock.now()
      note(session, index, { ...kept, wakeAt: now + restMs, restsSince: now })
    }
    return { end: 'rest', message: error.message, retryAfterMs: restMs }
  }
  if (error instanceof LookLater) {
    const isLate = isExpired(stepAt(session, index), record, kindLookup(session), parts.clock.now())
    if (!isLate) return { end: 'rest', message: error.message }
  }
  settleAttempt(session, index, {
    status: 'Errored',
    message: error.message,
    terminal: error.code === 'OutcomeUnknown' || error instanceof LookLater,
    timedOut: timedOut && !(error instanceof LookLater),
  })
  const ended = session.records[index] ?? newStep
  if (timedOut && attempt.acted && !(error instanceof LookLater)) {
    const message = `${ended.message ?? ''}; it had begun to act outside: look whether that took effect`
    note(session, index, { ...ended, message })
  }
  return recorded
}

function concludeResult(
  { session, index, kind, attempt }: Act,
  result: StepResult,
  isEnding: boolean,
  timedOut: boolean,
  isSecret: boolean,
): StepEnd {
  const { status, message, terminal, retryAfterMs, output, health, watches } = result
  const { fence } = session
  if (status === 'Failed' || status === 'Errored') {
    if (isEnding) return { end: 'cut' }
    if (attempt.forbidden !== undefined) {
      settleAttempt(session, index, notAllowed(attempt.forbidden))
      return recorded
    }
    if (attempt.refused)
      return { end: 'rest', message: message ?? 'the fence was refused', retryAfterMs: restMs }
  }
  try {
    const sealed = takeOutput(session, index, output, isSecret && kind.effect === 'pure')
    const { sealedOutput: _before, ...record } = session.records[index] ?? newStep
    note(session, index, sealed === undefined ? record : { ...record, sealedOutput: sealed })
  } catch (thrown) {
    const why = asGantryError(thrown).message
    settleAttempt(session, index, { status: 'Errored', message: why, terminal: true })
    return recorded
  }
  settleAttempt(session, index, { status, message, terminal, retryAfterMs, timedOut })
  if (status === 'Running' && watches !== undefined)
    fence.draft.gantry = {
      ...fence.draft.gantry,
      watches: watches.map((name) => safeText(session, name)),
    }
  if (status === 'Succeeded' && health !== undefined) {
    const config = safeData(session, health.config)
    const check = { uses: health.uses, config: isJsonObject(config) ? config : {} }
    fence.draft.healthChecks = [...(fence.draft.healthChecks ?? []), check]
  }
  return recorded
}

function settleAttempt(session: Session, index: number, outcome: Outcome): void {
  const { parts, log } = session
  const step = stepAt(session, index)
  const record = session.records[index] ?? newStep
  const redacted =
    outcome.message === undefined
      ? outcome
      : { ...outcome, message: safeMessage(session, outcome.message) }
  const next = afterAttempt(step, record, kindLookup(session), redacted, parts.clock.now())
  const { open: _open, wakeAt: _wakeAt, message: _message, ...rest } = record
  note(session, index, { ...rest, ...next })
  const said = next.message === undefined ? '' : `: ${next.message}`
  log.say(step.alias, record.attempts, `${next.status ?? ''}${said}`, 'engine')
}

function graceOf({ parts }: Session): number {
  return parts.stepGraceMs ?? defaultGraceMs
}

/** How long to leave the outside alone after the n-th rest in a row. */
export function restDelayMs(rests: number): number {
  return Math.max(restMs, retryDelayMs(rests))
}
