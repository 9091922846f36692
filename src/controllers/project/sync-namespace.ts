import { GantryError } from '../../core/errors.ts'
import { finalizer, labels } from '../../core/kinds/labels.ts'
import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import type { Project } from '../../core/kinds/project.ts'
import { ensureObject } from '../../runtime/ensure.ts'
import type { Phase } from '../../runtime/controller.ts'

/**
 * The namespace of the Project's name: admission normally made it together with the Project. It carries the label that
 * makes it a Project's, and a finalizer, so that deleting it deletes the Project too.
 */
export const syncNamespace: Phase<Project> = async (ctx) => {
  const { name } = ctx.object.metadata
  const found = ctx.cache.get(NamespaceKind, { name })
  if (found === undefined) {
    await ensureObject(ctx, NamespaceKind, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { [labels.project]: 'true' }, finalizers: [finalizer] },
    })
    return
  }
  if (!isProjectNamespace(found))
    throw new GantryError(
      'AlreadyExists',
      `namespace "${name}" exists and does not belong to a project: label it ${labels.project}="true" to hand it over, or choose another project name`,
    )
  const { finalizers = [], resourceVersion, deletionTimestamp } = found.metadata
  if (deletionTimestamp !== undefined || finalizers.includes(finalizer)) return
  await ctx.store.patch(
    NamespaceKind,
    { name },
    { metadata: { resourceVersion, finalizers: [...finalizers, finalizer] } },
    { actor: ctx.actor },
  )
}
