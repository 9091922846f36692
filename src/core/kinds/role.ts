import { z } from 'zod'
import { defineKind } from './kind.ts'
import { ageColumn } from './columns.ts'
import { Metadata, RbacApiVersion } from './shared.ts'

export const PolicyRule = z.object({
  apiGroups: z.array(z.string()).optional().describe('Groups of the resources; `*` for all.'),
  resources: z
    .array(z.string())
    .optional()
    .describe('Plural names, with subresource as in `freights/status`; `*` for all.'),
  resourceNames: z.array(z.string()).optional().describe('Only these objects; all when absent.'),
  verbs: z.array(z.string()).describe('What may be done; `*` for all.'),
  nonResourceURLs: z.array(z.string()).optional().describe('Accepted and not interpreted.'),
})
export type PolicyRule = z.infer<typeof PolicyRule>

export const rbacGroup = 'rbac.authorization.k8s.io'

export const Role = z.object({
  apiVersion: RbacApiVersion,
  kind: z.literal('Role').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  rules: z.array(PolicyRule).optional().describe('What the role allows; nothing forbids.'),
})
export type Role = z.infer<typeof Role>

export const RoleKind = defineKind<Role>({
  kind: 'Role',
  group: rbacGroup,
  version: 'v1',
  plural: 'roles',
  namespaced: true,
  hasStatus: false,
  summary: 'Rights within one namespace.',
  schema: Role,
  columns: [ageColumn()],
})
