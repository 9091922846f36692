import { fromTimestamp, toTimestamp } from '../core/clock.ts'
import { isJsonObject } from '../core/json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { PromotionStatus, StepExecutionMetadata } from '../core/kinds/promotion.ts'
import type { LoopRecord } from '../core/policy/next-step.ts'

/**
 * What the engine keeps of each step beside Kargo's fields, under `status.gantry.steps`: what a later process needs to
 * go on. Values with secrets in them are kept sealed, and masked in the open.
 */
export interface StepRecord extends LoopRecord {
  readonly effect?: 'pure' | 'workspace' | 'remote' | undefined
  /** How many attempts were begun. */
  readonly attempts: number
  /** The evaluated config of the last attempt. */
  readonly config?: Guarded | undefined
  /** The output when `state` may show only a part of it. */
  readonly sealedOutput?: string | undefined
  readonly handle?: Guarded | undefined
}

/** A value as everyone may see it and, when that is not all of it, the whole of it sealed. */
export interface Guarded {
  readonly shown: Json
  readonly sealed?: string | undefined
  /** Sealed: the parts of it that were made from secrets, where they are known. */
  readonly made?: string | undefined
}

export const newStep: StepRecord = { errorCount: 0, attempts: 0 }

/** Who may act for the Promotion. `epoch` moves whenever it changes hands. */
export interface FenceRecord {
  /** Empty: nobody, it may be taken. */
  readonly holder: string
  readonly epoch: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export function readFence(status: PromotionStatus): FenceRecord | undefined {
  const fence = status.gantry?.['fence']
  if (!isJsonObject(fence)) return undefined
  const { holder, epoch, expiresAt } = fence
  if (typeof holder !== 'string' || typeof epoch !== 'number' || typeof expiresAt !== 'number')
    return undefined
  return { holder, epoch, expiresAt }
}

/** The records of all steps, by position; undefined where nothing is recorded yet. */
export function readSteps(status: PromotionStatus): (StepRecord | undefined)[] {
  const kept = status.gantry?.['steps']
  if (!Array.isArray(kept)) return []
  return kept.map((entry, index) => {
    const meta = status.stepExecutionMetadata?.[index]
    if (!isJsonObject(entry) || meta === undefined) return undefined
    return {
      ...definedOnly({
        status: meta.status,
        message: meta.message,
        startedAt: numberOf(entry['startedAt']) ?? fromTimestamp(meta.startedAt),
        finishedAt: fromTimestamp(meta.finishedAt),
        open: entry['open'] === true ? true : undefined,
        wakeAt: numberOf(entry['wakeAt']),
        restsSince: numberOf(entry['restsSince']),
        effect: effectOf(entry['effect']),
        config: guardedOf(entry['config']),
        sealedOutput: typeof entry['sealedOutput'] === 'string' ? entry['sealedOutput'] : undefined,
        handle: guardedOf(entry['handle']),
      }),
      errorCount: meta.errorCount ?? 0,
      attempts: numberOf(entry['attempts']) ?? 0,
    }
  })
}

/** Writes the records of all steps into a status: Kargo's fields and ours. */
export function writeSteps(
  status: PromotionStatus,
  steps: readonly { readonly alias: string; readonly continueOnError?: boolean | undefined }[],
  records: readonly (StepRecord | undefined)[],
): void {
  const reached = steps.slice(0, records.length)
  status.stepExecutionMetadata = reached.map((step, index): StepExecutionMetadata => {
    const record = records[index] ?? newStep
    return definedOnly({
      alias: step.alias,
      status: record.status,
      message: record.message,
      startedAt: record.startedAt === undefined ? undefined : toTimestamp(record.startedAt),
      finishedAt: record.finishedAt === undefined ? undefined : toTimestamp(record.finishedAt),
      errorCount: record.errorCount > 0 ? record.errorCount : undefined,
      continueOnError: step.continueOnError === true ? true : undefined,
    })
  })
  const own = reached.map((step, index): JsonObject => {
    const record = records[index] ?? newStep
    return definedOnly({
      alias: step.alias,
      effect: record.effect,
      attempts: record.attempts,
      startedAt: record.startedAt,
      open: record.open,
      wakeAt: record.wakeAt,
      restsSince: record.wakeAt === undefined ? undefined : record.restsSince,
      config: guardedJson(record.config),
      sealedOutput: record.sealedOutput,
      handle: guardedJson(record.handle),
    })
  })
  status.gantry = { ...status.gantry, steps: own }
}

function guardedJson(guarded: Guarded | undefined): JsonObject | undefined {
  if (guarded === undefined) return undefined
  return definedOnly({ shown: guarded.shown, sealed: guarded.sealed, made: guarded.made })
}

function guardedOf(value: Json | undefined): Guarded | undefined {
  if (!isJsonObject(value)) return undefined
  const { shown, sealed, made } = value
  if (shown === undefined) return undefined
  return definedOnly({
    shown,
    sealed: typeof sealed === 'string' ? sealed : undefined,
    made: typeof made === 'string' ? made : undefined,
  })
}

function effectOf(value: Json | undefined): StepRecord['effect'] {
  return value === 'pure' || value === 'workspace' || value === 'remote' ? value : undefined
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The object without its undefined fields. */
export function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as unknown as T
}
