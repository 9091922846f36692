import { type Stage, StageKind } from '../core/kinds/stage.ts'
import { WarehouseKind } from '../core/kinds/warehouse.ts'
import type { CacheReader } from '../runtime/cache.ts'

/** Something about the pipeline around a Stage that keeps Freight from ever reaching it. */
export interface PipelineProblem {
  /** A condition's reason. */
  readonly code: 'WarehouseNotFound' | 'UpstreamNotFound' | 'UpstreamCycle'
  /** What is wrong and what to do; lower case, no trailing stop. */
  readonly message: string
}

/** What is wrong with the places from which a Stage takes Freight: one problem for each origin at most. */
export function findPipelineProblems(stage: Stage, cache: CacheReader): readonly PipelineProblem[] {
  const { namespace, name } = stage.metadata
  return stage.spec.requestedFreight.flatMap(({ origin, sources }): PipelineProblem[] => {
    if (cache.get(WarehouseKind, { namespace, name: origin.name }) === undefined)
      return [
        {
          code: 'WarehouseNotFound',
          message: `stage ${name} requests freight of warehouse ${origin.name}, which does not exist: create it, or remove the request`,
        },
      ]
    if (sources.direct === true) return []
    const missing = (sources.stages ?? []).find(
      (upstream) => cache.get(StageKind, { namespace, name: upstream }) === undefined,
    )
    if (missing !== undefined)
      return [
        {
          code: 'UpstreamNotFound',
          message: `stage ${name} takes freight from stage ${missing}, which does not exist: create it, or remove it from the request`,
        },
      ]
    const cycle = findCycle(stage, origin.name, cache)
    if (cycle === undefined) return []
    return [
      {
        code: 'UpstreamCycle',
        message: `stages ${[...cycle, cycle[0]].join(' -> ')} take freight of warehouse ${origin.name} only from each other, so none ever gets any: give one of them another source`,
      },
    ]
  })
}

/**
 * The Stages of a cycle that holds this one, when no Stage from which it can be reached takes Freight from anywhere else.
 */
function findCycle(stage: Stage, warehouse: string, cache: CacheReader): string[] | undefined {
  const { namespace, name } = stage.metadata
  const cameFrom = new Map<string, string>()
  const open = [name]
  let closing: string | undefined
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const sources = cache
      .get(StageKind, { namespace, name: at })
      ?.spec.requestedFreight.find(({ origin }) => origin.name === warehouse)?.sources
    if (sources?.direct === true) return undefined
    for (const upstream of sources?.stages ?? []) {
      if (upstream === name) closing ??= at
      if (upstream === name || cameFrom.has(upstream)) continue
      cameFrom.set(upstream, at)
      open.push(upstream)
    }
  }
  if (closing === undefined) return undefined
  const path: string[] = []
  for (let at: string | undefined = closing; at !== undefined && at !== name; at = cameFrom.get(at))
    path.push(at)
  return [name, ...path.reverse()]
}
