import { controllerActor } from '../core/actor.ts'
import { hasCode } from '../core/errors.ts'
import { ClusterRoleBindingKind } from '../core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../core/kinds/cluster-role.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { labels } from '../core/kinds/labels.ts'
import { NamespaceKind } from '../core/kinds/namespace.ts'
import { type PolicyRule, rbacGroup } from '../core/kinds/role.ts'
import { ServiceAccountKind } from '../core/kinds/service-account.ts'
import { kargoGroup } from '../core/kinds/shared.ts'
import type { Store } from '../store.ts'

const read = ['get', 'list', 'watch']
const see: PolicyRule = { apiGroups: [kargoGroup], resources: ['projects'], verbs: read }
const make: PolicyRule = { apiGroups: [kargoGroup], resources: ['projects'], verbs: ['create'] }

/** Kargo's roles of the whole installation. A token of one of them is good in every Project. */
const systemRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  'kargo-admin': [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  'kargo-viewer': [
    { apiGroups: [kargoGroup, rbacGroup, 'argoproj.io'], resources: ['*'], verbs: read },
    { apiGroups: [''], resources: ['configmaps', 'events', 'serviceaccounts'], verbs: read },
  ],
  'kargo-user': [see],
  'kargo-project-creator': [see, make],
}

const actor = controllerActor('start')

/** Makes the namespaces and roles that belong to no Project; what is there already stays as it is. */
export async function ensureSystemRoles(
  store: Store,
  namespaces: Readonly<Record<'system' | 'shared' | 'install', string>>,
): Promise<void> {
  for (const name of Object.values(namespaces))
    await ensure(store, NamespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const namespace = namespaces.install
  const apiVersion = `${rbacGroup}/v1` as const
  for (const [name, rules] of Object.entries(systemRoles)) {
    const metadata = { name, namespace, labels: { [labels.systemRole]: 'true' } }
    await ensure(store, ServiceAccountKind, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    await ensure(store, ClusterRoleKind, {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [...rules],
    })
    await ensure(store, ClusterRoleBindingKind, {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })
  }
}

async function ensure<T extends KubeObject>(store: Store, kind: Kind<T>, object: T): Promise<void> {
  const { namespace, name } = object.metadata
  if ((await store.get(kind, { namespace, name })) !== undefined) return
  try {
    await store.create(kind, object, { actor })
  } catch (thrown) {
    if (!hasCode(thrown, 'AlreadyExists')) throw thrown
  }
}
