import { finalizer } from '../../core/kinds/labels.ts'
import { isProjectNamespace, type Namespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { defineController, type Phase } from '../../runtime/controller.ts'
import { ensureGone } from '../../runtime/ensure.ts'

/** A Project's namespace is being deleted: the Project goes too. */
const deleteProject: Phase<Namespace> = async (ctx) => {
  await ensureGone(ctx, ProjectKind, { name: ctx.object.metadata.name })
}

/**
 * The other half of the Project's deletion: neither object owns the other, so each has a finalizer that deletes the
 * other one.
 */
export const namespaceController = defineController<Namespace>({
  name: 'namespace',
  kind: NamespaceKind,
  selects: isProjectNamespace,
  reads: [ProjectKind],
  phases: {},
  finalizer: {
    name: finalizer,
    // The Project puts it on; a namespace that was kept is free of it.
    wanted: (namespace) => namespace.metadata.deletionTimestamp === undefined && carries(namespace),
    phases: { deleteProject },
  },
  conclude: () => undefined,
})

function carries(namespace: Namespace): boolean {
  return namespace.metadata.finalizers?.includes(finalizer) === true
}
