import { z } from 'zod'
import { LabelSelectorRequirement, ResourceName, StringMap } from './shared.ts'

/** Inbound webhook receivers, as ProjectConfig and ClusterConfig list them. */

const SecretRef = z
  .object({ name: z.string().min(1).describe('Name of the Secret.') })
  .describe('The Secret that holds what requests are checked with.')

const receiver = z.object({ secretRef: SecretRef })

const IndexSelectorRequirement = z.object({
  key: z.enum(['subscribedURLs', 'receiverPaths']).describe('Index to look in.'),
  operator: z.enum(['Equals', 'NotEquals']).describe('How to compare.'),
  value: z.string().describe('Value; may contain `${{ }}` expressions.'),
})

const GenericTarget = z.object({
  kind: z.enum(['Warehouse', 'Promotion']).describe('Kind of the targets.'),
  name: z.string().optional().describe('Name of the target; may contain `${{ }}` expressions.'),
  labelSelector: z
    .object({
      matchLabels: StringMap.optional().describe('Labels that must have these values.'),
      matchExpressions: z.array(LabelSelectorRequirement).optional().describe('Further demands.'),
    })
    .optional()
    .describe('Labels of the targets.'),
  indexSelector: z
    .object({
      matchIndices: z
        .array(IndexSelectorRequirement)
        .min(1)
        .describe('Demands, all of which must hold.'),
    })
    .optional()
    .describe('Look-up in an index.'),
})

export const GenericReceiverAction = z.object({
  action: z.enum(['Refresh']).describe('What to do with each target.'),
  whenExpression: z.string().optional().describe('Do it only when this expression is true.'),
  parameters: StringMap.optional().describe('Parameters of the action.'),
  targetSelectionCriteria: z
    .array(GenericTarget)
    .min(1)
    .describe('Which objects; name, labels and index must all match.'),
})
export type GenericReceiverAction = z.infer<typeof GenericReceiverAction>

export const WebhookReceiverConfig = z.object({
  name: ResourceName.describe('Unique in the list.'),
  bitbucket: receiver.optional().describe('Events of Bitbucket. Secret key: `secret`.'),
  dockerhub: receiver.optional().describe('Events of Docker Hub. Secret key: `secret`.'),
  github: receiver.optional().describe('Events of GitHub. Secret key: `secret`.'),
  gitlab: receiver.optional().describe('Events of GitLab. Secret key: `secret-token`.'),
  harbor: receiver.optional().describe('Events of Harbor. Secret key: `auth-header`.'),
  quay: receiver.optional().describe('Events of Quay. Secret key: `secret`.'),
  artifactory: receiver
    .extend({
      virtualRepoName: z
        .string()
        .optional()
        .describe('Replaces the repository key of the payload.'),
    })
    .optional()
    .describe('Events of Artifactory. Secret key: `secret-token`.'),
  azure: receiver.optional().describe('Events of Azure. Secret key: `secret`.'),
  gitea: receiver.optional().describe('Events of Gitea. Secret key: `secret`.'),
  generic: receiver
    .extend({ actions: z.array(GenericReceiverAction).min(1).describe('What to do, in order.') })
    .optional()
    .describe('Events of anything that can send JSON. Secret key: `secret`.'),
})
export type WebhookReceiverConfig = z.infer<typeof WebhookReceiverConfig>

export const WebhookReceiverDetails = z.object({
  name: z.string().optional().describe('Name of the receiver.'),
  path: z.string().optional().describe('Path it listens on.'),
  url: z.string().optional().describe('Full address to configure at the sender.'),
})
export type WebhookReceiverDetails = z.infer<typeof WebhookReceiverDetails>
