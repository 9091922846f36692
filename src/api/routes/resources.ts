import { z } from 'zod'
import { GantryError, hasCode } from '../../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { type ManifestInput, parseManifests } from '../manifests.ts'
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
  skipUnknown: z.boolean().optional().describe('Documents of unknown kinds are warned of'),
  multiple: z.boolean().optional().describe('A result for each document, also for a single one'),
})

interface Result {
  createdResourceManifest?: KubeObject
  updatedResourceManifest?: KubeObject
  deletedResourceManifest?: KubeObject
  error?: string
  code?: string
  field?: string
  details?: readonly string[]
  /** How messages call the document. */
  name?: string
  /** A document of an unknown kind that was to be skipped. */
  skipped?: string
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

const isProject = (input: ManifestInput): boolean => 'kind' in input && input.kind === ProjectKind
const projectsFirst = (a: ManifestInput, b: ManifestInput): number =>
  Number(isProject(b)) - Number(isProject(a))
const projectsLast = (a: ManifestInput, b: ManifestInput): number => projectsFirst(b, a)

/**
 * Every document in turn. One document: its failure is the answer's. Several (or `?multiple=true`): each has a result of
 * its own, and the documents of a Project whose own document failed are refused.
 */
async function each(
  call: Call,
  status: number,
  write: Write,
  order: typeof projectsFirst,
): Promise<Answer> {
  const inputs = parseManifests(String(call.body), call.query.get('strict') === 'true')
  const skipUnknown = call.query.get('skipUnknown') === 'true'
  const failedProjects = new Set(
    inputs.flatMap((input) => ('error' in input && input.project ? [input.project] : [])),
  )
  const single = inputs.length === 1 && call.query.get('multiple') !== 'true'
  const results: Result[] = []
  for (const input of inputs.sort(order)) {
    const warnings: string[] = [...input.warnings]
    try {
      if ('error' in input) throw input.error
      const { kind, object } = input
      refuseWithFailedProject(kind, object, failedProjects)
      await authorizeWrite(call, kind, object)
      const result = await write(call, kind, object, (warning) => warnings.push(warning))
      results.push({ ...result, ...(warnings.length > 0 && { warnings }) })
    } catch (thrown) {
      if (single) throw thrown
      if (skipUnknown && hasCode(thrown, 'NotSupported')) {
        results.push({ skipped: input.label, warnings: [`${input.label}: ${thrown.message}`] })
        continue
      }
      if ('kind' in input && isProject(input)) failedProjects.add(input.object.metadata.name)
      results.push(failure(call, input, thrown, warnings))
    }
  }
  return { type: 'json', status, body: { results } }
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

function failure(call: Call, input: ManifestInput, thrown: unknown, warnings: string[]): Result {
  const { problem, error } = toProblem(thrown, call.parts.redactor)
  if (error.code === 'Internal')
    call.parts.log.error('a document failed', {
      document: input.label,
      error: error.message,
      stack: error.stack,
    })
  return {
    error: problem.error,
    code: problem.code,
    name: input.label,
    ...(problem.field !== undefined && { field: problem.field }),
    ...(problem.details !== undefined && { details: problem.details }),
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
