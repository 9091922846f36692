import { z } from 'zod'
import { AnalysisTemplateSpec, rolloutsGroup } from './analysis-template.ts'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { Metadata, RolloutsApiVersion } from './shared.ts'

export const ClusterAnalysisTemplate = z.object({
  apiVersion: RolloutsApiVersion,
  kind: z.literal('ClusterAnalysisTemplate').describe('The kind.'),
  metadata: Metadata.describe('Name, labels, annotations.'),
  spec: AnalysisTemplateSpec.describe('What to measure and how to judge it.'),
})
export type ClusterAnalysisTemplate = z.infer<typeof ClusterAnalysisTemplate>

export const ClusterAnalysisTemplateKind = defineKind<ClusterAnalysisTemplate>({
  kind: 'ClusterAnalysisTemplate',
  group: rolloutsGroup,
  version: 'v1alpha1',
  plural: 'clusteranalysistemplates',
  shortNames: ['cat'],
  namespaced: false,
  hasStatus: false,
  summary: 'How to verify, for the Stages of all Projects.',
  schema: ClusterAnalysisTemplate,
  columns: [ageColumn()],
})
