import { GantryError } from '../../core/errors.ts'
import { annotations, finalizer, labels } from '../../core/kinds/labels.ts'
import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import { type Project, ProjectKind } from '../../core/kinds/project.ts'
import { defineAdmission, type Write } from './parts.ts'
import { title } from './refuse.ts'

/** A new Project gets its namespace at once, so that what follows it in the same file finds it. */
export const projectAdmission = defineAdmission({
  kind: ProjectKind,
  async admit(write: Write<Project>) {
    const { object, old, reader, actor } = write
    if (!actor.controlPlane) {
      setCreator(
        object,
        old === undefined ? actor.id : old.metadata.annotations?.[annotations.createActor],
      )
    }
    if (old !== undefined) return object
    const { name } = object.metadata
    const namespace = await reader.get(NamespaceKind, { name })
    if (namespace === undefined) {
      write.also(NamespaceKind, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { [labels.project]: 'true' }, finalizers: [finalizer] },
      })
      return object
    }
    if (namespace.metadata.deletionTimestamp !== undefined) {
      throw new GantryError(
        'Conflict',
        `${title(object)} cannot be created: namespace "${name}" is being deleted: try again when it is gone`,
      )
    }
    if (!isProjectNamespace(namespace)) {
      throw new GantryError(
        'AlreadyExists',
        `${title(object)} cannot be created: namespace "${name}" exists and belongs to no Project: label it ${labels.project}="true" to hand it over, or choose another name`,
      )
    }
    return object
  },
})

/** Who made the Project holds its default roles, so nobody can put another name there later. */
function setCreator(object: Project, creator: string | undefined): void {
  const { [annotations.createActor]: _asked, ...others } = object.metadata.annotations ?? {}
  object.metadata.annotations =
    creator === undefined ? others : { ...others, [annotations.createActor]: creator }
}
