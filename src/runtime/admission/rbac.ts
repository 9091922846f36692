import { accountActor } from '../../core/actor.ts'
import { jsonEqual } from '../../core/json.ts'
import { ClusterRoleBindingKind } from '../../core/kinds/cluster-role-binding.ts'
import { type ClusterRole, ClusterRoleKind } from '../../core/kinds/cluster-role.ts'
import type { KubeObject } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { RoleBindingKind, type RoleRef } from '../../core/kinds/role-binding.ts'
import { type PolicyRule, RoleKind } from '../../core/kinds/role.ts'
import type { Secret } from '../../core/kinds/secret.ts'
import {
  claimsOf,
  type ServiceAccount,
  ServiceAccountKind,
} from '../../core/kinds/service-account.ts'
import { covers } from '../../core/policy/authorize.ts'
import { rulesOfRole } from '../authorizer.ts'
import { defineAdmission, type KindAdmission, type Write } from './parts.ts'
import { forbidden, invalid } from './refuse.ts'

interface WithRules extends KubeObject {
  rules?: PolicyRule[] | undefined
}

interface WithRoleRef extends KubeObject {
  roleRef: RoleRef
}

/** Nobody can hand out what they do not hold themselves: neither by a role, nor a binding, nor a mapped user. */
export const rbacAdmissions: readonly KindAdmission[] = [
  defineAdmission({ kind: RoleKind, admit: admitRole }),
  defineAdmission({
    kind: ClusterRoleKind,
    async admit(write) {
      await admitRole(write)
      await admitSummand(write)
      if (write.object.aggregationRule !== undefined) await requireRules(write, [everything])
      return write.object
    },
  }),
  defineAdmission({ kind: RoleBindingKind, admit: admitBinding }),
  defineAdmission({ kind: ClusterRoleBindingKind, admit: admitBinding }),
  defineAdmission({ kind: ServiceAccountKind, admit: admitAccount }),
]

const everything: PolicyRule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }

async function admitRole<T extends WithRules>(write: Write<T>): Promise<T> {
  if (write.isSpecChanged) await requireRules(write, write.object.rules ?? [])
  return write.object
}

/** New labels may make a ClusterRole a part of others that are sums: its rules are handed out once more. */
async function admitSummand(write: Write<ClusterRole>): Promise<void> {
  const { object, old } = write
  if (jsonEqual(object.metadata.labels ?? {}, old?.metadata.labels ?? {})) return
  await requireRules(write, object.rules ?? [])
}

async function admitBinding<T extends WithRoleRef>(write: Write<T>): Promise<T> {
  const { object, old, reader, actor } = write
  if (old !== undefined && !jsonEqual(object.roleRef, old.roleRef)) {
    throw invalid(object, 'roleRef', 'cannot change: delete the binding and create another')
  }
  if (write.isSpecChanged && !actor.superuser) {
    const { kind, name } = object.roleRef
    const rules = await rulesOfRole(object.roleRef, object.metadata.namespace, reader)
    if (rules === undefined) throw forbidden(object, `there is no ${kind} "${name}" to be given`)
    await requireRules(write, rules)
  }
  return object
}

/** Mapping a user to an account gives the user whatever is bound to it. */
async function admitAccount(write: Write<ServiceAccount>): Promise<ServiceAccount> {
  const { object, old, reader, actor, parts } = write
  if (actor.superuser || claimsOf(object).size === 0) return object
  if (old !== undefined && jsonEqual([...claimsOf(object)], [...claimsOf(old)])) return object
  const { namespace = '', name } = object.metadata
  const account = accountActor(namespace, name)
  await requireRules(write, await parts.authorizer.rulesOf(account, namespace, reader))
  return object
}

/** Whoever may write the token of an account can act as it, so they must hold its rights already, wherever it has any. */
export async function admitTokenSecret(write: Write<Secret>): Promise<void> {
  const { object, reader, actor, parts } = write
  if (actor.superuser) return
  const { namespace = '', annotations: notes } = object.metadata
  const account = accountActor(namespace, notes?.[annotations.tokenAccount] ?? '')
  const { authorizer } = parts
  for (const place of new Set([namespace, ...(await authorizer.boundIn(account, reader))]))
    await requireRules(write, await authorizer.rulesOf(account, place, reader), place)
}

async function requireRules(
  write: Pick<Write, 'object' | 'actor' | 'parts' | 'reader'>,
  wanted: readonly PolicyRule[],
  place = write.object.metadata.namespace,
): Promise<void> {
  const { object, actor, parts, reader } = write
  if (actor.superuser) return
  const held = await parts.authorizer.rulesOf(actor, place, reader)
  if (covers(held, wanted)) return
  throw forbidden(object, `${actor.id} cannot give rights that ${actor.id} does not have`)
}
