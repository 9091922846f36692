import { ClusterRoleBindingKind } from '../../core/kinds/cluster-role-binding.ts'
import { ClusterRoleKind } from '../../core/kinds/cluster-role.ts'
import { annotations, finalizer } from '../../core/kinds/labels.ts'
import { NamespaceKind } from '../../core/kinds/namespace.ts'
import type { Project } from '../../core/kinds/project.ts'
import type { Phase } from '../../runtime/controller.ts'
import { ensureGone } from '../../runtime/ensure.ts'
import { projectAdminRole } from './project-admin.ts'

/** The Project is being deleted: its cluster-wide roles go, and its namespace with all content, unless it is to be kept. */
export const cleanUp: Phase<Project> = async (ctx) => {
  const { name, annotations: notes } = ctx.object.metadata
  const { role, binding } = projectAdminRole(name)
  await ensureGone(ctx, ClusterRoleBindingKind, binding.metadata)
  await ensureGone(ctx, ClusterRoleKind, role.metadata)
  const namespace = await ctx.store.get(NamespaceKind, { name })
  if (namespace === undefined) return
  const { finalizers = [], resourceVersion } = namespace.metadata
  if (finalizers.includes(finalizer))
    await ctx.store.patch(
      NamespaceKind,
      { name },
      {
        metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) },
      },
      { actor: ctx.actor },
    )
  const isKept = [notes, namespace.metadata.annotations].some(
    (each) => each?.[annotations.keepNamespace] === 'true',
  )
  if (!isKept) await ensureGone(ctx, NamespaceKind, { name })
}
