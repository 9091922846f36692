import { GantryError } from '../../core/errors.ts'
import { isJsonObject, jsonEqual } from '../../core/json.ts'
import { type Kind, type KubeObject, type ObjectMeta, refKey } from '../../core/kinds/kind.ts'
import { cloneJson } from '../../core/clone-json.ts'

/**
 * What Kubernetes does to every object around a write, as pure functions. Here objects are open records: a kind's own
 * fields (`spec`, `data`, Freight's bare ones) are whatever is not metadata, status or the two type fields.
 */
type OpenObject = KubeObject & Record<string, unknown>

/** What only the server decides about a new object. */
export interface Birth {
  readonly uid: string
  /** RFC 3339. */
  readonly creationTimestamp: string
}

/** The object as a create would store it: what was sent, without what only the server decides. */
export function draftCreate(kind: Kind, sent: KubeObject, birth: Birth): OpenObject {
  checkType(kind, sent)
  return withBirth(kind, open(cloneJson(sent)), birth)
}

/** The same again for what admission made of it. */
export function withBirth(kind: Kind, object: KubeObject, birth: Birth): OpenObject {
  const draft = typedAs(kind, open(object))
  const metadata = tidy(scoped(kind, draft.metadata))
  for (const field of serverFields) delete metadata[field]
  draft.metadata = { ...metadata, ...birth, generation: 1 }
  if (kind.hasStatus) delete draft['status']
  return draft
}

const serverFields = [
  'resourceVersion',
  'deletionTimestamp',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[]

/**
 * The object as an update of everything but status would store it.
 * @throws GantryError Conflict, when `next` was read at another version or is another object of the same name; Invalid
 */
export function draftUpdate(kind: Kind, old: KubeObject, sent: KubeObject): OpenObject {
  checkType(kind, sent)
  checkPreconditions(kind, old, sent.metadata)
  return withIdentity(kind, old, open(cloneJson(sent)))
}

/** The same again for what admission made of it. */
export function withIdentity(kind: Kind, old: KubeObject, next: KubeObject): OpenObject {
  const draft = typedAs(kind, open(next))
  draft.metadata = withServerFields(tidy(scoped(kind, draft.metadata)), old.metadata)
  if (kind.hasStatus) setStatus(draft, open(old)['status'])
  if (old.metadata.deletionTimestamp !== undefined) checkFinalizers(kind, old, draft)
  if (!equalOutside(old, draft, ['metadata', 'status']))
    draft.metadata.generation = (old.metadata.generation ?? 0) + 1
  return draft
}

/** The stored object with another status and nothing else changed. */
export function withStatus(old: KubeObject, from: KubeObject): OpenObject {
  const draft = open({ ...old, metadata: { ...old.metadata } })
  setStatus(draft, cloneJson(open(from)['status']))
  return draft
}

/** The stored object, marked as being deleted. As in Kubernetes this moves generation: its controllers have work to do. */
export function markDeleting(old: KubeObject, deletionTimestamp: string): OpenObject {
  const generation = (old.metadata.generation ?? 0) + 1
  return open({ ...old, metadata: { ...old.metadata, deletionTimestamp, generation } })
}

/** The object at a version: how it is stored. */
export function atVersion(object: KubeObject, seq: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(seq) } }
}

/** Whether a write would change nothing but the version. */
export function isUnchanged(old: KubeObject, next: KubeObject): boolean {
  const { resourceVersion } = old.metadata
  return jsonEqual(old, { ...next, metadata: { ...next.metadata, resourceVersion } })
}

/** @throws GantryError Conflict */
export function checkPreconditions(
  kind: Kind,
  old: KubeObject,
  expected: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
): void {
  const { uid, resourceVersion } = old.metadata
  if (expected.uid !== undefined && expected.uid !== '' && expected.uid !== uid)
    throw new GantryError(
      'Conflict',
      `${nameOf(kind, old)} is another object now: its uid is ${uid ?? 'unset'}, not ${expected.uid}`,
      { field: 'metadata.uid' },
    )
  if (isSet(expected.resourceVersion) && expected.resourceVersion !== resourceVersion)
    throw new GantryError(
      'Conflict',
      `${nameOf(kind, old)} was changed meanwhile: read it again and repeat the change`,
      { field: 'metadata.resourceVersion' },
    )
}

/** `Stage demo/prod`, for messages. */
export function nameOf(kind: Kind, object: KubeObject): string {
  return `${kind.kind} ${refKey(object.metadata)}`
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

/** A KubeObject has further members that its type does not name; this is the one place that says so. */
function open(object: KubeObject): OpenObject {
  return object as OpenObject
}

function typedAs(kind: Kind, object: OpenObject): OpenObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object
  return { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { ...metadata }, ...rest }
}

function scoped(kind: Kind, metadata: ObjectMeta): ObjectMeta {
  if (kind.namespaced) return metadata
  const { namespace: _namespace, ...rest } = metadata
  return rest
}

/** Empty collections are absent ones, so that removing the last label or finalizer leaves no trace. */
function tidy(metadata: ObjectMeta): ObjectMeta {
  const isEmpty = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0
  const result = { ...metadata }
  for (const field of collections) if (isEmpty(result[field])) delete result[field]
  return result
}

const collections = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const

function withServerFields(next: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const { managedFields: _managedFields, deletionTimestamp: _deletionTimestamp, ...rest } = next
  return {
    ...rest,
    name: old.name,
    ...(old.namespace !== undefined && { namespace: old.namespace }),
    ...(old.uid !== undefined && { uid: old.uid }),
    ...(old.resourceVersion !== undefined && { resourceVersion: old.resourceVersion }),
    ...(old.generation !== undefined && { generation: old.generation }),
    ...(old.creationTimestamp !== undefined && { creationTimestamp: old.creationTimestamp }),
    ...(old.deletionTimestamp !== undefined && { deletionTimestamp: old.deletionTimestamp }),
  }
}

function setStatus(draft: OpenObject, status: unknown): void {
  if (status === undefined) delete draft['status']
  else draft['status'] = status
}

function equalOutside(a: KubeObject, b: KubeObject, members: readonly string[]): boolean {
  const rest = (object: KubeObject): Record<string, unknown> =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !members.includes(name)))
  return jsonEqual(rest(a), rest(b))
}

function checkFinalizers(kind: Kind, old: KubeObject, next: KubeObject): void {
  const known = new Set(old.metadata.finalizers)
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer))
  if (added.length === 0) return
  throw new GantryError(
    'Invalid',
    `${nameOf(kind, old)} is being deleted: it takes no new finalizer (${added.join(', ')})`,
    { field: 'metadata.finalizers' },
  )
}

/** @throws GantryError BadRequest when the document is of another kind, or none at all */
export function checkType(kind: Kind, sent: KubeObject): void {
  if (!isJsonObject(sent) || !isJsonObject(sent.metadata))
    throw new GantryError('BadRequest', `a ${kind.kind} needs metadata`, { field: 'metadata' })
  const isOther = isSet(sent.kind) && sent.kind !== kind.kind
  const group = sent.apiVersion?.includes('/') ? sent.apiVersion.split('/')[0] : ''
  if (!isOther && (!isSet(sent.apiVersion) || group === kind.group)) return
  throw new GantryError(
    'BadRequest',
    `expected a ${kind.apiVersion} ${kind.kind}, got a ${sent.apiVersion} ${sent.kind}`,
    { field: isOther ? 'kind' : 'apiVersion' },
  )
}
