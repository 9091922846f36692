import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import { type ProjectConfig, ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { checkLinks } from './deep-links.ts'
import { defineAdmission, type Write } from './parts.ts'
import { forbidden, invalid } from './refuse.ts'
import { checkReceivers } from './webhook-receivers.ts'
import { checkWindows, selectorProblem } from './windows.ts'

export const projectConfigAdmission = defineAdmission({
  kind: ProjectConfigKind,
  async admit(write: Write<ProjectConfig>) {
    const { object, isSpecChanged } = write
    await checkPlace(write)
    if (!isSpecChanged) return object
    checkPolicies(write)
    checkReceivers(write, object.spec?.webhookReceivers)
    checkWindows(write, object.spec?.promotionWindows)
    checkLinks(write, object.spec)
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

function checkPolicies({ object, warn }: Write<ProjectConfig>): void {
  const exact = new Set<string>()
  for (const [index, policy] of (object.spec?.promotionPolicies ?? []).entries()) {
    const field = `spec.promotionPolicies[${index}]`
    if ((policy.stage === undefined) === (policy.stageSelector === undefined)) {
      throw invalid(object, field, 'exactly one of stage and stageSelector must be set')
    }
    if (policy.autoRollback !== undefined) {
      warn(`${field}.autoRollback is kept but not supported: nothing is rolled back by itself`)
    }
    const name = policy.stage ?? policy.stageSelector?.name ?? ''
    if (name === '') continue
    if (!name.includes(':')) {
      if (exact.has(name)) throw invalid(object, field, `stage "${name}" has a policy already`)
      exact.add(name)
      continue
    }
    const problem = selectorProblem({ name })
    if (problem !== undefined) throw invalid(object, `${field}.stageSelector.name`, problem)
  }
}
