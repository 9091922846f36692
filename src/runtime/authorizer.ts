import type { Actor } from '../core/actor.ts'
import { ClusterRoleBindingKind } from '../core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../core/kinds/cluster-role.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { RoleBindingKind, type RoleRef } from '../core/kinds/role-binding.ts'
import { type PolicyRule, RoleKind } from '../core/kinds/role.ts'
import { selectsLabels } from '../core/label-selector.ts'
import { type AccessRequest, isAllowed } from '../core/policy/authorize.ts'
import type { StoreReader } from '../store.ts'

/** Judges actors by the RBAC objects, as Kubernetes does. */
export interface Authorizer {
  /** Whether the actor may do this. Superusers may do everything. */
  authorize(actor: Actor, request: AccessRequest, reader: StoreReader): Promise<boolean>
  /** Everything the actor may do in a namespace, or cluster-wide without one. */
  rulesOf(actor: Actor, namespace: string | undefined, reader: StoreReader): Promise<PolicyRule[]>
  /** The namespaces where something is bound to the holder of a token of this account. */
  boundIn(account: Actor, reader: StoreReader): Promise<ReadonlySet<string>>
}

export interface AuthorizerOptions {
  /** Namespaces whose ServiceAccounts count in every Project. */
  readonly globalNamespaces: readonly string[]
}

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { globalNamespaces } = options

  const rulesOf: Authorizer['rulesOf'] = async (actor, namespace, reader) => {
    const subjects = subjectsOf(actor, [...globalNamespaces, namespace ?? ''])
    const rules: PolicyRule[] = []
    for (const subject of subjects)
      rules.push(...(await rulesOfSubject(subject, namespace, reader)))
    return rules
  }

  return {
    rulesOf,
    async boundIn(account, reader) {
      const places = new Set<string>()
      for (const key of subjectsOf(account, [])) {
        const { items } = await reader.list(RoleBindingKind, { index: { name: 'subject', key } })
        for (const { metadata } of items) places.add(metadata.namespace ?? '')
      }
      return places
    },
    async authorize(actor, request, reader) {
      if (actor.superuser) return true
      const rules = await rulesOf(actor, request.namespace, reader)
      if (isAllowed(rules, request)) return true
      // The admin of a Project may change the Project itself, though it lies outside of its namespace.
      const { name } = request
      const isProject =
        request.resource === ProjectKind.plural && request.group === ProjectKind.group
      if (!isProject || request.namespace !== undefined || name === undefined) return false
      const own = subjectsOf(actor, [name])
      for (const subject of own) {
        if (isAllowed(await rulesOfSubject(subject, undefined, reader), request)) return true
      }
      return false
    },
  }
}

/** Index keys of the identities of an actor that count in these namespaces: see `subjectKeys`. */
function subjectsOf(actor: Actor, namespaces: readonly string[]): string[] {
  const accounts = (actor.serviceAccounts ?? []).filter((account) =>
    namespaces.includes(account.split('/')[0] ?? ''),
  )
  const user = /^kubernetes:(.+)$/.exec(actor.id)?.[1]
  if (user === undefined) return accounts
  // Who holds a token of an account is that account, wherever something is bound to it; a mapped user is not.
  const [, home, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? []
  const own = home === undefined || name === undefined ? [] : [`${home}/${name}`]
  return [...new Set([...accounts, ...own]), `User:${user}`]
}

async function rulesOfSubject(
  subject: string,
  namespace: string | undefined,
  reader: StoreReader,
): Promise<PolicyRule[]> {
  const index = { name: 'subject', key: subject }
  const { items: clusterWide } = await reader.list(ClusterRoleBindingKind, { index })
  // Without a namespace there is none to look in, and not all of them.
  const local =
    namespace === undefined || namespace === ''
      ? []
      : (await reader.list(RoleBindingKind, { namespace, index })).items
  const rules: PolicyRule[] = []
  for (const { roleRef } of clusterWide) {
    if (roleRef.kind !== 'ClusterRole') continue
    rules.push(...((await rulesOfRole(roleRef, undefined, reader)) ?? []))
  }
  for (const { roleRef } of local) {
    rules.push(...((await rulesOfRole(roleRef, namespace, reader)) ?? []))
  }
  return rules
}

/** The rules of a role; undefined when it does not exist. A ClusterRole may be the sum of others. */
export async function rulesOfRole(
  roleRef: RoleRef,
  namespace: string | undefined,
  reader: StoreReader,
): Promise<readonly PolicyRule[] | undefined> {
  const { kind, name } = roleRef
  const role =
    kind === 'Role'
      ? await reader.get(RoleKind, { namespace, name })
      : await reader.get(ClusterRoleKind, { name })
  if (role === undefined) return undefined
  const selectors =
    'aggregationRule' in role ? role.aggregationRule?.clusterRoleSelectors : undefined
  if (selectors === undefined) return role.rules ?? []
  const { items } = await reader.list(ClusterRoleKind)
  return items
    .filter(({ metadata }) =>
      selectors.some((selector) => selectsLabels(selector, metadata.labels)),
    )
    .flatMap((summand) => summand.rules ?? [])
}
