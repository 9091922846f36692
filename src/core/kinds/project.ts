import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn, readyColumn, statusColumn } from './columns.ts'
import { Conditions, KargoApiVersion, kargoGroup, kargoVersion, Metadata } from './shared.ts'

const Stats = z.object({
  count: z.int().optional().describe('How many there are.'),
  health: z
    .object({ healthy: z.int().optional().describe('How many of them are healthy.') })
    .optional()
    .describe('How they fare.'),
})

export const Project = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Project').describe('The kind.'),
  metadata: Metadata.describe(
    'Name, labels, annotations. The Project owns the namespace of its name.',
  ),
  status: z
    .object({
      conditions: Conditions.optional(),
      stats: z
        .object({
          warehouses: Stats.optional().describe('Warehouses of the Project.'),
          stages: Stats.optional().describe('Stages of the Project, without control-flow Stages.'),
        })
        .optional()
        .describe('Figures about the content of the Project.'),
    })
    .optional()
    .describe('What is known about the Project; written by the system.'),
})
export type Project = z.infer<typeof Project>

export const ProjectKind = defineKind<Project>({
  kind: 'Project',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'projects',
  namespaced: false,
  hasStatus: true,
  summary: 'A unit of tenancy: one or more pipelines, in a namespace of their own.',
  schema: Project,
  columns: [readyColumn(), statusColumn(), ageColumn()],
})
