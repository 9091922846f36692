import { GantryError } from '../../core/errors.ts'
import { labels } from '../../core/kinds/labels.ts'
import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import type { Write } from './parts.ts'
import { invalid, title } from './refuse.ts'

/** Throws NotFound when the namespace of a new object does not exist, Invalid when it is no Project's. */
export async function requireProjectNamespace(
  write: Pick<Write, 'object' | 'old' | 'reader'>,
): Promise<void> {
  if (write.old !== undefined) return
  const { object, reader } = write
  const name = object.metadata.namespace ?? ''
  const namespace = await reader.get(NamespaceKind, { name })
  if (namespace === undefined) {
    throw new GantryError(
      'NotFound',
      `${title(object)} cannot be created: there is no namespace "${name}": create the Project "${name}" first`,
      { field: 'metadata.namespace' },
    )
  }
  if (isProjectNamespace(namespace)) return
  throw invalid(
    object,
    'metadata.namespace',
    `namespace "${name}" belongs to no Project: it lacks the label ${labels.project}="true"`,
  )
}
