import { z } from 'zod'
import { defineKind } from './kind.ts'
import { labels } from './labels.ts'
import { FreightOrigin, FreightReference } from './artifacts.ts'
import { ageColumn } from './columns.ts'
import { FreightCollection } from './freight-collection.ts'
import { HealthCheckStep } from './health.ts'
import { PromotionStep } from './promotion-step.ts'
import {
  ExpressionVariable,
  JsonMap,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  ResourceName,
  Timestamp,
} from './shared.ts'

export const PromotionPhase = z.enum([
  'Pending',
  'Running',
  'Succeeded',
  'Failed',
  'Errored',
  'Aborted',
])
export type PromotionPhase = z.infer<typeof PromotionPhase>

export const PromotionStepStatus = z.enum([
  'Running',
  'Succeeded',
  'Failed',
  'Errored',
  'Aborted',
  'Skipped',
])
export type PromotionStepStatus = z.infer<typeof PromotionStepStatus>

/** True for phases from which nothing moves. A new Promotion has no phase. */
export function isTerminal(phase: PromotionPhase | undefined): boolean {
  return phase !== undefined && phase !== 'Pending' && phase !== 'Running'
}

export const StepExecutionMetadata = z.object({
  alias: z.string().optional().describe('Alias of the step.'),
  startedAt: Timestamp.optional().describe('When it first started.'),
  finishedAt: Timestamp.optional().describe('When it ended.'),
  errorCount: z.int().optional().describe('How many attempts ended in an error.'),
  status: PromotionStepStatus.optional().describe('How it stands.'),
  message: z.string().optional().describe('Why it stands so.'),
  continueOnError: z.boolean().optional().describe('Whether its failure is let pass.'),
})
export type StepExecutionMetadata = z.infer<typeof StepExecutionMetadata>

export const PromotionStatus = z.object({
  lastHandledRefresh: z.string().optional().describe('The refresh token that was last handled.'),
  phase: PromotionPhase.optional().describe('How it stands; absent when brand new.'),
  message: z.string().optional().describe('Why it stands so.'),
  freight: FreightReference.optional().describe('The Freight that is promoted.'),
  freightCollection: FreightCollection.optional().describe(
    'That Freight and what the Stage keeps from other origins.',
  ),
  healthChecks: z
    .array(HealthCheckStep)
    .optional()
    .describe('How the health of the Stage is to be checked from now on.'),
  startedAt: Timestamp.optional().describe('When the first step started.'),
  finishedAt: Timestamp.optional().describe('When it ended.'),
  currentStep: z.int().optional().describe('Position of the step at work, from 0.'),
  stepExecutionMetadata: z
    .array(StepExecutionMetadata)
    .optional()
    .describe('What became of each step.'),
  state: JsonMap.optional().describe('Outputs of the steps, by alias.'),
  gantry: JsonMap.optional().describe('What the engine records for itself.'),
})
export type PromotionStatus = z.infer<typeof PromotionStatus>

export const Promotion = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Promotion').describe('The kind.'),
  metadata: Metadata.describe('The name is given at creation, whatever was asked for.'),
  spec: z
    .object({
      stage: ResourceName.describe('The Stage that is to get the Freight.'),
      freight: ResourceName.optional().describe(
        'Name of the Freight. Exactly one of this and `origin`.',
      ),
      origin: FreightOrigin.optional().describe('Take the best available Freight of this origin.'),
      target: ResourceName.optional().describe('The Target, set by PromotionRequests only.'),
      vars: z
        .array(ExpressionVariable)
        .optional()
        .describe('Variables of Stage and template; filled in at creation.'),
      steps: z
        .array(
          PromotionStep.meta({
            k8s: {
              validations: [
                {
                  rule: 'has(self.uses) && !has(self.task)',
                  message: 'a step must set uses and not task',
                },
              ],
            },
          }),
        )
        .min(1)
        .optional()
        .describe('Steps of the template, with its tasks unfolded; filled in at creation.'),
    })
    .meta({
      k8s: {
        validations: [
          {
            rule: 'has(self.freight) != has(self.origin)',
            message: 'exactly one of freight and origin must be set',
          },
        ],
      },
    })
    .describe('What is to be promoted where. Cannot change.'),
  status: PromotionStatus.optional().describe('What became of it; written by the system.'),
})
export type Promotion = z.infer<typeof Promotion>

export const PromotionKind = defineKind<Promotion>({
  kind: 'Promotion',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'promotions',
  shortNames: ['promo', 'promos'],
  namespaced: true,
  hasStatus: true,
  summary: 'One attempt to move one piece of Freight into one Stage.',
  schema: Promotion,
  columns: [
    {
      name: 'Shard',
      jsonPath: `.metadata.labels.${labels.shard.replaceAll('.', '\\.')}`,
      value: (promotion) => promotion.metadata.labels?.[labels.shard],
    },
    { name: 'Stage', jsonPath: '.spec.stage', value: (promotion) => promotion.spec.stage },
    { name: 'Freight', jsonPath: '.spec.freight', value: (promotion) => promotion.spec.freight },
    { name: 'Phase', jsonPath: '.status.phase', value: (promotion) => promotion.status?.phase },
    ageColumn(),
  ],
  indexKeys: (promotion) => ({
    stage: [promotion.spec.stage],
    stageFreight: [`${promotion.spec.stage}:${promotion.spec.freight ?? ''}`],
    terminal: [String(isTerminal(promotion.status?.phase))],
    watches: watchKeys(promotion),
  }),
})

/**
 * What a running Promotion waits for, as its current step declared it (a pull request's URL, an application): the
 * engine keeps the keys in `status.gantry.watches`.
 */
function watchKeys(promotion: Promotion): string[] {
  const watches = promotion.status?.gantry?.['watches']
  if (promotion.status?.phase !== 'Running' || !Array.isArray(watches)) return []
  return watches.filter((key) => typeof key === 'string')
}
