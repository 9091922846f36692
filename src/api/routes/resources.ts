import { z } from 'zod'
import { GantryError, asGantryError } from '../../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { readManifests } from '../manifests.ts'
import { type Answer, type Call, operation } from '../operation.ts'
import { authorizeWrite } from '../write-access.ts'
import { showObject } from '../show.ts'
import { toProblem } from '../problem.ts'

const path = '/v1beta1/resources'
const tag = 'resources'
const body = { type: 'text', maxBytes: 4 * 1024 * 1024 } as const
const query = z.object({
  upsert: z.boolean().optional().describe('PUT: create what is not there'),
  strict: z.boolean().optional().describe('Unknown fields and wrong types are errors'),
  dryRun: z.boolean().optional().describe('Admit, but write nothing'),
})

/** One document on its way: what it is, or why it could not be read. */
export interface Document {
  readonly kind?: Kind
  readonly object?: KubeObject
  readonly error?: unknown
  /** What admission or the reader wants the user to know. */
  readonly warnings: readonly string[]
  /** `document 2`, for messages about documents without a name. */
  readonly label: string
}

interface Result {
  createdResourceManifest?: KubeObject
  updatedResourceManifest?: KubeObject
  deletedResourceManifest?: KubeObject
  error?: string
  code?: string
  field?: string
  kind?: string
  name?: string
  warnings?: string[]
}

type Write = (
  call: Call,
  kind: Kind,
  object: KubeObject,
  warn: (warning: string) => void,
) => Promise<Result>

export const resourceOperations = [
  operation({
    method: 'POST',
    path,
    summary: 'Create the objects of a manifest.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 201 },
    handle: (call) => each(call, 201, create, projectsFirst),
  }),
  operation({
    method: 'PUT',
    path,
    summary: 'Replace the objects of a manifest; with upsert also create them.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 200 },
    handle: (call) => each(call, 200, replace, projectsFirst),
  }),
  operation({
    method: 'DELETE',
    path,
    summary: 'Delete the objects of a manifest.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 200 },
    handle: (call) => each(call, 200, erase, projectsLast),
  }),
]

const projectsFirst = (a: Document, b: Document): number =>
  Number(b.kind === ProjectKind) - Number(a.kind === ProjectKind)
const projectsLast = (a: Document, b: Document): number => projectsFirst(b, a)

/**
 * Every document in turn. One document: its failure is the answer's. Several: each has a result of its own, and the
 * documents of a Project whose own document failed are refused.
 */
async function each(
  call: Call,
  status: number,
  write: Write,
  order: typeof projectsFirst,
): Promise<Answer> {
  const documents = readManifests(String(call.body), call.query.get('strict') === 'true')
  const failedProjects = new Set<string>()
  const results: Result[] = []
  const single = documents.length === 1
  for (const document of [...documents].sort(order)) {
    const warnings: string[] = [...document.warnings]
    try {
      const { kind, object } = readable(document)
      refuseWithFailedProject(kind, object, failedProjects)
      await authorizeWrite(call, kind, object)
      const result = await write(call, kind, object, (warning) => warnings.push(warning))
      results.push({ ...result, ...(warnings.length > 0 && { warnings }) })
    } catch (thrown) {
      if (single) throw thrown
      if (document.kind === ProjectKind && document.object)
        failedProjects.add(document.object.metadata.name)
      results.push(failure(call, document, thrown, warnings))
    }
  }
  return { type: 'json', status, body: { results } }
}

function readable(document: Document): { kind: Kind; object: KubeObject } {
  if (document.error !== undefined) throw document.error
  const { kind, object } = document
  if (kind === undefined || object === undefined)
    throw asGantryError(new Error(`${document.label} is empty`))
  return { kind, object }
}

function refuseWithFailedProject(
  kind: Kind,
  object: KubeObject,
  failed: ReadonlySet<string>,
): void {
  const namespace = object.metadata.namespace
  if (!kind.namespaced || namespace === undefined || !failed.has(namespace)) return
  throw new GantryError('Conflict', `not applied: the document of its project ${namespace} failed`)
}

function failure(call: Call, document: Document, thrown: unknown, warnings: string[]): Result {
  const { problem } = toProblem(thrown, call.parts.redactor)
  return {
    error: problem.error,
    code: problem.code,
    ...(problem.field !== undefined && { field: problem.field }),
    ...(document.kind && { kind: document.kind.kind }),
    name: document.object ? refKey(document.object.metadata) : document.label,
    ...(warnings.length > 0 && { warnings }),
  }
}

function writeOptions(call: Call, warn: (warning: string) => void) {
  return { actor: call.actor, warn, dryRun: call.query.get('dryRun') === 'true' }
}

const create: Write = async (call, kind, object, warn) => {
  const created = await call.parts.store.create(kind, object, writeOptions(call, warn))
  return { createdResourceManifest: showObject(kind, created) }
}

const replace: Write = async (call, kind, object, warn) => {
  const { store } = call.parts
  const ref = { namespace: object.metadata.namespace, name: object.metadata.name }
  const live = object.metadata.name === '' ? undefined : await store.get(kind, ref)
  if (live === undefined) {
    if (call.query.get('upsert') === 'true') return create(call, kind, object, warn)
    throw new GantryError('NotFound', `${kind.kind} ${JSON.stringify(refKey(ref))} not found`)
  }
  const { resourceVersion } = live.metadata
  const next = { ...object, metadata: { ...keptMetadata(live, object), resourceVersion } }
  const updated = await store.update(kind, next, writeOptions(call, warn))
  return { updatedResourceManifest: showObject(kind, updated) }
}

/** What controllers put on an object is kept when its manifest is applied again: finalizers, owners, annotations of theirs. */
function keptMetadata(live: KubeObject, object: KubeObject): KubeObject['metadata'] {
  const { finalizers, ownerReferences } = live.metadata
  const annotations = { ...controllerAnnotations(live), ...object.metadata.annotations }
  return {
    ...object.metadata,
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(object.metadata.finalizers === undefined && finalizers !== undefined && { finalizers }),
    ...(object.metadata.ownerReferences === undefined &&
      ownerReferences !== undefined && { ownerReferences }),
  }
}

const controllerKeys: ReadonlySet<string> = new Set(
  ['refresh', 'reverify', 'abort', 'create-actor', 'argocd-context', 'migrated'].map(
    (key) => `kargo.akuity.io/${key}`,
  ),
)

function controllerAnnotations(live: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(live.metadata.annotations ?? {}).filter(([key]) => controllerKeys.has(key)),
  )
}

const erase: Write = async (call, kind, object) => {
  const ref = { namespace: object.metadata.namespace, name: object.metadata.name }
  const live = await call.parts.store.get(kind, ref)
  if (live === undefined)
    throw new GantryError('NotFound', `${kind.kind} ${JSON.stringify(refKey(ref))} not found`)
  if (call.query.get('dryRun') !== 'true')
    await call.parts.store.delete(kind, ref, { actor: call.actor })
  return { deletedResourceManifest: showObject(kind, live) }
}
