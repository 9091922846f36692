import { asGantryError, GantryError, hasCode } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { afterAttempt, attemptDeadline, isExpired, retryDelayMs } from '../core/policy/next-step.ts'
import type { KindLookup, Outcome } from '../core/policy/next-step.ts'
import type { Step, StepResult } from '../step.ts'
import type { Attempt } from './context.ts'
import { stepContext } from './context.ts'
import type { StepScope } from './evaluator.ts'
import { deadlineSignal, interruptible } from './interruptible.ts'
import { ensureWorkspace } from './rebuild.ts'
import { contextOf, note, stepAt, takeOutput } from './session.ts'
import type { EngineStep, Session } from './session.ts'
import { newStep } from './step-record.ts'
import type { Guarded, StepRecord } from './step-record.ts'
import { maskComputed, maskPaths } from './vault.ts'

/** What can end a run from outside, and what is asked before a remote step acts. */
export interface RunControl {
  /** The process is to end: stop, and leave everything for whoever comes next. */
  readonly shutdown: AbortSignal
  /** The Promotion is to end; the reason is an Error whose message says who wants it. */
  readonly abort: AbortSignal
  /** Look at the step at work now, also when its time has not come. */
  readonly hurry?: boolean | undefined
  /** Judged on live reads before each remote step: undefined, or why the Promotion may no longer act. */
  readonly mayAct?: ((signal: AbortSignal) => Promise<string | undefined>) | undefined
}

/** `recorded`: the step's record says how it went. `cut`: a signal ended it. `rest`: try again later. */
export type StepEnd =
  | { readonly end: 'recorded' }
  | { readonly end: 'cut' }
  | { readonly end: 'rest'; readonly message: string; readonly retryAfterMs?: number | undefined }

/** How a step gets done; a plan replaces it. */
export type Perform = (act: Act, signal: AbortSignal) => Promise<StepResult>

export interface Act {
  readonly session: Session
  readonly index: number
  readonly kind: Step
  readonly config: Json
  readonly before: StepRecord
  readonly cutOff: boolean
  readonly attempt: Attempt
  readonly control: RunControl
}

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
  const evaluated = await evaluateConfig(session, index, kind, before, cutOff, control)
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
  await fence.record()

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
  // What happened in the world is recorded at once. The result of anything else may wait for the next write: without
  // it the step is simply run again.
  if (kind.effect === 'remote' && end.end !== 'cut') await fence.record()
  return end
}

