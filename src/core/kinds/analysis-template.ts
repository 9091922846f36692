import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { IntOrString, JsonMap, Metadata, RolloutsApiVersion } from './shared.ts'

export const Metric = z.object({
  name: z.string().describe('Name, unique in the template.'),
  interval: z
    .string()
    .optional()
    .describe('Time between measurements; one measurement when absent.'),
  initialDelay: z.string().optional().describe('Time from the start of the run to the first one.'),
  count: IntOrString.optional().describe('How many measurements to take.'),
  successCondition: z.string().optional().describe('Expression over `result` that means success.'),
  failureCondition: z.string().optional().describe('Expression over `result` that means failure.'),
  failureLimit: IntOrString.optional().describe('How many failed measurements are let pass.'),
  inconclusiveLimit: IntOrString.optional().describe('How many inconclusive ones are let pass.'),
  consecutiveErrorLimit: IntOrString.optional().describe('How many errors in a row are let pass.'),
  consecutiveSuccessLimit: IntOrString.optional().describe(
    'How many successes in a row are enough.',
  ),
  provider: JsonMap.describe('Where the value comes from: one key naming the provider.'),
})
export type Metric = z.infer<typeof Metric>

export const AnalysisArgument = z.object({
  name: z.string().describe('Name, used as `{{args.<name>}}`.'),
  value: z.string().optional().describe('Value, or default value.'),
  valueFrom: z
    .object({
      secretKeyRef: z
        .object({
          name: z.string().describe('Name of the Secret.'),
          key: z.string().describe('Key in the Secret.'),
        })
        .optional()
        .describe('Take it from a Secret.'),
      fieldRef: z
        .object({ fieldPath: z.string().describe('Path of the field.') })
        .optional()
        .describe('Take it from a field.'),
    })
    .optional()
    .describe('Where the value comes from.'),
})
export type AnalysisArgument = z.infer<typeof AnalysisArgument>

const DryRun = z.object({ metricName: z.string().describe('Name or pattern of metrics.') })
const MeasurementRetention = z.object({
  metricName: z.string().describe('Name or pattern of metrics.'),
  limit: z.int().describe('How many measurements to keep.'),
})

/** What templates and runs have in common. */
export const analysisFields = {
  metrics: z.array(Metric).optional().describe('What to measure.'),
  args: z.array(AnalysisArgument).optional().describe('Arguments of the metrics.'),
  dryRun: z.array(DryRun).optional().describe('Metrics that are measured and do not count.'),
  measurementRetention: z
    .array(MeasurementRetention)
    .optional()
    .describe('How many measurements to keep; 10 when absent.'),
}

export const AnalysisTemplateSpec = z.object({
  ...analysisFields,
  templates: z
    .array(
      z.object({
        templateName: z.string().optional().describe('Name of the template.'),
        clusterScope: z.boolean().optional().describe('Whether it is a ClusterAnalysisTemplate.'),
      }),
    )
    .optional()
    .describe('Other templates that become part of this one.'),
})
export type AnalysisTemplateSpec = z.infer<typeof AnalysisTemplateSpec>

export const AnalysisTemplate = z.object({
  apiVersion: RolloutsApiVersion,
  kind: z.literal('AnalysisTemplate').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: AnalysisTemplateSpec.describe('What to measure and how to judge it.'),
})
export type AnalysisTemplate = z.infer<typeof AnalysisTemplate>

export const rolloutsGroup = 'argoproj.io'

export const AnalysisTemplateKind = defineKind<AnalysisTemplate>({
  kind: 'AnalysisTemplate',
  group: rolloutsGroup,
  version: 'v1alpha1',
  plural: 'analysistemplates',
  shortNames: ['at'],
  namespaced: true,
  hasStatus: false,
  summary: 'How to verify: metrics and when they pass.',
  schema: AnalysisTemplate,
  columns: [ageColumn()],
})
