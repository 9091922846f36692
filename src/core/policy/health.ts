import type { Json } from '../json.ts'
import type { Health, HealthState } from '../kinds/health.ts'
import type { DesiredCondition } from './conditions.ts'
import { lastEffect } from './promotion-record.ts'
import type { HealthCheck } from './promotion-record.ts'
import type { StageView } from './views.ts'

/** What a Stage's health is now, or which checks tell. Give their results to `aggregateHealth`. */
export type HealthPlan =
  | {
      readonly do: 'set'
      readonly health: Health | undefined
      readonly condition: DesiredCondition
    }
  | { readonly do: 'check'; readonly checks: readonly HealthCheck[] }

export function planHealth(stage: StageView): HealthPlan {
  const current = stage.status?.currentPromotion
  if (current !== undefined)
    return unknown(
      'ActivePromotion',
      `promotion ${current.name} is under way: health is looked at when it has ended`,
    )
  const last = lastEffect(stage.status)
  if (last === undefined)
    return {
      do: 'set',
      health: undefined,
      condition: {
        type: 'Healthy',
        status: 'Unknown',
        reason: 'NoFreight',
        message: 'nothing was promoted to this stage yet',
      },
    }
  if (last.phase !== 'Succeeded')
    return unknown(
      `LastPromotion${last.phase}`,
      `promotion ${last.name} ended ${last.phase}: health cannot be told until one succeeds`,
    )
  return { do: 'check', checks: last.healthChecks }
}

function unknown(reason: string, message: string): HealthPlan {
  return {
    do: 'set',
    health: { status: 'Unknown', issues: [message] },
    condition: { type: 'Healthy', status: 'Unknown', reason, message },
  }
}

/** From best to worst. */
const states: readonly HealthState[] = [
  'Healthy',
  'NotApplicable',
  'Progressing',
  'Unknown',
  'Unhealthy',
]

export function worseHealth(a: HealthState, b: HealthState): HealthState {
  return states.indexOf(b) > states.indexOf(a) ? b : a
}

/** The result of one check. */
export interface HealthResult {
  readonly status: HealthState
  readonly issues?: readonly string[] | undefined
  readonly output?: Json | undefined
}

/** The worst state, all issues, all outputs. Without any check: Healthy. */
export function aggregateHealth(results: readonly HealthResult[]): Health {
  const issues = results.flatMap((result) => result.issues ?? [])
  const output = results.flatMap((result) => (result.output === undefined ? [] : [result.output]))
  return {
    status: results.reduce<HealthState>(
      (worst, { status }) => worseHealth(worst, status),
      'Healthy',
    ),
    ...(issues.length > 0 && { issues }),
    ...(output.length > 0 && { output }),
  }
}

/** The Healthy condition of a health that was checked. */
export function healthCondition(health: Health): DesiredCondition {
  const status =
    health.status === 'Healthy' ? 'True' : health.status === 'Unhealthy' ? 'False' : 'Unknown'
  const issues = (health.issues ?? []).join('; ')
  const message = issues === '' ? `stage is ${health.status}` : issues
  return { type: 'Healthy', status, reason: health.status, message }
}
