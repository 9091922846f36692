import { z } from 'zod'
import { defineKind } from './kind.ts'
import { PromotionStatus } from './promotion.ts'
import { FreightOrigin, FreightReference } from './artifacts.ts'
import { ageColumn, readyColumn, statusColumn } from './columns.ts'
import { FreightCollection } from './freight-collection.ts'
import { Health } from './health.ts'
import { PromotionStep } from './promotion-step.ts'
import {
  Conditions,
  Duration,
  ExpressionVariable,
  JsonMap,
  JsonValue,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  LabelSelector,
  Metadata,
  StringMap,
  Timestamp,
} from './shared.ts'

export const FreightSources = z.object({
  direct: z.boolean().optional().describe('Take Freight straight from its Warehouse.'),
  stages: z
    .array(z.string())
    .optional()
    .describe('Take Freight that was verified in these Stages.'),
  requiredSoakTime: Duration.optional().describe('How long it must have stayed upstream.'),
  availabilityStrategy: z
    .enum(['All', 'OneOf', ''])
    .optional()
    .describe('Whether all upstream Stages must have verified it, or one; OneOf when absent.'),
  autoPromotionOptions: z
    .object({
      selectionPolicy: z
        .enum(['NewestFreight', 'MatchUpstream'])
        .optional()
        .meta({ k8s: { default: 'NewestFreight' } })
        .describe('Which Freight to promote by itself; NewestFreight when absent.'),
    })
    .optional()
    .describe('How auto-promotion chooses.'),
})
export type FreightSources = z.infer<typeof FreightSources>

export const FreightRequest = z.object({
  origin: FreightOrigin.describe('Where the Freight must come from. Unique in the list.'),
  sources: FreightSources.describe('Which ways it may take.'),
})
export type FreightRequest = z.infer<typeof FreightRequest>

/** A step of a Stage's template: a step, or a reference to a task. */
const TemplateStep = PromotionStep.meta({
  k8s: {
    validations: [
      {
        rule: 'has(self.uses) != has(self.task)',
        message: 'exactly one of uses and task must be set',
      },
      {
        rule: '!has(self.task) || (!has(self.continueOnError) && !has(self.retry))',
        message: 'a task step must not set continueOnError or retry',
      },
    ],
  },
})

export const PromotionTemplateSpec = z.object({
  vars: z.array(ExpressionVariable).optional().describe('Variables of all steps.'),
  steps: z.array(TemplateStep).min(1).optional().describe('What a Promotion does, in order.'),
})
export type PromotionTemplateSpec = z.infer<typeof PromotionTemplateSpec>

export const Verification = z.object({
  analysisTemplates: z
    .array(
      z.object({
        name: z.string().describe('Name of the template.'),
        kind: z
          .enum(['AnalysisTemplate', 'ClusterAnalysisTemplate'])
          .optional()
          .meta({ k8s: { default: 'AnalysisTemplate' } })
          .describe('Kind of the template; AnalysisTemplate when absent.'),
      }),
    )
    .optional()
    .describe('What to measure; all of them make one AnalysisRun.'),
  analysisRunMetadata: z
    .object({
      labels: StringMap.optional().describe('Labels for the AnalysisRun.'),
      annotations: StringMap.optional().describe('Annotations for the AnalysisRun.'),
    })
    .optional()
    .describe('Metadata for the AnalysisRun.'),
  args: z
    .array(
      z.object({
        name: z.string().describe('Name of the argument.'),
        value: z.string().describe('Value; may contain `${{ }}` expressions.'),
      }),
    )
    .optional()
    .describe('Arguments that replace those of the templates.'),
})
export type Verification = z.infer<typeof Verification>

export const PromotionReference = z.object({
  name: z.string().describe('Name of the Promotion.'),
  freight: FreightReference.optional().describe('The Freight that it promotes.'),
  status: PromotionStatus.optional().describe('Its status when it ended.'),
  finishedAt: Timestamp.optional().describe('When it ended.'),
})
export type PromotionReference = z.infer<typeof PromotionReference>

const PromotionRequestReference = z.object({
  name: z.string().describe('Name of the PromotionRequest.'),
  freight: z
    .object({ name: z.string().optional().describe('Name of the Freight.') })
    .optional()
    .describe('The Freight that it promotes.'),
  phase: z.string().optional().describe('How it stands.'),
  finishedAt: Timestamp.optional().describe('When it ended.'),
})

export const AutoPromotionHold = z.object({
  freightName: z.string().describe('The Freight whose promotion caused the hold.'),
  origin: FreightOrigin.describe('The origin that is held.'),
  promotionName: z.string().optional().describe('The Promotion that caused it.'),
  actor: z.string().optional().describe('Who asked for that Promotion.'),
  createdAt: Timestamp.optional().describe('Since when.'),
})
export type AutoPromotionHold = z.infer<typeof AutoPromotionHold>

const Holds = z.record(z.string(), AutoPromotionHold)

