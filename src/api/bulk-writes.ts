import { GantryError, hasCode } from '../core/errors.ts'
import { jsonEqual } from '../core/json.ts'
import { type Kind, type KubeObject, type ObjectMeta, refKey } from '../core/kinds/kind.ts'
import { annotations, labels } from '../core/kinds/labels.ts'
import { NamespaceKind } from '../core/kinds/namespace.ts'
import type { Ref, WriteOptions } from '../store.ts'
import type { BulkObject, BulkResult, BulkWrite } from './bulk.ts'
import type { Call } from './operation.ts'
import { viewOf } from './show.ts'
import { authorizeWrite } from './write-access.ts'

/** POST: that it exists already is said before anything else is. */
export const createObject: BulkWrite = async (call, input) => {
  const { kind, object } = input
  await authorize(call, input, 'create')
  const ref = refOf(object)
  const isNamed = (ref.name ?? '') !== ''
  if (isNamed && (await call.parts.store.get(kind, ref)) !== undefined) throw exists(kind, ref)
  const created = await call.parts.store.create(kind, object, writeOptions(call, input))
  return { createdResourceManifest: await shown(call, kind, created) }
}

/** Times that a write is made again because something else changed the object in between. */
const maxAttempts = 5

/** PUT: a full replacement of everything but the status. */
export const replaceObject: BulkWrite = async (call, input) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await replaceOnce(call, input)
    } catch (thrown) {
      const isRace = hasCode(thrown, 'Conflict', 'AlreadyExists') && attempt < maxAttempts
      if (!isRace || !(await hasMoved(call, input))) throw thrown
    }
  }
}

async function replaceOnce(call: Call, input: BulkObject): Promise<BulkResult> {
  const { kind, object } = input
  const { store } = call.parts
  const ref = refOf(object)
  const live = ref.name === '' ? undefined : await store.get(kind, ref)
  if (live === undefined) {
    if (call.query.get('upsert') === 'true') return createObject(call, input)
    await authorize(call, input, 'update')
    throw new GantryError('NotFound', `${kind.kind} ${JSON.stringify(refKey(ref))} not found`)
  }
  await authorize(call, input, 'update')
  const next = { ...object, metadata: keptMetadata(live, object) }
  const updated = await store.update(kind, next, writeOptions(call, input))
  return {
    updatedResourceManifest: await shown(call, kind, updated),
    ...(jsonEqual(live, updated) && { unchanged: true }),
  }
}

/** Whether a refused replacement may go better now: the object is there (again), and is another. */
async function hasMoved(call: Call, { kind, object }: BulkObject): Promise<boolean> {
  return (await call.parts.store.get(kind, refOf(object))) !== undefined
}

/** DELETE. */
export const deleteObject: BulkWrite = async (call, input) => {
  const { kind, object } = input
  await authorize(call, input, 'delete')
  const ref = refOf(object)
  const live = await call.parts.store.get(kind, ref)
  if (live === undefined)
    throw new GantryError('NotFound', `${kind.kind} ${JSON.stringify(refKey(ref))} not found`)
  await call.parts.store.delete(kind, ref, writeOptions(call, input))
  return { deletedResourceManifest: await shown(call, kind, live) }
}

/** Whoever has just made a Project may fill it in the same request: their rights in it come a moment later. */
async function authorize(call: Call, input: BulkObject, verb: string): Promise<void> {
  if (!input.isOwnProject) await authorizeWrite(call, input.kind, input.object, verb)
}

async function shown(call: Call, kind: Kind, object: KubeObject): Promise<KubeObject> {
  return (await viewOf(call, kind, object.metadata.namespace))(object)
}

function refOf({ metadata: { name, namespace } }: KubeObject): Ref {
  return { name, ...(namespace !== undefined && { namespace }) }
}

function exists(kind: Kind, ref: Ref): GantryError {
  return new GantryError('AlreadyExists', `${kind.kind} ${refKey(ref)} exists already`, {
    field: 'metadata.name',
  })
}

function writeOptions(call: Call, { warn }: BulkObject): WriteOptions {
  const isSet = (name: string): boolean => call.query.get(name) === 'true'
  return { actor: call.actor, warn, dryRun: isSet('dryRun'), strict: isSet('strict') }
}

/**
 * The metadata of a replacement: compared and swapped with what is there now, and with what controllers put on the
 * object (finalizers, owners, annotations and labels of theirs) where the manifest says nothing of it. A manifest that was
 * read from another installation names another uid: it is about this object all the same.
 */
function keptMetadata(live: KubeObject, object: KubeObject): ObjectMeta {
  const { finalizers, ownerReferences, resourceVersion } = live.metadata
  const { uid: _uid, ...metadata } = object.metadata
  const notes = { ...controllerAnnotations(live), ...metadata.annotations }
  const marks = { ...controllerLabels(live), ...metadata.labels }
  return {
    ...metadata,
    resourceVersion,
    ...(Object.keys(notes).length > 0 && { annotations: notes }),
    ...(Object.keys(marks).length > 0 && { labels: marks }),
    ...(metadata.finalizers === undefined && finalizers !== undefined && { finalizers }),
    ...(metadata.ownerReferences === undefined &&
      ownerReferences !== undefined && { ownerReferences }),
  }
}

const controllerKeys: ReadonlySet<string> = new Set([
  annotations.refresh,
  annotations.reverify,
  annotations.abort,
  annotations.createActor,
  annotations.argocdContext,
  annotations.migrated,
])

function controllerAnnotations(live: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(live.metadata.annotations ?? {}).filter(([key]) => controllerKeys.has(key)),
  )
}

/** That a namespace is a Project's, the Project wrote on it. */
function controllerLabels(live: KubeObject): Record<string, string> {
  const isProject =
    live.kind === NamespaceKind.kind ? live.metadata.labels?.[labels.project] : undefined
  return isProject === undefined ? {} : { [labels.project]: isProject }
}
