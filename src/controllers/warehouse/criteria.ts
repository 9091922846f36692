import { evaluateBool } from '../../core/expr/index.ts'
import { criteriaFunctions, hasArtifactsForCriteria } from '../../core/expr/functions/index.ts'
import type { DiscoveredArtifacts } from '../../core/kinds/warehouse.ts'

/**
 * Whether the criteria let the best artifacts become Freight. Empty criteria always do, and so do criteria that have
 * nothing to look at (only artifacts of other types). Throws Invalid for an expression that fails.
 */
export function criteriaHold(
  expression: string,
  discovered: DiscoveredArtifacts,
  nowMs: number,
): boolean {
  const { git, images, charts, results } = discovered
  const named = results?.map((result) => ({ ...result, name: result.name ?? '' }))
  const artifacts = { git, images, charts, results: named }
  if (expression.trim() === '' || !hasArtifactsForCriteria(artifacts)) return true
  return evaluateBool(expression, {}, { functions: criteriaFunctions(artifacts), now: nowMs })
}
