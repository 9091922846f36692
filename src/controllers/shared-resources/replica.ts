import { canonicalJson } from '../../core/canonical-json.ts'
import { toTimestamp } from '../../core/clock.ts'
import { sha256 } from '../../core/hash.ts'
import type { KubeObject } from '../../core/kinds/kind.ts'
import { annotations, finalizer, labels } from '../../core/kinds/labels.ts'

/** Annotations that belong to the source alone. */
const ownAnnotations: ReadonlySet<string> = new Set([
  annotations.replicateTo,
  annotations.replicatedAt,
  'kubectl.kubernetes.io/last-applied-configuration',
])

/** Whether the source asks to be copied to every Project. */
export function isReplicated(source: KubeObject): boolean {
  const { annotations: notes, labels: marks, deletionTimestamp } = source.metadata
  if (deletionTimestamp !== undefined || notes?.[annotations.replicateTo] !== '*') return false
  return source.kind !== 'Secret' || marks?.[labels.credType] !== undefined
}

export function hasFinalizer(source: KubeObject): boolean {
  return source.metadata.finalizers?.includes(finalizer) === true
}

/** The copy of a source in a Project's namespace. Only what Kubernetes and the source's owner set is left behind. */
export function replicaOf<T extends KubeObject>(source: T, namespace: string, now: number): T {
  const { name, labels: marks, annotations: notes } = source.metadata
  return {
    ...source,
    metadata: {
      name,
      namespace,
      labels: {
        ...marks,
        [labels.replicatedFrom]: name,
        [labels.replicatedSha]: contentHash(source),
      },
      annotations: { ...copiedNotes(notes), [annotations.replicatedAt]: toTimestamp(now) },
    },
  }
}

export function isReplicaOf(object: KubeObject, source: string): boolean {
  return object.metadata.labels?.[labels.replicatedFrom] === source
}

/** Whether a copy is as its source is now: what it says itself and what it holds. */
export function isUpToDate(replica: KubeObject, source: KubeObject): boolean {
  const wanted = contentHash(source)
  return (
    replica.metadata.labels?.[labels.replicatedSha] === wanted && contentHash(replica) === wanted
  )
}

/** Sixteen digits of the hash over labels, annotations and content, without the bookkeeping in them. */
function contentHash(object: KubeObject): string {
  const {
    [labels.replicatedFrom]: _from,
    [labels.replicatedSha]: _sha,
    ...marks
  } = object.metadata.labels ?? {}
  const { metadata: _metadata, apiVersion: _version, kind: _kind, ...content } = object
  const notes = copiedNotes(object.metadata.annotations)
  return sha256(canonicalJson([marks, notes, content])).slice(0, 16)
}

function copiedNotes(notes: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(notes ?? {}).filter(([key]) => !ownAnnotations.has(key)))
}
