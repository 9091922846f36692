import { GantryError } from '../../core/errors.ts'
import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import { type ProjectConfig, ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { matchesSelector } from '../../core/policy/stage-policy.ts'
import { defineAdmission, type Write } from './parts.ts'
import { forbidden, invalid } from './refuse.ts'
import { checkReceivers } from './webhook-receivers.ts'
import { checkWindows } from './windows.ts'

export const projectConfigAdmission = defineAdmission({
  kind: ProjectConfigKind,
  async admit(write: Write<ProjectConfig>) {
    const { object, isSpecChanged, warn } = write
    await checkPlace(write)
    if (!isSpecChanged) return object
    checkPolicies(object)
    checkReceivers(object, object.spec?.webhookReceivers, warn)
    checkWindows(object, object.spec?.promotionWindows, warn)
    return object
  },
})

async function checkPlace({ object, old, reader }: Write<ProjectConfig>): Promise<void> {
  const { name, namespace = '' } = object.metadata
  if (name !== namespace) {
    throw invalid(object, 'metadata.name', `must be the name of the Project, "${namespace}"`)
  }
  if (old !== undefined) return
  const found = await reader.get(NamespaceKind, { name: namespace })
  if (found === undefined || !isProjectNamespace(found)) {
    throw forbidden(object, `"${namespace}" is not the namespace of a Project`)
  }
}

function checkPolicies(object: ProjectConfig): void {
  const exact = new Set<string>()
  for (const [index, policy] of (object.spec?.promotionPolicies ?? []).entries()) {
    const field = `spec.promotionPolicies[${index}]`
    if ((policy.stage === undefined) === (policy.stageSelector === undefined)) {
      throw invalid(object, field, 'exactly one of stage and stageSelector must be set')
    }
    const name = policy.stage ?? policy.stageSelector?.name ?? ''
    if (name === '') continue
    if (!name.includes(':')) {
      if (exact.has(name)) throw invalid(object, field, `stage "${name}" has a policy already`)
      exact.add(name)
      continue
    }
    try {
      matchesSelector({ metadata: { name: 'x' } }, { name })
    } catch (thrown) {
      if (!(thrown instanceof GantryError)) throw thrown
      throw invalid(object, `${field}.stageSelector.name`, thrown.message)
    }
  }
}
