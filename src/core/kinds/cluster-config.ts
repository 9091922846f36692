import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ConfigStatus, receiverPaths } from './project-config.ts'
import { ageColumn, readyColumn, statusColumn } from './columns.ts'
import {
  DeepLink,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  PromotionWindow,
} from './shared.ts'
import { WebhookReceiverConfig } from './webhook-receivers.ts'

export const GitClientConfig = z.object({
  name: z.string().min(1).describe('Name that commits are made under.'),
  email: z
    .string()
    .min(1)
    .meta({ k8s: { format: 'email' } })
    .describe('Email address that commits are made under.'),
  signingKeySecret: z
    .object({ name: z.string().min(1).describe('Name of the Secret; its key is `signingKey`.') })
    .optional()
    .describe('The GPG key that commits are signed with.'),
})
export type GitClientConfig = z.infer<typeof GitClientConfig>

export const ClusterConfig = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('ClusterConfig').describe('The kind.'),
  metadata: Metadata.describe('The name must be `cluster`: there is one.'),
  spec: z
    .object({
      webhookReceivers: z
        .array(WebhookReceiverConfig)
        .optional()
        .describe('Receivers of webhooks for all Projects.'),
      gitClient: GitClientConfig.optional().describe(
        'Who makes commits, unless a step says otherwise.',
      ),
      freightLinks: z.array(DeepLink).optional().describe('Links shown with Freight everywhere.'),
      stageLinks: z.array(DeepLink).optional().describe('Links shown with Stages everywhere.'),
      promotionWindows: z
        .array(PromotionWindow)
        .optional()
        .meta({ k8s: { listMapKeys: ['name'] } })
        .describe('Times at which promotions may or may not start, in all Projects.'),
    })
    .optional()
    .describe('What the installation is configured to do.'),
  status: ConfigStatus.optional().describe('What is known about it; written by the system.'),
})
export type ClusterConfig = z.infer<typeof ClusterConfig>

export const ClusterConfigKind = defineKind<ClusterConfig>({
  kind: 'ClusterConfig',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'clusterconfigs',
  shortNames: ['clusterconfig', 'clusterconfigs'],
  namespaced: false,
  hasStatus: true,
  summary: 'Configuration of the whole installation.',
  schema: ClusterConfig,
  columns: [readyColumn(), statusColumn(), ageColumn()],
  indexKeys: (config) => ({ receiverPath: receiverPaths(config.status?.webhookReceivers) }),
})
