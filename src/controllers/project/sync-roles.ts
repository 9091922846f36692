import { annotations } from '../../core/kinds/labels.ts'
import { ClusterRoleBindingKind } from '../../core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../../core/kinds/cluster-role.ts'
import type { Project } from '../../core/kinds/project.ts'
import { RoleBindingKind } from '../../core/kinds/role-binding.ts'
import { RoleKind } from '../../core/kinds/role.ts'
import { ServiceAccountKind } from '../../core/kinds/service-account.ts'
import type { Phase } from '../../runtime/controller.ts'
import { ensureObject } from '../../runtime/ensure.ts'
import { defaultRole, defaultRoleNames } from './default-roles.ts'
import { projectAdminRole } from './project-admin.ts'

/**
 * The roles that every Project has. Rules and bindings are put back when they drift; ServiceAccounts are made when they
 * are missing and then belong to whoever maps users to them.
 */
export const syncRoles: Phase<Project> = async (ctx) => {
  const { name, annotations: notes } = ctx.object.metadata
  for (const roleName of defaultRoleNames) {
    const { account, role, binding } = defaultRole(roleName, name, notes?.[annotations.createActor])
    await ensureObject(ctx, ServiceAccountKind, account)
    await ensureObject(ctx, RoleKind, role, ['rules'])
    await ensureObject(ctx, RoleBindingKind, binding, ['subjects'])
  }
  const admin = projectAdminRole(name)
  await ensureObject(ctx, ClusterRoleKind, admin.role, ['rules'])
  await ensureObject(ctx, ClusterRoleBindingKind, admin.binding, ['subjects'])
}
