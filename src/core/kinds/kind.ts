import type { z } from 'zod'

/** The metadata of an object, as Kubernetes has it. Times are RFC 3339 in UTC. */
export interface ObjectMeta {
  name: string
  namespace?: string | undefined
  generateName?: string | undefined
  uid?: string | undefined
  /** Opaque; moves with every change. Compare for equality only, or hand it back for compare-and-swap and watches. */
  resourceVersion?: string | undefined
  /** Moves with every change outside metadata and status. */
  generation?: number | undefined
  creationTimestamp?: string | undefined
  deletionTimestamp?: string | undefined
  labels?: Record<string, string> | undefined
  annotations?: Record<string, string> | undefined
  finalizers?: string[] | undefined
  ownerReferences?: OwnerReference[] | undefined
  managedFields?: unknown[] | undefined
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean | undefined
  blockOwnerDeletion?: boolean | undefined
}

/** What every stored object has. Kinds add `spec`, `status` or fields of their own. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

/** A column of `get`. Kinds that become a CRD give the path too; a `date` is shown as an age. */
export interface Column<T> {
  readonly name: string
  readonly type?: 'string' | 'date' | 'integer' | undefined
  /** Where Kubernetes finds the same value, as in `.spec.shard`. */
  readonly jsonPath?: string | undefined
  value(object: T): string | number | boolean | undefined
}

/**
 * One resource kind: its names, its schema (the type, the check, the CRD and the docs come from it), its columns and
 * the indexes that look-ups use. Method syntax keeps `Kind<Stage>` usable where any `Kind` will do.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly kind: string
  readonly group: string
  readonly version: string
  /** `group/version`, or just the version for the core group. */
  readonly apiVersion: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly namespaced: boolean
  /** Whether status is a subresource: a write to the object leaves it alone. */
  readonly hasStatus: boolean
  readonly summary: string
  readonly schema: z.ZodType<T>
  readonly columns: readonly Column<T>[]
  /** The index entries of an object: index name to the keys under which it is found. Pure. */
  indexKeys(object: T): Readonly<Record<string, readonly string[]>>
}

export interface KindOptions<T extends KubeObject> {
  kind: string
  group: string
  version: string
  plural: string
  shortNames?: readonly string[]
  namespaced: boolean
  hasStatus: boolean
  summary: string
  schema: z.ZodType<T>
  columns?: readonly Column<T>[]
  indexKeys?(object: T): Record<string, readonly string[]>
}

export function defineKind<T extends KubeObject>(options: KindOptions<T>): Kind<T> {
  const { group, version, indexKeys } = options
  return {
    ...options,
    apiVersion: group === '' ? version : `${group}/${version}`,
    shortNames: options.shortNames ?? [],
    columns: options.columns ?? [],
    indexKeys: (object) => indexKeys?.(object) ?? {},
  }
}

/** `namespace/name`, or just the name for cluster-scoped objects: how an object is called in keys and messages. */
export function refKey(ref: {
  readonly namespace?: string | undefined
  readonly name: string
}): string {
  return ref.namespace === undefined || ref.namespace === ''
    ? ref.name
    : `${ref.namespace}/${ref.name}`
}

/**
 * Tells kinds apart, whatever their version and however often one was made: `Stage.kargo.akuity.io`, `Secret`. Data
 * folders hold it.
 */
export function kindKey({ kind, group }: Pick<Kind, 'kind' | 'group'>): string {
  return group === '' ? kind : `${kind}.${group}`
}
