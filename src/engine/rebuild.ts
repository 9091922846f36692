import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonEqual } from '../core/json.ts'
import { stepContext } from './context.ts'
import { contextOf, stepAt } from './session.ts'
import type { Session } from './session.ts'
import type { StepRecord } from './step-record.ts'

/**
 * Gives the session a workspace that is as the steps before `index` left it. A workspace that this process built itself
 * and in which no attempt failed or was cut off is kept; anything else is built anew from the record: workspace steps
 * are replayed with their recorded config, time and handle, remote steps bring back what their success left, pure steps
 * are not needed. A step that did not succeed leaves nothing behind.
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
  session.workspace = undefined
  const owned = await parts.workspaces.create(promotion.uid)
  session.workspace = { owned, dirty: true }
  for (let at = 0; at < index; at++) {
    const record = records[at]
    if (record === undefined || !hasSucceeded(record)) continue
    await replay(session, at, record, signal)
  }
  const rebuilt = records.slice(0, index).filter((record) => record?.effect === 'workspace').length
  if (rebuilt > 0)
    log.say(stepAt(session, index).alias, 0, `workspace rebuilt from ${rebuilt} steps`, 'engine')
  session.workspace = { owned, dirty: false }
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
  const { parts, promotion, outputs } = session
  const { alias, uses } = stepAt(session, index)
  const kind = parts.kinds.get(uses)
  if (kind === undefined)
    throw new GantryError('NotSupported', `step kind "${uses}" is not registered any more`)
  if (kind.effect === 'pure' || (kind.effect === 'remote' && kind.restore === undefined)) return
  if (record.config === undefined)
    throw new GantryError('Invalid', `there is no recorded config of step "${alias}"`)
  const config = parts.vault.reveal(record.config, contextOf(promotion, alias, 'config'))
  const context = stepContext(session, index, kind, { signal })
  const output = outputs[alias] ?? null
  if (kind.effect === 'remote') {
    await kind.restore?.(context, config, isJsonObject(output) ? output : {})
    return
  }
  const result = await kind.run(context, config)
  if (result.status !== record.status)
    throw new GantryError(
      'Invalid',
      `step "${alias}" was ${record.status} before and is ${result.status} in replay${
        result.message === undefined ? '' : `: ${result.message}`
      }`,
    )
  if (!jsonEqual(JSON.parse(JSON.stringify(result.output ?? null)), output))
    throw new GantryError('Invalid', `step "${alias}" gave another output in replay than before`)
}
