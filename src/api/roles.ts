import { GantryError } from '../core/errors.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import { annotations } from '../core/kinds/labels.ts'
import { type RoleBinding, RoleBindingKind } from '../core/kinds/role-binding.ts'
import { type PolicyRule, type Role, RoleKind, rbacGroup } from '../core/kinds/role.ts'
import { claimsOf, type ServiceAccount, ServiceAccountKind } from '../core/kinds/service-account.ts'
import type { StoreReader } from '../store.ts'
import { normalRules } from './role-rules.ts'

export interface Claim {
  readonly name: string
  readonly values: readonly string[]
}

/** What a role of Kargo is made of: a ServiceAccount, what is bound to it in its namespace, and the Roles bound. */
export interface RoleParts {
  readonly account: ServiceAccount
  readonly bindings: readonly RoleBinding[]
  readonly roles: readonly Role[]
}

export async function readRole(
  store: StoreReader,
  namespace: string,
  name: string,
): Promise<RoleParts> {
  const account = await store.get(ServiceAccountKind, { namespace, name })
  if (account === undefined) {
    throw new GantryError('NotFound', `Role ${JSON.stringify(`${namespace}/${name}`)} not found`)
  }
  return partsOf(store, account)
}

export async function partsOf(store: StoreReader, account: ServiceAccount): Promise<RoleParts> {
  const { namespace = '', name } = account.metadata
  const index = { name: 'subject', key: `${namespace}/${name}` }
  const { items: bindings } = await store.list(RoleBindingKind, { namespace, index })
  const roles = await Promise.all(
    bindings
      .filter(({ roleRef }) => roleRef.kind === 'Role')
      .map(({ roleRef }) => store.get(RoleKind, { namespace, name: roleRef.name })),
  )
  return { account, bindings, roles: roles.filter((role) => role !== undefined) }
}

/** The one object that Kargo shows for the three. */
export function showRole(parts: RoleParts): object {
  const { name, namespace, creationTimestamp, annotations: notes } = parts.account.metadata
  const description = notes?.[annotations.description]
  return {
    apiVersion: 'rbac.kargo.akuity.io/v1alpha1',
    kind: 'Role',
    metadata: {
      name,
      namespace,
      creationTimestamp,
      ...(description !== undefined && {
        annotations: { [annotations.description]: description },
      }),
    },
    kargoManaged: isManaged(parts),
    claims: claimList(claimsOf(parts.account)),
    rules: normalRules(parts.roles.flatMap((role) => role.rules ?? [])),
  }
}

/** Whether the role can be edited as one: its members say so, and there is at most one of each. */
export function isManaged({ account, bindings, roles }: RoleParts): boolean {
  return (
    [account, ...bindings, ...roles].every(isMarked) &&
    bindings.length <= 1 &&
    bindings.every(({ roleRef }) => roleRef.kind === 'Role')
  )
}

export function claimList(claims: ReadonlyMap<string, readonly string[]>): Claim[] {
  return [...claims]
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => ({ name, values: [...values].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isMarked({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[annotations.rbacManaged] === 'true'
}

export interface RoleWish {
  readonly description?: string | undefined
  readonly claims: readonly Claim[]
  readonly rules: readonly PolicyRule[]
}

/** The three objects of a managed role as they should be, with whatever else the live ones carry. */
export function roleObjects(
  namespace: string,
  name: string,
  wish: RoleWish,
  live: Partial<RoleParts> = {},
): { readonly role: Role; readonly account: ServiceAccount; readonly binding: RoleBinding } {
  const managed = { [annotations.rbacManaged]: 'true' }
  const role = live.roles?.[0]
  const binding = live.bindings?.[0]
  const claims = Object.fromEntries(wish.claims.map((claim) => [claim.name, claim.values]))
  const kept = Object.entries(live.account?.metadata.annotations ?? {}).filter(
    ([key]) =>
      key !== annotations.rbacClaims &&
      key !== annotations.description &&
      !key.startsWith(annotations.rbacClaimPrefix),
  )
  return {
    role: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'Role',
      metadata: role?.metadata ?? { name, namespace, annotations: managed },
      rules: normalRules(wish.rules),
    },
    account: {
      ...live.account,
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        ...(live.account?.metadata ?? { name, namespace }),
        annotations: {
          ...Object.fromEntries(kept),
          ...managed,
          ...(wish.claims.length > 0 && { [annotations.rbacClaims]: JSON.stringify(claims) }),
          ...(wish.description && { [annotations.description]: wish.description }),
        },
      },
    },
    binding: binding ?? {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace, annotations: managed },
      roleRef: { apiGroup: rbacGroup, kind: 'Role', name: role?.metadata.name ?? name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  }
}
