import { annotations } from '../../core/kinds/labels.ts'
import { type PolicyRule, rbacGroup, type Role } from '../../core/kinds/role.ts'
import type { RoleBinding } from '../../core/kinds/role-binding.ts'
import type { ServiceAccount } from '../../core/kinds/service-account.ts'
import { kargoGroup } from '../../core/kinds/shared.ts'

export const defaultRoleNames = ['kargo-admin', 'kargo-viewer', 'kargo-promoter'] as const
export type DefaultRoleName = (typeof defaultRoleNames)[number]

const read = ['get', 'list', 'watch']
const everything = ['*']
const rolloutsGroup = 'argoproj.io'

/** One row: group, resources, and the verbs of admin, viewer and promoter. */
type Row = readonly [
  group: string,
  resources: readonly string[],
  verbs: Readonly<Partial<Record<DefaultRoleName, readonly string[]>>>,
]

const all = (verbs: readonly string[]): Row[2] => ({
  'kargo-admin': verbs,
  'kargo-viewer': verbs,
  'kargo-promoter': verbs,
})
const managed: Row[2] = { ...all(read), 'kargo-admin': everything }

const table: readonly Row[] = [
  ['', ['events'], all(read)],
  ['', ['configmaps', 'serviceaccounts'], managed],
  ['', ['secrets'], { 'kargo-admin': everything }],
  [rbacGroup, ['rolebindings', 'roles'], managed],
  [kargoGroup, ['freights', 'projectconfigs', 'stages', 'warehouses'], managed],
  [kargoGroup, ['targets'], { 'kargo-admin': everything, 'kargo-viewer': read }],
  [kargoGroup, ['promotiontasks'], { 'kargo-admin': everything }],
  [kargoGroup, ['stages'], { 'kargo-admin': ['promote'], 'kargo-promoter': ['promote'] }],
  [
    kargoGroup,
    ['promotions'],
    {
      'kargo-admin': ['create', 'delete', 'get', 'list', 'patch', 'watch'],
      'kargo-viewer': read,
      'kargo-promoter': ['create', ...read],
    },
  ],
  [kargoGroup, ['freights/status'], { 'kargo-admin': ['patch'], 'kargo-promoter': ['patch'] }],
  [rolloutsGroup, ['analysisruns'], { ...all(read), 'kargo-admin': ['delete', ...read] }],
  [rolloutsGroup, ['analysistemplates'], managed],
]

function defaultRules(name: DefaultRoleName): PolicyRule[] {
  return table.flatMap(([group, resources, verbs]) => {
    const granted = verbs[name]
    if (granted === undefined) return []
    return [{ apiGroups: [group], resources: [...resources], verbs: [...granted] }]
  })
}

export interface DefaultRole {
  readonly account: ServiceAccount
  readonly role: Role
  readonly binding: RoleBinding
}

/**
 * The ServiceAccount, Role and RoleBinding of one default role. `creator` is the Project's create-actor: a `claim:value`
 * is mapped to the account, so that who made the Project holds every default role.
 */
export function defaultRole(
  name: DefaultRoleName,
  namespace: string,
  creator: string | undefined,
): DefaultRole {
  const metadata = { name, namespace, annotations: { [annotations.rbacManaged]: 'true' } }
  const claims = claimsOfCreator(creator)
  return {
    account: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        ...metadata,
        annotations: {
          ...metadata.annotations,
          ...(claims !== undefined && { [annotations.rbacClaims]: claims }),
        },
      },
    },
    role: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: defaultRules(name),
    },
    binding: {
      apiVersion: `${rbacGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbacGroup, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  }
}

/** `email:ann@example.com` as the annotation's JSON; undefined when the creator was not a user with a claim. */
function claimsOfCreator(creator: string | undefined): string | undefined {
  if (creator === undefined) return undefined
  const colon = creator.indexOf(':')
  const claim = creator.slice(0, colon)
  const value = creator.slice(colon + 1)
  if (colon <= 0 || value === '' || claim === 'kubernetes' || claim === 'controller')
    return undefined
  return JSON.stringify({ [claim]: [value] })
}
