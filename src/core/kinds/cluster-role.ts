import { z } from 'zod'
import { defineKind } from './kind.ts'
import { PolicyRule, rbacGroup } from './role.ts'
import { ageColumn } from './columns.ts'
import { LabelSelector, Metadata, RbacApiVersion } from './shared.ts'

export const ClusterRole = z.object({
  apiVersion: RbacApiVersion,
  kind: z.literal('ClusterRole').describe('The kind.'),
  metadata: Metadata.describe('Name, labels, annotations.'),
  rules: z.array(PolicyRule).optional().describe('What the role allows; nothing forbids.'),
  aggregationRule: z
    .object({
      clusterRoleSelectors: z
        .array(LabelSelector)
        .optional()
        .describe('ClusterRoles whose rules are added to this one.'),
    })
    .optional()
    .describe('Makes the role the sum of others.'),
})
export type ClusterRole = z.infer<typeof ClusterRole>

export const ClusterRoleKind = defineKind<ClusterRole>({
  kind: 'ClusterRole',
  group: rbacGroup,
  version: 'v1',
  plural: 'clusterroles',
  namespaced: false,
  hasStatus: false,
  summary: 'Rights in all namespaces, or in one through a RoleBinding.',
  schema: ClusterRole,
  columns: [ageColumn()],
})
