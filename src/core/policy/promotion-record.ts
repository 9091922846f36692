import { isJsonObject } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { hasStarted } from './promotion-order.ts'
import type { PromotionReferenceView, PromotionStatusView, StageStatusView } from './views.ts'

/**
 * What Gantry adds to statuses, under `status.gantry`.
 *
 * On a Promotion `withdrawn: {code, message}`: it was automatic, never started, and was taken out of the queue because
 * it no longer applied. It ended Aborted, but it is no failure: the same Freight may be promoted automatically later.
 *
 * On a Stage `lastStarted: {name, phase, message, healthChecks}`: the last Promotion that ended and had started, while that is
 * not `lastPromotion`. One that never started changed nothing in the world, so it says nothing about the Stage's health.
 */
export interface Withdrawal {
  readonly code: string
  readonly message: string
}

/** What a Stage's health and readiness are judged by. */
export interface LastEffect {
  readonly name: string
  readonly phase: string
  readonly message: string
  readonly healthChecks: readonly HealthCheck[]
}

export interface HealthCheck {
  readonly uses: string
  readonly config: JsonObject
}

export function withdrawalOf(status: PromotionStatusView | undefined): Withdrawal | undefined {
  const withdrawn = part(status?.gantry, 'withdrawn')
  const code = withdrawn?.['code']
  const message = withdrawn?.['message']
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined
}

/** What to merge into the status of a Promotion to withdraw it; `now` as an RFC 3339 timestamp. */
export function withdraw(
  code: string,
  message: string,
  now: string,
): { phase: 'Aborted'; message: string; finishedAt: string; gantry: JsonObject } {
  return {
    phase: 'Aborted',
    message: `withdrawn before it started: ${message}`,
    finishedAt: now,
    gantry: { withdrawn: { code, message } },
  }
}

/** The last Promotion that may have changed something in the world; undefined when there was none. */
export function lastEffect(status: StageStatusView | undefined): LastEffect | undefined {
  const started = part(status?.gantry, 'lastStarted')
  const name = started?.['name']
  const phase = started?.['phase']
  if (typeof name === 'string' && typeof phase === 'string')
    return {
      name,
      phase,
      message: typeof started?.['message'] === 'string' ? started['message'] : '',
      healthChecks: checksOf(started?.['healthChecks']),
    }
  const last = status?.lastPromotion
  return last === undefined ? undefined : effectOf(last)
}

/** `status.gantry` of a Stage after a Promotion was taken up as its `lastPromotion`. */
export function gantryAfter(
  status: Pick<StageStatusView, 'gantry' | 'lastPromotion'>,
  taken: PromotionStatusView | undefined,
): JsonObject | undefined {
  const gantry = isJsonObject(status.gantry) ? status.gantry : {}
  const { lastStarted, ...rest } = gantry
  if (hasStarted(taken)) return nonEmpty(rest)
  if (lastStarted !== undefined) return gantry
  const last = status.lastPromotion
  if (last === undefined || !hasStarted(last.status)) return nonEmpty(rest)
  const effect = effectOf(last)
  const healthChecks = effect.healthChecks.map((each) => ({ ...each }))
  return { ...rest, lastStarted: { ...effect, healthChecks } }
}

function effectOf(last: PromotionReferenceView): LastEffect {
  return {
    name: last.name,
    phase: last.status?.phase ?? '',
    message: last.status?.message ?? '',
    healthChecks: checksOf(last.status?.healthChecks),
  }
}

function checksOf(value: unknown): readonly HealthCheck[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((check: unknown) => {
    if (!isJsonObject(check) || typeof check['uses'] !== 'string') return []
    return [{ uses: check['uses'], config: isJsonObject(check['config']) ? check['config'] : {} }]
  })
}

function nonEmpty(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length > 0 ? object : undefined
}

function part(gantry: unknown, key: string): JsonObject | undefined {
  const value = isJsonObject(gantry) ? gantry[key] : undefined
  return isJsonObject(value) ? value : undefined
}
