import { z } from 'zod'
import { defineKind } from './kind.ts'
import { rbacGroup } from './role.ts'
import { RoleRef, Subject, subjectKeys } from './role-binding.ts'
import { ageColumn } from './columns.ts'
import { Metadata, RbacApiVersion } from './shared.ts'

export const ClusterRoleBinding = z.object({
  apiVersion: RbacApiVersion,
  kind: z.literal('ClusterRoleBinding').describe('The kind.'),
  metadata: Metadata.describe('Name, labels, annotations.'),
  roleRef: RoleRef.describe('The role that is given. Cannot change.'),
  subjects: z.array(Subject).optional().describe('Who gets it.'),
})
export type ClusterRoleBinding = z.infer<typeof ClusterRoleBinding>

export const ClusterRoleBindingKind = defineKind<ClusterRoleBinding>({
  kind: 'ClusterRoleBinding',
  group: rbacGroup,
  version: 'v1',
  plural: 'clusterrolebindings',
  namespaced: false,
  hasStatus: false,
  summary: 'Gives a role to subjects in all namespaces.',
  schema: ClusterRoleBinding,
  columns: [
    { name: 'Role', value: (binding) => `${binding.roleRef.kind}/${binding.roleRef.name}` },
    ageColumn(),
  ],
  indexKeys: (binding) => ({ subject: subjectKeys(binding.subjects, undefined) }),
})
