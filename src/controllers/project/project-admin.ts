import type { ClusterRole } from '../../core/kinds/cluster-role.ts'
import type { ClusterRoleBinding } from '../../core/kinds/cluster-role-binding.ts'
import { rbacGroup } from '../../core/kinds/role.ts'
import { kargoGroup } from '../../core/kinds/shared.ts'
import { shortName } from '../../core/names.ts'

const prefix = 'kargo-project-admin-'

/** The Project whose role or binding has this name; undefined when it is none of these. */
export function projectOfAdminRole(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined
}

/** The cluster-wide role that lets a Project's kargo-admin change and delete that one Project, and its binding. */
export function projectAdminRole(project: string): {
  readonly role: ClusterRole
  readonly binding: ClusterRoleBinding
} {
  const name = shortName(`${prefix}${project}`)
  return {
    role: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        {
          apiGroups: [kargoGroup],
          resources: ['projects'],
          resourceNames: [project],
          verbs: ['delete', 'update'],
        },
      ],
    },
    binding: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: 'kargo-admin', namespace: project }],
    },
  }
}
