import { labels } from '../../core/kinds/labels.ts'
import type { Removal, Write } from './parts.ts'
import { forbidden } from './refuse.ts'

const replicatedKinds: ReadonlySet<string> = new Set(['Secret', 'ConfigMap'])

/** Copies of shared Secrets and ConfigMaps belong to the controller that keeps them like their source. */
export function checkReplica(
  write: Pick<Write, 'kind' | 'object' | 'actor'> & Pick<Partial<Write>, 'old'>,
): void
export function checkReplica(removal: Removal): void
export function checkReplica(
  write: Pick<Write, 'kind' | 'object' | 'actor'> & Pick<Partial<Write>, 'old'>,
): void {
  const { kind, object, old, actor } = write
  if (actor.superuser || !replicatedKinds.has(kind.kind)) return
  const source =
    object.metadata.labels?.[labels.replicatedFrom] ?? old?.metadata.labels?.[labels.replicatedFrom]
  if (source === undefined) return
  throw forbidden(
    object,
    `it is a copy of the shared ${kind.kind} "${source}": change that instead`,
  )
}
