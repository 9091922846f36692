import { isJsonObject } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { PromotionStatusView, StageStatusView } from './views.ts'

/**
 * What Gantry adds to statuses, under `status.gantry`.
 *
 * On a Promotion `withdrawn: {code, message}`: it was automatic, never started, and was taken out of the queue because
 * it no longer applied. It ended Aborted, but it is no failure: the same Freight may be promoted automatically later.
 *
 * On a Stage `lastStarted: {name, phase}`: the last Promotion that ended and had started. Others changed nothing in the
 * world, so they say nothing about the Stage's health.
 */
export interface Withdrawal {
  readonly code: string
  readonly message: string
}

export interface LastStarted {
  readonly name: string
  readonly phase: string
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

export function lastStartedOf(status: StageStatusView | undefined): LastStarted | undefined {
  const started = part(status?.gantry, 'lastStarted')
  const name = started?.['name']
  const phase = started?.['phase']
  return typeof name === 'string' && typeof phase === 'string' ? { name, phase } : undefined
}

function part(gantry: unknown, key: string): JsonObject | undefined {
  const value = isJsonObject(gantry) ? gantry[key] : undefined
  return isJsonObject(value) ? value : undefined
}
