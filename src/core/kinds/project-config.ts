import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn, readyColumn, statusColumn } from './columns.ts'
import {
  Conditions,
  DeepLink,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  PromotionPolicySelector,
  PromotionWindow,
  ResourceName,
} from './shared.ts'
import { WebhookReceiverConfig, WebhookReceiverDetails } from './webhook-receivers.ts'

export const AutoRollback = z.object({
  onPromotion: z
    .array(z.enum(['Failed', 'Errored']))
    .max(2)
    .optional()
    .meta({ k8s: { listType: 'set' } })
    .describe('Ends of a promotion after which to roll back.'),
  onVerification: z
    .array(z.enum(['Failed', 'Error']))
    .max(2)
    .optional()
    .meta({ k8s: { listType: 'set' } })
    .describe('Ends of a verification after which to roll back; Failed when absent.'),
})
export type AutoRollback = z.infer<typeof AutoRollback>

export const PromotionPolicy = z
  .object({
    stage: ResourceName.optional().describe(
      'Exact name of a Stage. Deprecated: use `stageSelector`.',
    ),
    stageSelector: PromotionPolicySelector.optional().describe('Stages that the policy is for.'),
    autoPromotionEnabled: z
      .boolean()
      .optional()
      .describe('Whether new Freight is promoted by itself; false when absent.'),
    autoRollback: AutoRollback.optional().describe('Whether and when to roll back by itself.'),
  })
  .meta({
    k8s: {
      validations: [
        {
          rule: 'has(self.stage) != has(self.stageSelector)',
          message: 'exactly one of stage and stageSelector must be set',
        },
      ],
    },
  })
export type PromotionPolicy = z.infer<typeof PromotionPolicy>

/** What the status of ProjectConfig and ClusterConfig has in common. */
export const ConfigStatus = z.object({
  conditions: Conditions.optional(),
  observedGeneration: z.int().optional().describe('The generation that was last handled.'),
  lastHandledRefresh: z.string().optional().describe('The refresh token that was last handled.'),
  webhookReceivers: z
    .array(WebhookReceiverDetails)
    .optional()
    .describe('Where each receiver listens.'),
})

export const ProjectConfig = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('ProjectConfig').describe('The kind.'),
  metadata: Metadata.describe('The name must be the namespace: there is one for each Project.'),
  spec: z
    .object({
      promotionPolicies: z
        .array(PromotionPolicy)
        .optional()
        .describe('Policies in order; the first that matches a Stage counts.'),
      webhookReceivers: z
        .array(WebhookReceiverConfig)
        .optional()
        .describe('Receivers of webhooks for this Project.'),
      freightLinks: z.array(DeepLink).optional().describe('Links shown with Freight.'),
      stageLinks: z.array(DeepLink).optional().describe('Links shown with Stages.'),
      promotionWindows: z
        .array(PromotionWindow)
        .optional()
        .meta({ k8s: { listMapKeys: ['name'] } })
        .describe('Times at which promotions may or may not start.'),
    })
    .optional()
    .describe('What the Project is configured to do.'),
  status: ConfigStatus.optional().describe('What is known about it; written by the system.'),
})
export type ProjectConfig = z.infer<typeof ProjectConfig>

export const ProjectConfigKind = defineKind<ProjectConfig>({
  kind: 'ProjectConfig',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'projectconfigs',
  namespaced: true,
  hasStatus: true,
  summary: 'Configuration of one Project: auto-promotion, receivers, links, windows.',
  schema: ProjectConfig,
  columns: [readyColumn(), statusColumn(), ageColumn()],
  indexKeys: (config) => ({ receiverPath: receiverPaths(config.status?.webhookReceivers) }),
})

/** The paths under which receivers are found. */
export function receiverPaths(receivers: readonly WebhookReceiverDetails[] | undefined): string[] {
  return (receivers ?? []).flatMap((receiver) =>
    receiver.path === undefined ? [] : [receiver.path],
  )
}
