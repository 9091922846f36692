import type { Stage } from '../kinds/stage.ts'
import type { DesiredCondition } from './conditions.ts'
import { currentCollection, isControlFlow } from './origin.ts'
import { lastEffect } from './promotion-record.ts'
import type { StageView } from './views.ts'

/** The current Freight in a few words, for a column. */
export function freightSummary(stage: StageView): string {
  if (isControlFlow(stage)) return 'N/A'
  const wanted = stage.spec.requestedFreight.length
  const items = Object.values(currentCollection(stage)?.items ?? {})
  const [only] = items
  return wanted === 1 && items.length === 1 && only !== undefined
    ? only.name
    : `${items.length}/${wanted} Fulfilled`
}

/** Reasons of a Ready condition that mean: as it is written, nothing ever gets into this Stage. */
const setupReasons: ReadonlySet<string> = new Set([
  'WarehouseNotFound',
  'UpstreamNotFound',
  'UpstreamCycle',
  'TaskNotFound',
  'UnknownStep',
  'ReconcileError',
])

/** Why a Stage cannot work as it is written, for who looks at many of them at once; undefined when it can. */
export function setupProblem(stage: StageView): string | undefined {
  const { status, reason } = condition(stage, 'Ready') ?? {}
  return status === 'False' && reason !== undefined && setupReasons.has(reason) ? reason : undefined
}

/** The Healthy and Verified conditions right after a promotion succeeded: both are to be found out anew. */
export const conditionsAfterSuccess: readonly DesiredCondition[] = [
  {
    type: 'Healthy',
    status: 'Unknown',
    reason: 'WaitingForHealthCheck',
    message: 'waiting for the health check after the last promotion',
  },
  {
    type: 'Verified',
    status: 'Unknown',
    reason: 'WaitingForVerification',
    message: 'waiting for the verification of the last promotion',
  },
]

export interface Readiness {
  readonly ready: DesiredCondition
  /** Absent: delete the condition. */
  readonly reconciling?: DesiredCondition | undefined
  /** Whether `observedGeneration` moves to the Stage's generation. */
  readonly observed: boolean
}

/** Ready and Reconciling of a Stage, from its other conditions: the first rule that matches counts. */
export function stageReadiness(stage: Stage, error?: string): Readiness {
  if (error !== undefined)
    return {
      ready: { type: 'Ready', status: 'False', reason: 'ReconcileError', message: error },
      reconciling: {
        type: 'Reconciling',
        status: 'True',
        reason: 'RetryAfterError',
        message: 'will be tried again',
      },
      observed: false,
    }
  const promoting = condition(stage, 'Promoting')
  if (promoting !== undefined) return notReady(promoting.reason, promoting.message, 'Promoting')
  const last = lastEffect(stage.status)
  if (last !== undefined && last.phase !== 'Succeeded')
    return notReady(`LastPromotion${last.phase}`, last.message, '')
  const healthy = condition(stage, 'Healthy')
  if (healthy?.status !== 'True') return notReady(healthy?.reason, healthy?.message, 'Unhealthy')
  const verified = condition(stage, 'Verified')
  if (verified?.status !== 'True')
    return notReady(verified?.reason, verified?.message, 'PendingVerification')
  const { reason = 'Verified', message = '' } = verified
  return { ready: { type: 'Ready', status: 'True', reason, message }, observed: true }
}

function notReady(
  reason: string | undefined,
  message: string | undefined,
  fallback: string,
): Readiness {
  return {
    ready: {
      type: 'Ready',
      status: 'False',
      reason: reason === undefined || reason === '' ? fallback : reason,
      message: message ?? '',
    },
    observed: false,
  }
}

function condition(stage: StageView, type: string): DesiredConditionView | undefined {
  return stage.status?.conditions?.find((each) => each.type === type)
}

type DesiredConditionView = NonNullable<NonNullable<StageView['status']>['conditions']>[number]
