import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { JsonValue, KargoApiVersion, kargoGroup, kargoVersion, Metadata } from './shared.ts'

export const Target = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Target').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: z
    .object({
      params: z
        .record(z.string(), JsonValue)
        .optional()
        .describe('Facts about the target, by name.'),
    })
    .optional()
    .describe('What is known about the target.'),
  status: z.object({}).optional().describe('Empty.'),
})
export type Target = z.infer<typeof Target>

export const TargetKind = defineKind<Target>({
  kind: 'Target',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'targets',
  namespaced: true,
  hasStatus: true,
  summary: 'A place that a Stage promotes to. Stored; not acted upon.',
  schema: Target,
  columns: [ageColumn()],
})
