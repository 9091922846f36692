import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import {
  Conditions,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  ResourceName,
  Timestamp,
} from './shared.ts'

const phase = z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Errored'])
const immutable = {
  k8s: { validations: [{ rule: 'self == oldSelf', message: 'the field cannot change' }] },
}

export const PromotionRequest = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('PromotionRequest').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: z
    .object({
      stage: ResourceName.meta(immutable).describe('The Stage. Cannot change.'),
      freight: ResourceName.meta(immutable).describe('The Freight. Cannot change.'),
      targets: z
        .array(z.object({ name: ResourceName.describe('Name of the Target.') }))
        .meta({ k8s: { listType: 'atomic' } })
        .describe('The Targets; each once.'),
    })
    .describe('What is to be promoted to which Targets.'),
  status: z
    .object({
      conditions: Conditions.optional(),
      phase: phase.optional().describe('How it stands.'),
      targets: z
        .array(
          z.object({
            name: z.string().describe('Name of the Target.'),
            promotion: z.string().optional().describe('The Promotion to that Target.'),
            phase: z.string().optional().describe('How that Promotion stands.'),
          }),
        )
        .optional()
        .describe('How it stands for each Target.'),
      summary: z
        .object({
          pending: z.int().optional().describe('How many Promotions wait.'),
          running: z.int().optional().describe('How many are at work.'),
          succeeded: z.int().optional().describe('How many succeeded.'),
          failed: z.int().optional().describe('How many failed.'),
          errored: z.int().optional().describe('How many ended in an error.'),
          aborted: z.int().optional().describe('How many were aborted.'),
        })
        .optional()
        .describe('The same in figures.'),
      observedGeneration: z.int().optional().describe('The generation that was last handled.'),
      startedAt: Timestamp.optional().describe('When the first Promotion started.'),
      finishedAt: Timestamp.optional().describe('When the last one ended.'),
    })
    .optional()
    .describe('What became of it; written by the system.'),
})
export type PromotionRequest = z.infer<typeof PromotionRequest>

export const PromotionRequestKind = defineKind<PromotionRequest>({
  kind: 'PromotionRequest',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'promotionrequests',
  shortNames: ['promotionrequest', 'promotionrequests'],
  namespaced: true,
  hasStatus: true,
  summary: 'A promotion to many Targets at once. Not supported: it ends Errored.',
  schema: PromotionRequest,
  columns: [
    { name: 'Stage', jsonPath: '.spec.stage', value: (request) => request.spec.stage },
    { name: 'Freight', jsonPath: '.spec.freight', value: (request) => request.spec.freight },
    { name: 'Phase', jsonPath: '.status.phase', value: (request) => request.status?.phase },
    ageColumn(),
  ],
  indexKeys: (request) => ({
    stage: [request.spec.stage],
    stageFreight: [`${request.spec.stage}:${request.spec.freight}`],
  }),
})
