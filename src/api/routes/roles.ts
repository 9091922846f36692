import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import { annotations, labels } from '../../core/kinds/labels.ts'
import { PolicyRule, rbacGroup } from '../../core/kinds/role.ts'
import { ServiceAccountKind, claimsOf } from '../../core/kinds/service-account.ts'
import { type Answer, type Call, type Operation, noContent, operation, ok } from '../operation.ts'
import { checkedRule, normalRules, withoutRule } from '../role-rules.ts'
import { changeRole, createRole, deleteRole } from '../role-writes.ts'
import {
  type Claim,
  type RoleParts,
  type RoleWish,
  claimList,
  partsOf,
  readRole,
  showRole,
} from '../roles.ts'
import { listAll } from '../watch.ts'
import { param } from './objects.ts'
import { type Scope, installScope, namespaceOf, projectScope } from './scopes.ts'

const maxBytes = 1024 * 1024
const tag = 'access'
const rolesAccess = { group: rbacGroup, resource: 'roles' } as const

const Claims = z.array(z.object({ name: z.string().min(1), values: z.array(z.string().min(1)) }))
const RoleBody = z.object({
  metadata: z.object({
    name: z.string().optional(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  claims: Claims.optional(),
  rules: z.array(PolicyRule).optional(),
})
const GrantBody = z.object({
  role: z.string().min(1),
  userClaims: z.object({ claims: Claims.min(1) }).optional(),
  resourceDetails: z
    .object({
      resourceType: z.string().min(1),
      resourceName: z.string().optional(),
      verbs: z.array(z.string().min(1)).min(1),
    })
    .optional(),
})
const RolesQuery = z.object({
  'as-resources': z.boolean().optional().describe('The objects behind, instead'),
})

function readOperations(scope: Scope): Operation[] {
  const accounts = { group: '', resource: 'serviceaccounts', home: scope.home }
  return [
    operation({
      method: 'GET',
      path: `${scope.base}/roles`,
      summary: 'The roles, as a bare array: a ServiceAccount each, with what is bound to it.',
      tag,
      access: { verb: 'list', ...accounts },
      query: RolesQuery,
      handle: async (call) => {
        const { store } = call.parts
        const found = await listAll(store, ServiceAccountKind, {
          namespace: namespaceOf(call, scope),
        })
        const shown = found.filter(({ metadata }) => isShown(scope, metadata.labels))
        const items = await Promise.all(
          shown.map(async (each) => show(call, await partsOf(store, each))),
        )
        // Kargo's own command reads no list object here.
        return ok(items)
      },
    }),
    operation({
      method: 'GET',
      path: `${scope.base}/roles/:role`,
      summary: 'One role.',
      tag,
      access: { verb: 'get', ...accounts, name: 'role' },
      query: RolesQuery,
      handle: async (call) => {
        const namespace = namespaceOf(call, scope)
        return ok(show(call, await readRole(call.parts.store, namespace, param(call, 'role'))))
      },
    }),
  ]
}

function isShown(scope: Scope, found: Record<string, string> | undefined): boolean {
  return scope.home !== 'install' || found?.[labels.systemRole] !== undefined
}

function show(call: Call, parts: RoleParts): object {
  if (call.query.get('as-resources') !== 'true') return showRole(parts)
  return { serviceAccount: parts.account, roles: parts.roles, roleBindings: parts.bindings }
}

export const roleOperations: readonly Operation[] = [
  ...readOperations(projectScope),
  ...readOperations(installScope),
  operation({
    method: 'POST',
    path: '/v1beta1/projects/:project/roles',
    summary: 'Make a role: nobody can give it what they do not hold.',
    tag,
    access: { verb: 'create', ...rolesAccess },
    body: { type: 'json', schema: RoleBody, maxBytes },
    answers: { status: 201 },
    handle: async (call) => {
      const { metadata, ...body } = RoleBody.parse(call.body)
      const name = metadata.name ?? ''
      if (name === '') {
        throw new GantryError('BadRequest', 'a role needs a name', { field: 'metadata.name' })
      }
      refuseOtherNamespace(call, metadata.namespace)
      await createRole(call, param(call, 'project'), name, wishOf({ metadata, ...body }))
      return answer(call, name, 201)
    },
  }),
  operation({
    method: 'PUT',
    path: '/v1beta1/projects/:project/roles/:role',
    summary: 'Replace the claims and rules of a role.',
    tag,
    access: { verb: 'update', ...rolesAccess, name: 'role' },
    body: { type: 'json', schema: RoleBody, maxBytes },
    handle: async (call) => {
      const body = RoleBody.parse(call.body)
      refuseOtherNamespace(call, body.metadata.namespace)
      const name = param(call, 'role')
      await changeRole(call, param(call, 'project'), name, () => wishOf(body))
      return answer(call, name)
    },
  }),
  operation({
    method: 'DELETE',
    path: '/v1beta1/projects/:project/roles/:role',
    summary: 'Delete a role with its tokens.',
    tag,
    access: { verb: 'delete', ...rolesAccess, name: 'role' },
    answers: { status: 204 },
    handle: async (call) => {
      await deleteRole(call, param(call, 'project'), param(call, 'role'))
      return noContent
    },
  }),
  grantOperation('grants', 'Add claims or a permission to a role.', add),
  grantOperation('revocations', 'Take claims or a permission from a role.', take),
]

type Edit = (live: RoleWish, change: RoleWish) => RoleWish

function grantOperation(noun: string, summary: string, edit: Edit): Operation {
  return operation({
    method: 'POST',
    path: `/v1beta1/projects/:project/roles/${noun}`,
    summary,
    tag,
    access: { verb: 'update', ...rolesAccess },
    body: { type: 'json', schema: GrantBody, maxBytes },
    handle: async (call) => {
      const { role, userClaims, resourceDetails: details } = GrantBody.parse(call.body)
      if ((userClaims === undefined) === (details === undefined)) {
        throw new GantryError('BadRequest', 'give exactly one of userClaims and resourceDetails')
      }
      const rules = details === undefined ? [] : ruleOf(details)
      const change = { claims: userClaims?.claims ?? [], rules }
      await changeRole(call, param(call, 'project'), role, (live) => edit(wishIn(live), change))
      return answer(call, role)
    },
  })
}

function ruleOf(
  details: NonNullable<z.infer<typeof GrantBody>['resourceDetails']>,
): RoleWish['rules'] {
  const { resourceType, resourceName, verbs } = details
  const resourceNames = resourceName ? { resourceNames: [resourceName] } : {}
  return checkedRule({ resources: [resourceType], ...resourceNames, verbs })
}

function add(live: RoleWish, change: RoleWish): RoleWish {
  return {
    ...live,
    claims: mergeClaims([...live.claims, ...change.claims]),
    rules: normalRules([...live.rules, ...change.rules]),
  }
}

function take(live: RoleWish, change: RoleWish): RoleWish {
  const isTaken = (name: string, value: string): boolean =>
    change.claims.some((claim) => claim.name === name && claim.values.includes(value))
  return {
    ...live,
    claims: mergeClaims(
      live.claims.map(({ name, values }) => ({
        name,
        values: values.filter((value) => !isTaken(name, value)),
      })),
    ),
    rules: change.rules.reduce<RoleWish['rules']>(withoutRule, live.rules),
  }
}

function mergeClaims(claims: readonly Claim[]): Claim[] {
  const merged = new Map<string, readonly string[]>()
  for (const { name, values } of claims)
    merged.set(name, [...new Set([...(merged.get(name) ?? []), ...values])])
  return claimList(merged)
}

function wishIn({ account, roles }: RoleParts): RoleWish {
  return {
    description: account.metadata.annotations?.[annotations.description],
    claims: claimList(claimsOf(account)),
    rules: roles.flatMap((role) => role.rules ?? []),
  }
}

function wishOf({ metadata, claims = [], rules = [] }: z.infer<typeof RoleBody>): RoleWish {
  const description = metadata.annotations?.[annotations.description]
  return { description, claims: mergeClaims(claims), rules: rules.flatMap(checkedRule) }
}

function refuseOtherNamespace(call: Call, namespace: string | undefined): void {
  if (namespace === undefined || namespace === '' || namespace === param(call, 'project')) return
  throw new GantryError('Conflict', 'the namespace of the role is not the project of the address', {
    field: 'metadata.namespace',
  })
}

async function answer(call: Call, name: string, status = 200): Promise<Answer> {
  return ok(showRole(await readRole(call.parts.store, param(call, 'project'), name)), status)
}
