import { z } from 'zod'
import { defineKind } from './kind.ts'
import { rbacGroup } from './role.ts'
import { ageColumn } from './columns.ts'
import { Metadata, RbacApiVersion } from './shared.ts'

export const Subject = z.object({
  kind: z.enum(['ServiceAccount', 'User', 'Group']).describe('Kind of the subject.'),
  name: z.string().describe('Name of the subject.'),
  namespace: z.string().optional().describe('Namespace, for ServiceAccounts.'),
  apiGroup: z.string().optional().describe('Group of the kind.'),
})
export type Subject = z.infer<typeof Subject>

export const RoleRef = z.object({
  apiGroup: z.string().optional().describe('Group of the kind.'),
  kind: z.enum(['Role', 'ClusterRole']).describe('Kind of the role.'),
  name: z.string().describe('Name of the role.'),
})
export type RoleRef = z.infer<typeof RoleRef>

export const RoleBinding = z.object({
  apiVersion: RbacApiVersion,
  kind: z.literal('RoleBinding').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  roleRef: RoleRef.describe('The role that is given. Cannot change.'),
  subjects: z.array(Subject).optional().describe('Who gets it.'),
})
export type RoleBinding = z.infer<typeof RoleBinding>

export const RoleBindingKind = defineKind<RoleBinding>({
  kind: 'RoleBinding',
  group: rbacGroup,
  version: 'v1',
  plural: 'rolebindings',
  namespaced: true,
  hasStatus: false,
  summary: 'Gives a role to subjects within one namespace.',
  schema: RoleBinding,
  columns: [
    { name: 'Role', value: (binding) => `${binding.roleRef.kind}/${binding.roleRef.name}` },
    ageColumn(),
  ],
  indexKeys: (binding) => ({ subject: subjectKeys(binding.subjects, binding.metadata.namespace) }),
})

/** Index keys of the subjects: `<namespace>/<name>` for ServiceAccounts, `User:<name>`, `Group:<name>`. */
export function subjectKeys(
  subjects: readonly Subject[] | undefined,
  namespace: string | undefined,
): string[] {
  return (subjects ?? []).map((subject) =>
    subject.kind === 'ServiceAccount'
      ? `${subject.namespace ?? namespace ?? ''}/${subject.name}`
      : `${subject.kind}:${subject.name}`,
  )
}
