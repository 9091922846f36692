import { asGantryError, GantryError } from '../core/errors.ts'
import { isJsonObject, jsonEqual } from '../core/json.ts'
import type { Json } from '../core/json.ts'
import { isExpired } from '../core/policy/step-attempt.ts'
import type { OwnedWorkspace } from '../lib/workspace.ts'
import type { Step, StepResult } from '../step.ts'
import { stepContext } from './context.ts'
import { asJson, contextOf, kindLookup, safeMessage, stepAt } from './session.ts'
import type { Session } from './session.ts'
import type { StepRecord } from './step-record.ts'

/**
 * Gives the session a workspace that is as the steps before `index` left it. A workspace that this process built itself
 * and in which no attempt failed or was cut off is kept; anything else is built anew from the record: workspace steps
 * are replayed with their recorded config, time and handle, remote steps bring back what their success left, pure steps
 * are not needed. A workspace step that failed for good is run again too, and must fail alike: what it left half-done
 * was there for the steps after it. One that does not is left out when the Promotion has failed anyway.
 *
 * Throws GantryError: with a code that may be retried when the outside is to blame, else when the record cannot be
 * built from any more.
 */
export async function ensureWorkspace(
  session: Session,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  if (session.workspace?.dirty === false) return
  const { parts, promotion, records, log } = session
  const leftOut = new Set<number>()
  let owned: OwnedWorkspace
  for (;;) {
    session.workspace = undefined
    owned = await parts.workspaces.create(promotion.uid)
    session.workspace = { owned, dirty: true }
    const unlike = await replayAll(session, index, leftOut, signal)
    if (unlike === undefined) break
    leftOut.add(unlike)
  }
  const rebuilt = records.slice(0, index).filter((record) => record?.effect === 'workspace').length
  if (rebuilt > 0)
    log.say(stepAt(session, index).alias, 0, `workspace rebuilt from ${rebuilt} steps`, 'engine')
  session.workspace = { owned, dirty: false }
}

/** Resolves with the step that failed before, does not do so alike, and can be left out; undefined when all is done. */
async function replayAll(
  session: Session,
  index: number,
  leftOut: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let at = 0; at < index; at++) {
    const record = session.records[at]
    if (record === undefined || leftOut.has(at)) continue
    if (hasSucceeded(record)) await replay(session, at, record, signal)
    else if (hasLeftFiles(session, at, record) && !(await failAlike(session, at, record, signal)))
      return at
  }
  return undefined
}

/** Ran and failed for good, and may have left something half-done. */
function hasLeftFiles(
  { parts, steps }: Session,
  index: number,
  { status, effect, config, finishedAt }: StepRecord,
): boolean {
  const isFailed = status === 'Failed' || status === 'Errored'
  const hasRun = effect === 'workspace' && config !== undefined && finishedAt !== undefined
  return isFailed && hasRun && parts.kinds.get(steps[index]?.uses ?? '')?.atomic !== true
}

/**
 * Runs a step that failed once more, for what it left. False when it does not fail for the same reason and nobody counts
 * on it, because the Promotion has failed by it; throws when steps went on after it as if it did not matter.
 */
async function failAlike(
  session: Session,
  index: number,
  record: StepRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const step = stepAt(session, index)
  const unlike = (why: string): boolean => {
    if (step.continueOnError !== true) return false
    throw new GantryError(
      'Invalid',
      `what step "${step.alias}" left when it failed cannot be made again: ${why}; promote again`,
    )
  }
  if (isExpired(step, record, kindLookup(session), record.finishedAt ?? 0))
    return unlike('its time was up in the middle of its work')
  let result: StepResult
  try {
    result = await runAgain(session, index, record, signal)
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (signal.aborted) throw thrown
    if (isSameFailure(session, record, error.message)) return true
    if (error.retry) throw thrown
    return unlike(`it now fails otherwise: ${error.message}`)
  }
  const { status, message = '' } = result
  if (status !== record.status) return unlike(`it is ${status} now`)
  return isSameFailure(session, record, message) || unlike(`it now fails otherwise: ${message}`)
}

function isSameFailure(session: Session, record: StepRecord, message: string): boolean {
  return record.message?.includes(safeMessage(session, message)) === true
}

/** Ran and ended well; a step whose condition said no was never started. */
function hasSucceeded({ status, startedAt }: StepRecord): boolean {
  return startedAt !== undefined && (status === 'Succeeded' || status === 'Skipped')
}

async function replay(
  session: Session,
  index: number,
  record: StepRecord,
  signal: AbortSignal,
): Promise<void> {
  const { outputs } = session
  const { alias } = stepAt(session, index)
  const kind = kindOf(session, index)
  if (kind.effect === 'pure' || (kind.effect === 'remote' && kind.restore === undefined)) return
  const output = outputs[alias] ?? null
  if (kind.effect === 'remote') {
    const { context, config } = asBefore(session, index, record, signal)
    await kind.restore?.(context, config, isJsonObject(output) ? output : {})
    return
  }
  const result = await runAgain(session, index, record, signal)
  if (result.status !== record.status)
    throw new GantryError(
      'Invalid',
      `step "${alias}" was ${record.status} before and is ${result.status} in replay${
        result.message === undefined ? '' : `: ${result.message}`
      }`,
    )
  if (!jsonEqual(asJson(result.output), output))
    throw new GantryError('Invalid', `step "${alias}" gave another output in replay than before`)
}

function runAgain(
  session: Session,
  index: number,
  record: StepRecord,
  signal: AbortSignal,
): Promise<StepResult> {
  const { context, config } = asBefore(session, index, record, signal)
  return kindOf(session, index).run(context, config)
}

/** What the step was given when it ran. */
function asBefore(
  session: Session,
  index: number,
  record: StepRecord,
  signal: AbortSignal,
): { readonly context: ReturnType<typeof stepContext>; readonly config: Json } {
  const { parts, promotion } = session
  const { alias } = stepAt(session, index)
  if (record.config === undefined)
    throw new GantryError('Invalid', `there is no recorded config of step "${alias}"`)
  const config = parts.vault.reveal(record.config, contextOf(promotion, alias, 'config'))
  return { context: stepContext(session, index, kindOf(session, index), { signal }), config }
}

function kindOf(session: Session, index: number): Step {
  const { uses } = stepAt(session, index)
  const kind = session.parts.kinds.get(uses)
  if (kind === undefined)
    throw new GantryError('NotSupported', `step kind "${uses}" is not registered any more`)
  return kind
}
