import { z } from 'zod'
import { analysisFields, rolloutsGroup } from './analysis-template.ts'
import { defineKind } from './kind.ts'
import { labels } from './labels.ts'
import { ageColumn } from './columns.ts'
import { JsonMap, Metadata, RolloutsApiVersion, StringMap, Timestamp } from './shared.ts'

export const AnalysisPhase = z.enum([
  '',
  'Pending',
  'Running',
  'Successful',
  'Failed',
  'Error',
  'Inconclusive',
  'Aborted',
])
export type AnalysisPhase = z.infer<typeof AnalysisPhase>

export const MetricMeasurement = z.object({
  phase: AnalysisPhase.describe('How it ended.'),
  message: z.string().optional().describe('Why.'),
  startedAt: Timestamp.optional().describe('When it started.'),
  finishedAt: Timestamp.optional().describe('When it ended.'),
  value: z.string().optional().describe('What was measured.'),
  metadata: StringMap.optional().describe('What the provider noted.'),
  resumeAt: Timestamp.optional().describe('When to look again.'),
})
export type MetricMeasurement = z.infer<typeof MetricMeasurement>

const counts = {
  count: z.int().optional().describe('How many measurements counted.'),
  successful: z.int().optional().describe('How many succeeded.'),
  failed: z.int().optional().describe('How many failed.'),
  inconclusive: z.int().optional().describe('How many were neither.'),
  error: z.int().optional().describe('How many could not be taken.'),
}

export const MetricResult = z.object({
  name: z.string().describe('Name of the metric.'),
  phase: AnalysisPhase.describe('How it stands.'),
  measurements: z.array(MetricMeasurement).optional().describe('The last measurements.'),
  message: z.string().optional().describe('Why it stands so.'),
  ...counts,
  consecutiveError: z.int().optional().describe('Errors in a row.'),
  consecutiveSuccess: z.int().optional().describe('Successes in a row.'),
  dryRun: z.boolean().optional().describe('Whether it does not count.'),
  metadata: StringMap.optional().describe('What the provider noted.'),
})
export type MetricResult = z.infer<typeof MetricResult>

const Summary = z.object(counts)

export const AnalysisRun = z.object({
  apiVersion: RolloutsApiVersion,
  kind: z.literal('AnalysisRun').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: z
    .object({
      ...analysisFields,
      terminate: z.boolean().optional().describe('End the run now.'),
      ttlStrategy: z
        .object({
          secondsAfterCompletion: z.int().optional().describe('Delete it so long after its end.'),
          secondsAfterFailure: z.int().optional().describe('The same after a failure.'),
          secondsAfterSuccess: z.int().optional().describe('The same after a success.'),
        })
        .optional()
        .describe('When to delete the run.'),
    })
    .describe('What is measured, with all arguments filled in.'),
  status: z
    .object({
      phase: AnalysisPhase.optional().describe('How it stands.'),
      message: z.string().optional().describe('Why it stands so.'),
      metricResults: z.array(MetricResult).optional().describe('How each metric stands.'),
      startedAt: Timestamp.optional().describe('When it started.'),
      completedAt: Timestamp.optional().describe('When it ended.'),
      runSummary: Summary.optional().describe('Figures over all metrics that count.'),
      dryRunSummary: Summary.optional().describe('Figures over the others.'),
      gantry: JsonMap.optional().describe('What the engine records for itself.'),
    })
    .optional()
    .describe('What became of it; written by the system.'),
})
export type AnalysisRun = z.infer<typeof AnalysisRun>

export const AnalysisRunKind = defineKind<AnalysisRun>({
  kind: 'AnalysisRun',
  group: rolloutsGroup,
  version: 'v1alpha1',
  plural: 'analysisruns',
  shortNames: ['ar'],
  namespaced: true,
  hasStatus: true,
  summary: 'One verification at work.',
  schema: AnalysisRun,
  columns: [
    { name: 'Status', jsonPath: '.status.phase', value: (run) => run.status?.phase },
    ageColumn(),
  ],
  indexKeys: (run) => ({ stage: [run.metadata.labels?.[labels.stage] ?? []].flat() }),
})