export const StageStatus = z.object({
  conditions: Conditions.optional(),
  lastHandledRefresh: z.string().optional().describe('The refresh token that was last handled.'),
  observedGeneration: z
    .int()
    .optional()
    .describe('The generation for which the Stage was last ready.'),
  freightHistory: z
    .array(FreightCollection)
    .optional()
    .describe('What was promoted with success, newest first, at most 10.'),
  freightSummary: z.string().optional().describe('The current Freight in a few words.'),
  health: Health.optional().describe('How the Stage fares.'),
  currentPromotion: PromotionReference.optional().describe('The Promotion at work.'),
  lastPromotion: PromotionReference.optional().describe('The Promotion that ended last.'),
  autoPromotionEnabled: z
    .boolean()
    .optional()
    .describe('Whether a policy promotes by itself here.'),
  metadata: z.record(z.string(), JsonValue).optional().describe('Whatever steps noted about it.'),
  autoPromotionHolds: Holds.optional().describe('Holds left by Promotions that ended, by origin.'),
  effectiveAutoPromotionHolds: Holds.optional().describe(
    'Holds that count now, those of queued Promotions included, by origin.',
  ),
  currentPromotionRequest: PromotionRequestReference.optional().describe(
    'The PromotionRequest at work.',
  ),
  lastPromotionRequest: PromotionRequestReference.optional().describe(
    'The PromotionRequest that ended last.',
  ),
  promotionWindowStatus: z
    .object({
      closed: z.boolean().describe('Whether promotions may not start now.'),
      reason: z.string().optional().describe('Why.'),
      nextOpen: Timestamp.optional().describe('When they may start again.'),
      nextClose: Timestamp.optional().describe('When they may no longer start.'),
      nextCloseReason: z.string().optional().describe('Why not, then.'),
    })
    .optional()
    .describe('What the promotion windows say.'),
  gantry: JsonMap.optional().describe('What Gantry adds to the status.'),
})
export type StageStatus = z.infer<typeof StageStatus>

export const Stage = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Stage').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: z
    .object({
      shard: z.string().optional().describe('The shard whose controller looks after it.'),
      vars: z
        .array(ExpressionVariable)
        .optional()
        .describe('Variables of promotion steps and verification arguments.'),
      requestedFreight: z
        .array(FreightRequest)
        .min(1)
        .describe('Which Freight the Stage takes, one entry for each origin.'),
      promotionTemplate: z
        .object({ spec: PromotionTemplateSpec.describe('The template.') })
        .optional()
        .describe(
          'How Freight is promoted into the Stage; without steps it is a control-flow Stage.',
        ),
      verification: Verification.optional().describe('How the Stage is checked after a promotion.'),
      targets: z
        .object({
          selectors: z
            .array(LabelSelector)
            .describe('Targets with these labels; the union of all.'),
        })
        .optional()
        .describe('Makes the Stage promote to Targets.'),
    })
    .describe('What the Stage is for.'),
  status: StageStatus.optional().describe('What is known about it; written by the system.'),
})
export type Stage = z.infer<typeof Stage>

export const StageKind = defineKind<Stage>({
  kind: 'Stage',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'stages',
  namespaced: true,
  hasStatus: true,
  summary: 'A place in a pipeline: what Freight it takes, how it is promoted, how it is verified.',
  schema: Stage,
  columns: [
    { name: 'Shard', jsonPath: '.spec.shard', value: (stage) => stage.spec.shard },
    {
      name: 'Current Freight',
      jsonPath: '.status.freightSummary',
      value: (stage) => stage.status?.freightSummary,
    },
    {
      name: 'Health',
      jsonPath: '.status.health.status',
      value: (stage) => stage.status?.health?.status,
    },
    readyColumn(),
    statusColumn(),
    ageColumn(),
  ],
  indexKeys: (stage) => ({
    warehouse: stage.spec.requestedFreight
      .filter((request) => request.sources.direct === true)
      .map((request) => request.origin.name),
    origin: stage.spec.requestedFreight.map((request) => request.origin.name),
    upstream: [
      ...new Set(stage.spec.requestedFreight.flatMap((request) => request.sources.stages ?? [])),
    ],
    currentFreight: currentFreightNames(stage),
    analysisRun: (stage.status?.freightHistory?.[0]?.verificationHistory ?? []).flatMap((info) =>
      info.analysisRun === undefined
        ? []
        : [`${info.analysisRun.namespace}/${info.analysisRun.name}`],
    ),
  }),
})

/** True when the Stage has no steps: Freight passes through it without a promotion. */
export function isControlFlow(stage: Stage): boolean {
  return (stage.spec.promotionTemplate?.spec.steps ?? []).length === 0
}

function currentFreightNames(stage: Stage): string[] {
  const items = stage.status?.freightHistory?.[0]?.items ?? {}
  return Object.values(items).flatMap((reference) =>
    reference.name === undefined ? [] : [reference.name],
  )
}
