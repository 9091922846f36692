import { z } from 'zod'
import { defineKind } from './kind.ts'
import { labels } from './labels.ts'
import { ageColumn } from './columns.ts'
import { CoreApiVersion, JsonMap, Metadata } from './shared.ts'

export const Namespace = z.object({
  apiVersion: CoreApiVersion,
  kind: z.literal('Namespace').describe('The kind.'),
  metadata: Metadata.describe('The label `kargo.akuity.io/project: "true"` makes it a Project\'s.'),
  spec: z
    .object({ finalizers: z.array(z.string()).optional().describe('Set by the system.') })
    .optional()
    .describe('Set by the system.'),
  status: z
    .object({
      phase: z.string().optional().describe('Active or Terminating.'),
      conditions: z.array(JsonMap).optional().describe('Set by the system.'),
    })
    .optional()
    .describe('Set by the system.'),
})
export type Namespace = z.infer<typeof Namespace>

export const NamespaceKind = defineKind<Namespace>({
  kind: 'Namespace',
  group: '',
  version: 'v1',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  summary: 'The room in which the objects of a Project live.',
  schema: Namespace,
  columns: [
    { name: 'Status', value: (namespace) => namespace.status?.phase ?? 'Active' },
    ageColumn(),
  ],
})

/** True when the namespace belongs to a Project: its label says so, not the Project object. */
export function isProjectNamespace(namespace: Namespace): boolean {
  return namespace.metadata.labels?.[labels.project] === 'true'
}
