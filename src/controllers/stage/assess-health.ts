import type { Stage } from '../../core/kinds/stage.ts'
import { asGantryError } from '../../core/errors.ts'
import {
  aggregateHealth,
  healthCondition,
  type HealthResult,
  planHealth,
} from '../../core/policy/health.ts'
import type { HealthCheck } from '../../core/policy/promotion-record.ts'
import { setCondition } from '../../runtime/conditions.ts'
import type { Phase } from '../../runtime/controller.ts'
import { type StageContext, viewOf } from './facts.ts'
import type { HealthChecker, StageOptions } from './options.ts'

/** How the Stage fares, by the checks that its last Promotion left. */
export function assessHealth({ healthCheckers = [] }: StageOptions): Phase<Stage> {
  const checkers = new Map(healthCheckers.map((checker) => [checker.uses, checker]))
  return async (ctx, draft) => {
    const plan = planHealth(viewOf(ctx, draft))
    if (plan.do === 'set') {
      if (plan.health === undefined) delete draft.health
      else draft.health = plan.health
      setCondition(draft, plan.condition, ctx.now)
      return undefined
    }
    const results: HealthResult[] = []
    for (const check of plan.checks)
      results.push(await runCheck(checkers.get(check.uses), check, ctx))
    draft.health = aggregateHealth(results)
    setCondition(draft, healthCondition(draft.health), ctx.now)
    const intervals = plan.checks.flatMap(({ uses }) => checkers.get(uses)?.intervalMs ?? [])
    return intervals.length === 0 ? undefined : { requeueAfterMs: Math.min(...intervals) }
  }
}

async function runCheck(
  checker: HealthChecker | undefined,
  { uses, config }: HealthCheck,
  ctx: StageContext,
): Promise<HealthResult> {
  if (checker === undefined)
    return { status: 'Unknown', issues: [`there is no health check of kind "${uses}"`] }
  try {
    return await checker.check(config, ctx)
  } catch (thrown) {
    return {
      status: 'Unknown',
      issues: [`health check "${uses}": ${asGantryError(thrown).message}`],
    }
  }
}
