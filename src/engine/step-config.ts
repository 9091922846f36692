import { asGantryError, hasCode } from '../core/errors.ts'
import type { GantryError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Step } from '../step.ts'
import type { StepScope } from './evaluator.ts'
import { contextOf, hide, note, safeMessage, stepAt } from './session.ts'
import type { EngineStep, Session } from './session.ts'
import { definedOnly } from './step-record.ts'
import type { Guarded, StepRecord } from './step-record.ts'
import { maskAll, maskFields, maskPaths } from './vault.ts'

/** `recorded`: the step's record says how it went. `cut`: a signal ended it. `rest`: try again later. */
export type StepEnd =
  | { readonly end: 'recorded' }
  | { readonly end: 'cut' }
  | { readonly end: 'rest'; readonly message: string; readonly retryAfterMs?: number | undefined }

export interface EvaluatedConfig {
  readonly config: Json
  readonly guarded: Guarded
}

/** A new attempt evaluates its config; one that goes on with an attempt that was cut off takes the recorded one. */
export async function evaluateConfig(
  session: Session,
  index: number,
  kind: Step,
  before: StepRecord,
  cutOff: boolean,
  signal: AbortSignal,
): Promise<EvaluatedConfig | StepEnd> {
  const { parts, promotion } = session
  const step = stepAt(session, index)
  const key = contextOf(promotion, step.alias, 'config')
  if (cutOff && before.config !== undefined)
    return { config: parts.vault.reveal(before.config, key), guarded: before.config }
  try {
    const { value, secrets } = await parts.evaluator.config(scopeOf(session, index, signal))
    const open = maskFields(value, new Set(secrets.map(({ field }) => field)))
    const made = secrets.map(({ text }) => text)
    const guarded = definedOnly({
      ...parts.vault.guard(value, maskPaths(open, kind.sensitive), key),
      made: parts.vault.guard(made, maskAll(made), contextOf(promotion, step.alias, 'made')).sealed,
    })
    hide(session.hidden, value, guarded.shown, made)
    return { config: value, guarded }
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (isTransient(error)) return { end: 'rest', message: error.message }
    const { open: _open, wakeAt: _wakeAt, ...kept } = before
    note(session, index, {
      ...kept,
      status: 'Errored',
      message: safeMessage(
        session,
        `failed to evaluate the config of step "${step.alias}": ${error.message}`,
      ),
    })
    return { end: 'recorded' }
  }
}

/** True when something was kept sealed and the step's templates could reach it. */
function mayReadSealed({ records, promotion }: Session, step: EngineStep): boolean {
  if (!records.some((record) => record?.sealedOutput !== undefined)) return false
  const text = JSON.stringify([step.if, step.config, step.vars, promotion.vars])
  return ['outputs', 'task', '$env'].some((word) => text.includes(word))
}

export function scopeOf(session: Session, index: number, signal: AbortSignal): StepScope {
  const { parts, promotion, steps, records, outputs } = session
  const step = stepAt(session, index)
  const sensitive = mayReadSealed(session, step)
  const open = openOutputs(session, step)
  const now = parts.clock.now()
  return { promotion, step, index, steps, records, outputs, sensitive, open, now, signal }
}

/** Outputs of which nothing was sealed, as the step's templates name them. */
function openOutputs({ steps, records }: Session, { alias: own }: EngineStep): Set<string> {
  const sealed = steps.flatMap(({ alias }, index) =>
    records[index]?.sealedOutput === undefined ? [] : [alias],
  )
  const task = own.slice(0, own.lastIndexOf('::') + 2)
  const open = new Set<string>()
  for (const { alias } of steps) {
    // A task publishes outputs of its steps under its own alias.
    if (sealed.some((each) => each === alias || each.startsWith(`${alias}::`))) continue
    open.add(`outputs.${alias}`)
    if (own.includes('::') && alias.startsWith(task))
      open.add(`task.outputs.${alias.slice(task.length)}`)
  }
  return open
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
