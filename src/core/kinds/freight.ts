import { z } from 'zod'
import { defineKind } from './kind.ts'
import { labels } from './labels.ts'
import { artifactFields, FreightOrigin } from './artifacts.ts'
import { ageColumn } from './columns.ts'
import {
  JsonValue,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  Timestamp,
} from './shared.ts'

export const CurrentStage = z.object({
  since: Timestamp.optional().describe('Since when the Stage uses it.'),
})
export type CurrentStage = z.infer<typeof CurrentStage>

export const VerifiedStage = z.object({
  verifiedAt: Timestamp.optional().describe('When it was verified.'),
  longestSoak: z
    .string()
    .optional()
    .describe('The longest completed stay in the Stage, as a Go duration.'),
})
export type VerifiedStage = z.infer<typeof VerifiedStage>

export const ApprovedStage = z.object({
  approvedAt: Timestamp.optional().describe('When it was approved.'),
})
export type ApprovedStage = z.infer<typeof ApprovedStage>

export const Freight = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Freight').describe('The kind.'),
  metadata: Metadata.describe('The name is computed from the content, whatever was asked for.'),
  alias: z.string().optional().describe('A name that people can remember; drawn when absent.'),
  discoveredAt: Timestamp.optional().describe('When the artifacts were found; set when absent.'),
  origin: FreightOrigin.describe('Where the Freight comes from. Cannot change.'),
  ...artifactFields,
  status: z
    .object({
      currentlyIn: z
        .record(z.string(), CurrentStage)
        .optional()
        .describe('Stages that use it now, by name.'),
      verifiedIn: z
        .record(z.string(), VerifiedStage)
        .optional()
        .describe('Stages in which it was verified, by name.'),
      approvedFor: z
        .record(z.string(), ApprovedStage)
        .optional()
        .describe('Stages for which someone approved it, by name.'),
      metadata: z
        .record(z.string(), JsonValue)
        .optional()
        .describe('Whatever steps noted about it.'),
    })
    .optional()
    .describe('What is known about it; written by the system.'),
})
export type Freight = z.infer<typeof Freight>

export const FreightKind = defineKind<Freight>({
  kind: 'Freight',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'freights',
  namespaced: true,
  hasStatus: true,
  summary: 'A set of artifact versions that travel together.',
  schema: Freight,
  columns: [
    {
      name: 'Alias',
      jsonPath: `.metadata.labels.${labels.alias.replaceAll('.', '\\.')}`,
      value: (freight) => freight.metadata.labels?.[labels.alias],
    },
    { name: 'Origin (Kind)', jsonPath: '.origin.kind', value: (freight) => freight.origin.kind },
    { name: 'Origin (Name)', jsonPath: '.origin.name', value: (freight) => freight.origin.name },
    ageColumn(),
  ],
  indexKeys: (freight) => ({
    warehouse: [freight.origin.name],
    currentlyIn: Object.keys(freight.status?.currentlyIn ?? {}),
    verifiedIn: Object.keys(freight.status?.verifiedIn ?? {}),
    approvedFor: Object.keys(freight.status?.approvedFor ?? {}),
    alias: [freight.metadata.labels?.[labels.alias] ?? []].flat(),
  }),
})
