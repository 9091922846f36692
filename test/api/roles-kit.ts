import type { PolicyRule } from '../../src/core/kinds/role.ts'
import type { Tenants } from './tenants.ts'

/** A ServiceAccount in a Project with exactly these rights there. */
export async function bindRole(
  api: Tenants,
  namespace: string,
  name: string,
  rules: readonly PolicyRule[],
): Promise<void> {
  const metadata = { name, namespace }
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
  await api.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  await api.make({ ...rbac, kind: 'Role', metadata, rules })
  await api.make({
    ...rbac,
    kind: 'RoleBinding',
    metadata,
    roleRef: { kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name }],
  })
}
