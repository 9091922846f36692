import { type PromotionRequest, PromotionRequestKind } from '../../core/kinds/promotion-request.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { TargetKind } from '../../core/kinds/target.ts'
import { defineAdmission, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { invalid } from './refuse.ts'

export const promotionRequestAdmission = defineAdmission({
  kind: PromotionRequestKind,
  async admit(write: Write<PromotionRequest>) {
    await requireProjectNamespace(write)
    const { object, old, isSpecChanged } = write
    if (!isSpecChanged) return object
    for (const field of ['stage', 'freight'] as const) {
      if (old === undefined || object.spec[field] === old.spec[field]) continue
      throw invalid(object, `spec.${field}`, 'cannot change')
    }
    await checkTargets(write)
    return object
  },
})

async function checkTargets({ object, reader }: Write<PromotionRequest>): Promise<void> {
  const { namespace } = object.metadata
  const { stage: name, targets } = object.spec
  const stage = await reader.get(StageKind, { namespace, name })
  if (stage === undefined) throw invalid(object, 'spec.stage', `there is no stage "${name}"`)
  if (stage.spec.targets === undefined) {
    throw invalid(
      object,
      'spec.stage',
      `stage "${name}" promotes to no targets: promote to it directly`,
    )
  }
  const seen = new Set<string>()
  for (const [index, target] of targets.entries()) {
    const field = `spec.targets[${index}].name`
    if (seen.has(target.name)) throw invalid(object, field, `"${target.name}" is there twice`)
    seen.add(target.name)
    if ((await reader.get(TargetKind, { namespace, name: target.name })) !== undefined) continue
    throw invalid(object, field, `there is no Target "${target.name}"`)
  }
}