function concludeError(
  { session, index, attempt }: Act,
  error: GantryError,
  isEnding: boolean,
  timedOut: boolean,
): StepEnd {
  const { parts, workspace } = session
  const record = session.records[index] ?? newStep
  if (workspace !== undefined) workspace.dirty = true
  if (isEnding) return { end: 'cut' }
  if (attempt.refused) {
    // The fence was asked and said no, so nothing was done yet: this attempt leaves nothing to look for.
    if (!attempt.acted) {
      const { open: _open, ...kept } = record
      note(session, index, { ...kept, wakeAt: parts.clock.now() + restMs })
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
  const { fence, workspace } = session
  if (status === 'Failed' || status === 'Errored') {
    if (isEnding) return { end: 'cut' }
    if (workspace !== undefined) workspace.dirty = true
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
    fence.draft.gantry = { ...fence.draft.gantry, watches: [...watches] }
  if (status === 'Succeeded' && health !== undefined)
    fence.draft.healthChecks = [...(fence.draft.healthChecks ?? []), { ...health }]
  return recorded
}

function notAllowed(why: string): StepResult {
  return { status: 'Errored', message: `may no longer be promoted: ${why}`, terminal: true }
}

/** Does the step; of a remote one whose earlier attempt may have had its effect, first asks whether it is there. */
async function performStep(act: Act, signal: AbortSignal): Promise<StepResult> {
  const { session, index, kind, config, before, cutOff, attempt, control } = act
  const context = stepContext(session, index, kind, { signal, attempt })
  if (kind.effect === 'remote') {
    const { alias } = stepAt(session, index)
    if (cutOff || before.errorCount > 0) {
      const found = await lookForEffect(act, context)
      if (found !== undefined) {
        session.log.say(alias, before.attempts, 'its effect was there already: adopted', 'engine')
        return found
      }
    }
    // A new attempt was judged before its intent was recorded; this one has an intent already.
    const why = cutOff ? await judgeLater(control, signal) : undefined
    if (why !== undefined) return notAllowed(why)
  }
  return kind.run(context, config)
}

async function judgeLater(control: RunControl, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await control.mayAct?.(signal)
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (!isTransient(error) || signal.aborted) throw thrown
    throw new LookLater(`cannot tell yet whether it may go on: ${error.message}`)
  }
}

/** The result of an earlier attempt, when its effect is there; undefined when the step is to be run. */
async function lookForEffect(
  { kind, config, cutOff }: Act,
  context: ReturnType<typeof stepContext>,
): Promise<StepResult | undefined> {
  const unknown = (message: string): GantryError =>
    new GantryError('OutcomeUnknown', `outcome unknown: ${message}; look there, then promote again`)
  if (kind.find === undefined) {
    if (!cutOff) return undefined
    throw unknown(`it was cut off while "${kind.kind}" was at work, which cannot be looked up`)
  }
  try {
    const found = await kind.find(context, config)
    if (found.state === 'found') return found.result
    // An attempt that failed by its own account may be repeated: that is what its threshold asks for.
    if (found.state === 'unknown' && cutOff) throw unknown(found.message)
    return undefined
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (!cutOff || !error.retry || context.signal.aborted) throw thrown
    throw new LookLater(`cannot tell yet whether an earlier attempt took effect: ${error.message}`)
  }
}

/** Whether the effect is there cannot be told now, but may be later: the attempt stays open. */
class LookLater extends GantryError {
  constructor(message: string) {
    super('Unavailable', message)
  }
}

interface EvaluatedConfig {
  readonly config: Json
  readonly guarded: Guarded
}

/** A new attempt evaluates its config; one that goes on with an attempt that was cut off takes the recorded one. */
async function evaluateConfig(
  session: Session,
  index: number,
  kind: Step,
  before: StepRecord,
  cutOff: boolean,
  control: RunControl,
): Promise<EvaluatedConfig | StepEnd> {
  const { parts, promotion } = session
  const step = stepAt(session, index)
  const key = contextOf(promotion, step.alias, 'config')
  if (cutOff && before.config !== undefined)
    return { config: parts.vault.reveal(before.config, key), guarded: before.config }
  try {
    const { value, sensitive } = await parts.evaluator.config(
      scopeOf(session, index, control.shutdown),
    )
    const isSecret = sensitive || mayReadSealed(session, step)
    const open = isSecret ? maskComputed(step.config, value) : value
    return {
      config: value,
      guarded: parts.vault.guard(value, maskPaths(open, kind.sensitive), key),
    }
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (isTransient(error)) return { end: 'rest', message: error.message }
    const { open: _open, wakeAt: _wakeAt, ...kept } = before
    note(session, index, {
      ...kept,
      status: 'Errored',
      message: parts.redactor.redact(
        `failed to evaluate the config of step "${step.alias}": ${error.message}`,
      ),
    })
    return recorded
  }
}

/** True when something was kept sealed and the step's templates could reach it. */
function mayReadSealed({ records, promotion }: Session, step: EngineStep): boolean {
  if (!records.some((record) => record?.sealedOutput !== undefined)) return false
  const text = JSON.stringify([step.config, step.vars, promotion.vars])
  return ['outputs', 'task', '$env'].some((word) => text.includes(word))
}

export function scopeOf(session: Session, index: number, signal: AbortSignal): StepScope {
  const { parts, promotion, steps, records, outputs } = session
  const step = stepAt(session, index)
  return { promotion, step, index, steps, records, outputs, now: parts.clock.now(), signal }
}

/** The outside is to blame, and only for now. */
export function isTransient(error: GantryError): boolean {
  return hasCode(
    error,
    'Unavailable',
    'Unreachable',
    'Timeout',
    'RateLimited',
    'Canceled',
    'Conflict',
    'Expired',
  )
}

function settleAttempt(session: Session, index: number, outcome: Outcome): void {
  const { parts, log } = session
  const step = stepAt(session, index)
  const record = session.records[index] ?? newStep
  const redacted =
    outcome.message === undefined
      ? outcome
      : { ...outcome, message: parts.redactor.redact(outcome.message) }
  const next = afterAttempt(step, record, kindLookup(session), redacted, parts.clock.now())
  const { open: _open, wakeAt: _wakeAt, message: _message, ...rest } = record
  note(session, index, { ...rest, ...next })
  const said = next.message === undefined ? '' : `: ${next.message}`
  log.say(step.alias, record.attempts, `${next.status ?? ''}${said}`, 'engine')
}

export function kindLookup({ parts }: Session): KindLookup {
  return (uses) => parts.kinds.get(uses)?.defaults
}

function graceOf({ parts }: Session): number {
  return parts.stepGraceMs ?? defaultGraceMs
}

/** How long to leave the outside alone after the n-th rest in a row. */
export function restDelayMs(rests: number): number {
  return Math.max(restMs, retryDelayMs(rests))
}
