import type { z } from 'zod'
import type { JsonObject } from './core/json.ts'

/**
 * A metric provider of verification: one file in `metrics/`, whose name is the key under `metrics[].provider`.
 * A measurement may outlive the process: its handle is JSON, and `resume` goes on from it.
 */
export interface Metric {
  readonly kind: string
  readonly summary: string
  readonly provider: z.ZodType
  readonly example: JsonObject
  measure(ctx: MetricContext, provider: unknown): Promise<Measurement>
  resume(ctx: MetricContext, provider: unknown, handle: JsonObject): Promise<Measurement>
  terminate(ctx: MetricContext, provider: unknown, handle: JsonObject): Promise<void>
}

export interface MetricContext {
  readonly project: string
  readonly analysisRun: string
  readonly signal: AbortSignal
}

/** `value` is what conditions see as `result`; a Running one carries the handle to come back with. */
export interface Measurement {
  readonly phase: 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive'
  readonly value?: unknown
  readonly message?: string | undefined
  readonly handle?: JsonObject | undefined
  readonly resumeAfterMs?: number | undefined
}
