import { z } from 'zod'
import { defineKind } from './kind.ts'
import { PromotionTaskSpec } from './promotion-task.ts'
import { ageColumn } from './columns.ts'
import { KargoApiVersion, kargoGroup, kargoVersion, Metadata } from './shared.ts'

export const ClusterPromotionTask = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('ClusterPromotionTask').describe('The kind.'),
  metadata: Metadata.describe('Name, labels, annotations.'),
  spec: PromotionTaskSpec.describe('Inputs and steps.'),
})
export type ClusterPromotionTask = z.infer<typeof ClusterPromotionTask>

export const ClusterPromotionTaskKind = defineKind<ClusterPromotionTask>({
  kind: 'ClusterPromotionTask',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'clusterpromotiontasks',
  shortNames: ['clusterpromotask', 'clusterpromotasks'],
  namespaced: false,
  hasStatus: false,
  summary: 'Steps that the Stages of all Projects share.',
  schema: ClusterPromotionTask,
  columns: [ageColumn()],
})
