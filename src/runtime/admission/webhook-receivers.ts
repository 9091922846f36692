import type { KubeObject } from '../../core/kinds/kind.ts'
import type { WebhookReceiverConfig } from '../../core/kinds/webhook-receivers.ts'
import type { Write } from './parts.ts'
import { actionProblems } from './receiver-expressions.ts'
import { invalid } from './refuse.ts'

/** Harbor is left out of Kargo's own check, so a file that combines it with another type is only warned of. */
const lateAdditions: ReadonlySet<string> = new Set(['harbor'])

/** Names are unique, each receiver has one type, and generic ones say which objects they are for. */
export function checkReceivers(
  write: Pick<Write, 'object' | 'warn' | 'doubt'>,
  receivers: readonly WebhookReceiverConfig[] | undefined,
): void {
  const { object, warn, doubt } = write
  const seen = new Set<string>()
  for (const [index, receiver] of (receivers ?? []).entries()) {
    const field = `spec.webhookReceivers[${index}]`
    if (seen.has(receiver.name)) {
      throw invalid(object, `${field}.name`, `"${receiver.name}" is there twice`)
    }
    seen.add(receiver.name)
    const types = Object.keys(receiver).filter((key) => key !== 'name')
    const strict = types.filter((type) => !lateAdditions.has(type))
    if (strict.length > 1) {
      throw invalid(object, field, `must be of one type, not of ${strict.join(' and ')}`)
    }
    if (types.length !== 1) {
      const what = types.length === 0 ? 'no type' : `more than one type: ${types.join(' and ')}`
      warn(`webhook receiver "${receiver.name}" has ${what}`)
    }
    checkGenericTargets(object, receiver, field)
    for (const [at, action] of (receiver.generic?.actions ?? []).entries()) {
      const problems = actionProblems(action, `${field}.generic.actions[${at}]`)
      for (const problem of problems) doubt(problem.field, problem.why)
    }
  }
}

function checkGenericTargets(
  object: KubeObject,
  receiver: WebhookReceiverConfig,
  field: string,
): void {
  for (const [at, action] of (receiver.generic?.actions ?? []).entries()) {
    for (const [position, target] of action.targetSelectionCriteria.entries()) {
      const { name = '', labelSelector, indexSelector } = target
      if (name !== '' || labelSelector !== undefined || indexSelector !== undefined) continue
      throw invalid(
        object,
        `${field}.generic.actions[${at}].targetSelectionCriteria[${position}]`,
        'at least one of name, labelSelector and indexSelector is required',
      )
    }
  }
}
