import { z } from 'zod'
import { ExpressionVariable, JsonValue, ResourceName } from './shared.ts'

/** A step as Stages, tasks and Promotions write it. */

export const PromotionStepRetry = z.object({
  timeout: z
    .string()
    .optional()
    .describe('How long the step may take, as a Go duration; absent or 0: as the step declares.'),
  errorThreshold: z
    .int()
    .min(0)
    .max(4294967295)
    .optional()
    .describe('After how many errors the step is given up; absent or 0: as the step declares.'),
})
export type PromotionStepRetry = z.infer<typeof PromotionStepRetry>

export const PromotionTaskReference = z.object({
  name: ResourceName.describe('Name of the task.'),
  kind: z
    .enum(['PromotionTask', 'ClusterPromotionTask'])
    .optional()
    .meta({ k8s: { default: 'PromotionTask' } })
    .describe('Kind of the task; PromotionTask when absent.'),
})
export type PromotionTaskReference = z.infer<typeof PromotionTaskReference>

export const PromotionStep = z.object({
  uses: z
    .string()
    .min(1)
    .optional()
    .describe('Kind of the step. Exactly one of `uses` and `task` is set.'),
  task: PromotionTaskReference.optional().describe(
    'A task whose steps take the place of this one.',
  ),
  as: z.string().optional().describe('Alias under which later steps find the output.'),
  if: z.string().optional().describe('Run the step only when this `${{ }}` expression is true.'),
  continueOnError: z
    .boolean()
    .optional()
    .describe('When true, a failure of this step does not fail the Promotion.'),
  retry: PromotionStepRetry.optional().describe('How often and how long to try.'),
  vars: z.array(ExpressionVariable).optional().describe('Variables of this step alone.'),
  config: JsonValue.optional().describe('Configuration, as the kind of step documents it.'),
})
export type PromotionStep = z.infer<typeof PromotionStep>
