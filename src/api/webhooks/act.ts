import type { Actor } from '../../core/actor.ts'
import { type JsonObject, jsonText } from '../../core/json.ts'
import type { ReceivedAction, ReceivedTarget, Reading } from '../../receiver.ts'
import type { FoundReceiver } from './find-receiver.ts'
import type { WebhookAnswer, WebhookParts } from './parts.ts'
import { type Refreshed, refreshAll } from './refresh.ts'
import { selectObjects } from './select-actions.ts'
import { selectTargets } from './select-targets.ts'

/** What came of a delivery that was let in. */
export interface Acted {
  readonly answer: WebhookAnswer
  readonly isOk: boolean
  /** For the log. */
  readonly message: string
  readonly refreshed: readonly Refreshed[]
}

export type Actable = Extract<Reading, { readonly type: 'targets' | 'actions' }>

/** Does what a reading asks for, in the name of its receiver. */
export async function act(
  parts: WebhookParts,
  found: FoundReceiver,
  reading: Actable,
  newToken: () => string,
): Promise<Acted> {
  const actor: Actor = { id: actorId(found), controlPlane: true, superuser: true }
  return reading.type === 'targets'
    ? refreshTargets(parts, found, reading.targets, newToken(), actor)
    : runActions(parts, found, reading.actions, newToken, actor)
}

function actorId({ project, name }: FoundReceiver): string {
  return project === undefined ? `webhook:${name}` : `webhook:${project}/${name}`
}

async function refreshTargets(
  parts: WebhookParts,
  { project }: FoundReceiver,
  targets: readonly ReceivedTarget[],
  token: string,
  actor: Actor,
): Promise<Acted> {
  const chosen = selectTargets(parts, targets, project)
  const refreshed = await refreshAll(parts, chosen, token, actor)
  const failed = refreshed.filter(({ error }) => error !== undefined).length
  const noun = targets.every(({ type }) => type === 'pull-request') ? 'promotion' : 'warehouse'
  if (failed === 0) {
    const message = `refreshed ${chosen.length} ${noun}(s)`
    return { answer: { status: 200, body: { msg: message } }, isOk: true, message, refreshed }
  }
  const message = `failed to refresh ${failed} of ${chosen.length} ${noun}(s)`
  const body = { error: message, code: 'Internal' }
  return { answer: { status: 500, body }, isOk: false, message, refreshed }
}

type Result = 'Success' | 'PartialSuccess' | 'Failure' | 'Error' | 'NotApplicable'

async function runActions(
  parts: WebhookParts,
  { project }: FoundReceiver,
  actions: readonly ReceivedAction[],
  newToken: () => string,
  actor: Actor,
): Promise<Acted> {
  const results: JsonObject[] = []
  const all: Refreshed[] = []
  let isOk = true
  for (const action of actions) {
    const { result, summary, refreshed } = await runAction(parts, action, project, newToken, actor)
    if (result !== 'Success' && result !== 'NotApplicable') isOk = false
    all.push(...refreshed)
    results.push({
      ...action.config,
      matchedWhenExpression: action.isMatched,
      ...(refreshed.length > 0 && { selectedTargets: refreshed.map(shown) }),
      result,
      summary: parts.redactor.redact(summary),
    })
  }
  const message = results.map(({ summary }) => jsonText(summary)).join('; ')
  return {
    answer: { status: isOk ? 200 : 500, body: { results } },
    isOk,
    message,
    refreshed: all,
  }
}

function shown({ chosen, error }: Refreshed): JsonObject {
  const { namespace, name } = chosen.object.metadata
  return { ...(namespace !== undefined && { namespace }), name, success: error === undefined }
}

async function runAction(
  parts: WebhookParts,
  action: ReceivedAction,
  project: string | undefined,
  newToken: () => string,
  actor: Actor,
): Promise<{ result: Result; summary: string; refreshed: readonly Refreshed[] }> {
  const none = { refreshed: [] }
  if (action.error !== undefined) return { ...none, result: 'Error', summary: action.error }
  if (!action.isMatched)
    return { ...none, result: 'NotApplicable', summary: 'the condition does not hold' }
  let chosen
  try {
    chosen = selectObjects(parts, action.selections, project)
  } catch (thrown) {
    const summary = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...none, result: 'Error', summary }
  }
  if (chosen.length === 0)
    return { ...none, result: 'NotApplicable', summary: 'nothing is selected' }
  const refreshed = await refreshAll(parts, chosen, newToken(), actor)
  const good = refreshed.filter(({ error }) => error === undefined).length
  const summary = `refreshed ${good} of ${chosen.length} object(s)`
  if (good === chosen.length) return { result: 'Success', summary, refreshed }
  return { result: good === 0 ? 'Failure' : 'PartialSuccess', summary, refreshed }
}
