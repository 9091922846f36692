import { AnalysisTemplateKind } from '../../core/kinds/analysis-template.ts'
import { ClusterAnalysisTemplateKind } from '../../core/kinds/cluster-analysis-template.ts'
import { ClusterPromotionTaskKind } from '../../core/kinds/cluster-promotion-task.ts'
import { PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import type { Write } from './parts.ts'

/**
 * What is odd about a Stage and may yet come right: things it refers to that are not there, and cycles. Kargo takes all
 * of it without a word, and files may hold a pipeline in any order, so these are warnings.
 */
export async function warnOfStage(write: Write<Stage>): Promise<void> {
  const { object, warn } = write
  for (const { origin, sources } of object.spec.requestedFreight) {
    if (sources.direct === true || (sources.stages ?? []).length > 0) continue
    warn(
      `stage "${object.metadata.name}" names no source for ${origin.kind}/${origin.name}: only approved Freight can enter it; set sources.direct or sources.stages`,
    )
  }
  if (object.spec.targets !== undefined) {
    warn(
      `stage "${object.metadata.name}" promotes to targets, which is not supported: nothing enters it`,
    )
  }
  await warnOfMissing(write)
  const cycle = await findCycle(write)
  if (cycle !== undefined) {
    warn(`stages wait for each other in a circle: ${cycle.join(' -> ')}`)
  }
}

async function warnOfMissing({ object, reader, warn }: Write<Stage>): Promise<void> {
  const { namespace } = object.metadata
  const missing = async (kind: Parameters<typeof reader.get>[0], name: string): Promise<void> => {
    const ref = kind.namespaced ? { namespace, name } : { name }
    if ((await reader.get(kind, ref)) !== undefined) return
    warn(
      `stage "${object.metadata.name}" refers to ${kind.kind} "${name}", which does not exist yet`,
    )
  }
  const { requestedFreight, promotionTemplate, verification } = object.spec
  for (const { origin } of requestedFreight) await missing(WarehouseKind, origin.name)
  for (const name of new Set(requestedFreight.flatMap(({ sources }) => sources.stages ?? []))) {
    if (name !== object.metadata.name) await missing(StageKind, name)
  }
  for (const { task } of promotionTemplate?.spec.steps ?? []) {
    if (task === undefined) continue
    const isShared = task.kind === 'ClusterPromotionTask'
    await missing(isShared ? ClusterPromotionTaskKind : PromotionTaskKind, task.name)
  }
  for (const { kind, name } of verification?.analysisTemplates ?? []) {
    const isShared = kind === 'ClusterAnalysisTemplate'
    await missing(isShared ? ClusterAnalysisTemplateKind : AnalysisTemplateKind, name)
  }
}

/** Stages looked at before the search is given up. */
const maxVisited = 2000

/** A circle of upstream Stages through this one, as names from this Stage back to itself. */
async function findCycle({ object, reader }: Write<Stage>): Promise<string[] | undefined> {
  const { name, namespace } = object.metadata
  const upstreamOf = (stage: Stage | undefined): readonly string[] =>
    (stage?.spec.requestedFreight ?? []).flatMap(({ sources }) => sources.stages ?? [])
  const visited = new Set<string>()
  const waiting: { readonly path: readonly string[]; readonly next: readonly string[] }[] = [
    { path: [name], next: upstreamOf(object) },
  ]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const upstream of at.next) {
      if (upstream === name) return [...at.path, name]
      if (visited.has(upstream) || visited.size >= maxVisited) continue
      visited.add(upstream)
      const stage = await reader.get(StageKind, { namespace, name: upstream })
      waiting.push({ path: [...at.path, upstream], next: upstreamOf(stage) })
    }
  }
  return undefined
}
