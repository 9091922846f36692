import { z } from 'zod'
import { JsonValue } from './shared.ts'

/** How what a Stage deployed is doing, and what to ask about it. */

export const HealthState = z.enum([
  'Healthy',
  'Unhealthy',
  'Progressing',
  'Unknown',
  'NotApplicable',
])
export type HealthState = z.infer<typeof HealthState>

export const Health = z.object({
  status: HealthState.meta({ k8s: { optional: true } }).describe('The worst of all checks.'),
  issues: z.array(z.string()).optional().describe('What is wrong, one sentence each.'),
  config: JsonValue.optional().describe('Not used; kept for compatibility.'),
  output: JsonValue.optional().describe('What the checks put out.'),
})
export type Health = z.infer<typeof Health>

export const HealthCheckStep = z.object({
  uses: z.string().min(1).describe('Kind of the check.'),
  config: JsonValue.optional().describe('Configuration of the check.'),
})
export type HealthCheckStep = z.infer<typeof HealthCheckStep>
