import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import { type JsonObject, jsonText } from '../../core/json.ts'
import { EventKind } from '../../core/kinds/event.ts'
import { allKinds, kindByName } from '../../core/kinds/index.ts'
import { NamespaceKind } from '../../core/kinds/namespace.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { PromotionKind } from '../../core/kinds/promotion.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { isListable, isReadableProject, projectNotFound } from '../access.ts'
import { getEvent, listEvents, refuseEvents } from '../events.ts'
import { type Answer, type Call, operation, ok } from '../operation.ts'
import { streamKinds } from '../stream.ts'
import { listOrWatch } from '../watch.ts'
import { authorizeWrite } from '../write-access.ts'
import { getOrThrow, okShown, param, remove } from './objects.ts'

const prefix = '/v1beta1/gantry'
const tag = 'gantry'

const ObjectsQuery = z.object({
  project: z.string().optional().describe('Namespace of namespaced kinds'),
})

export const gantryOperations = [
  operation({
    method: 'GET',
    path: `${prefix}/catalog`,
    summary:
      'Steps, sources, metrics, hosts, agents, credentials and receivers, each with its JSON Schema.',
    tag,
    access: 'signed-in',
    answers: { status: 200 },
    handle: async ({ parts }) => ok(parts.catalog()),
  }),
  operation({
    method: 'POST',
    path: `${prefix}/link`,
    summary: 'A link that signs a browser in as the caller, once.',
    tag,
    access: 'signed-in',
    answers: { status: 201 },
    handle: async ({ actor, parts }) => {
      if (!actor.superuser) throw new GantryError('Forbidden', 'only the admin can make a link')
      return ok({ url: parts.linkUrl() }, 201)
    },
  }),
  operation({
    method: 'GET',
    path: `${prefix}/kinds`,
    summary: 'The resource kinds, with the names by which they can be called.',
    tag,
    access: 'signed-in',
    answers: { status: 200 },
    handle: async () =>
      ok({
        items: allKinds.map(({ kind, apiVersion, plural, shortNames, namespaced, summary }) => ({
          kind,
          apiVersion,
          plural,
          shortNames,
          namespaced,
          summary,
        })),
      }),
  }),
  operation({
    method: 'GET',
    path: `${prefix}/objects/:kind`,
    summary: 'Objects of any kind, as a list or a watch.',
    tag,
    access: 'signed-in',
    query: ObjectsQuery,
    answers: { status: 200, watchable: true },
    handle: async (call) => {
      const { kind, namespace } = await readableKind(call, 'list')
      if (call.query.get('watch') === 'true') refuseEvents(kind, 'watched')
      await refuseUnknownPlace(call, namespace)
      if (kind === EventKind) return listEvents(call, namespace)
      const answer = await listOrWatch<KubeObject>(call, kind, { namespace })
      return answer.type === 'events'
        ? { ...answer, admit: () => readableKind(call, 'list') }
        : answer
    },
  }),
  operation({
    method: 'GET',
    path: `${prefix}/objects/:kind/:name`,
    summary: 'One object of any kind.',
    tag,
    access: 'signed-in',
    query: ObjectsQuery,
    answers: { status: 200 },
    handle: async (call) => {
      const { kind, namespace } = await readableKind(call, 'get')
      if (kind === EventKind) return getEvent(call, namespace, param(call, 'name'))
      return okShown(
        call,
        kind,
        await getOrThrow(call, kind, { namespace, name: param(call, 'name') }),
      )
    },
  }),
  operation({
    method: 'DELETE',
    path: `${prefix}/objects/:kind/:name`,
    summary: 'Delete one object of any kind.',
    tag,
    access: 'signed-in',
    query: ObjectsQuery,
    answers: { status: 204 },
    handle: async (call): Promise<Answer> => {
      const { kind, namespace } = await readableKind(call, 'delete')
      refuseEvents(kind, 'deleted')
      const ref = { namespace, name: param(call, 'name') }
      const live = await getOrThrow(call, kind, ref)
      await authorizeWrite(call, kind, live, 'delete')
      return remove(call, kind, ref)
    },
  }),
  operation({
    method: 'GET',
    path: `${prefix}/waiting`,
    summary: 'What waits, for what, since when and until when. Volatile: never stored.',
    tag,
    access: 'signed-in',
    query: z.object({
      project: z.string(),
      kind: z.string().optional(),
      name: z.string().optional(),
    }),
    answers: { status: 200 },
    handle: async (call) => {
      const namespace = await readableProject(call)
      const kind = call.query.get('kind') ?? undefined
      const name = call.query.get('name') ?? undefined
      const items = call.parts.inspect({ namespace, kind, name })
      const shown = await Promise.all(items.map((item) => isKindListable(call, item, namespace)))
      const known = items.filter((_, index) => shown[index])
      return ok({ items: call.parts.redactor.redactValue(known) })
    },
  }),
  operation({
    method: 'GET',
    path: `${prefix}/stream`,
    summary:
      'Everything that changes in a Project (or, without one, among Projects), as one resumable stream.',
    tag,
    access: 'signed-in',
    query: z.object({ project: z.string().optional() }),
    answers: { status: 200, watchable: true },
    handle: async (call): Promise<Answer> => {
      const namespace = call.query.has('project') ? await readableProject(call) : undefined
      if (namespace === undefined && !call.actor.superuser) {
        throw new GantryError('BadRequest', 'say which project with ?project=', {
          field: 'project',
        })
      }
      const kinds = await streamedKinds(call, namespace)
      return {
        type: 'events',
        events: streamKinds(call, namespace, kinds),
        admit: async () => {
          const still = await streamedKinds(call, namespace)
          if (namespace === undefined || kinds.every((kind) => still.includes(kind))) return
          throw new GantryError('Forbidden', `${call.actor.id} may read less than before`)
        },
      }
    },
  }),
]

/** An empty list of what lies nowhere would pass a mistyped name over in silence. */
async function refuseUnknownPlace({ parts }: Call, namespace: string | undefined): Promise<void> {
  if (namespace === undefined || Object.values(parts.namespaces).includes(namespace)) return
  for (const kind of [ProjectKind, NamespaceKind])
    if ((await parts.store.get<KubeObject>(kind, { name: namespace })) !== undefined) return
  throw projectNotFound(namespace)
}

const projectKinds: readonly Kind[] = [WarehouseKind, FreightKind, StageKind, PromotionKind]

/** What the stream tells of: of a Project whatever of it the caller may list, else the Projects. */
async function streamedKinds(call: Call, project: string | undefined): Promise<readonly Kind[]> {
  if (project === undefined) return [ProjectKind]
  const isShown = await Promise.all(
    projectKinds.map((kind) => isListable(call.parts, call.actor, kind, project)),
  )
  return projectKinds.filter((_, index) => isShown[index])
}

/** Whether the caller may know of an object of the kind that this fact is about. */
async function isKindListable(call: Call, fact: JsonObject, namespace: string): Promise<boolean> {
  const kind = kindByName(jsonText(fact['kind']))
  return kind !== undefined && isListable(call.parts, call.actor, kind, namespace)
}

async function readableProject(call: Call): Promise<string> {
  const project = call.query.get('project') ?? ''
  if (await isReadableProject(call.parts, call.actor, project)) return project
  throw projectNotFound(project)
}

/** The kind that the path names and the namespace that the query names, when the caller may do `verb` there. */
async function readableKind(
  call: Call,
  verb: string,
): Promise<{ kind: Kind; namespace: string | undefined }> {
  const word = param(call, 'kind')
  const kind = kindByName(word)
  if (kind === undefined) {
    const known = allKinds.map(({ plural }) => plural).join(', ')
    throw new GantryError(
      'NotFound',
      `there is no kind ${JSON.stringify(word)}; there are ${known}`,
    )
  }
  const namespace = kind.namespaced ? (call.query.get('project') ?? undefined) : undefined
  if (kind.namespaced && namespace === undefined && !call.actor.superuser) {
    throw new GantryError(
      'BadRequest',
      `${kind.plural} live in a project: say which with ?project=`,
      { field: 'project' },
    )
  }
  if (call.actor.superuser) return { kind, namespace }
  const name = call.params['name']
  const request = { verb, group: kind.group, resource: kind.plural, namespace, name }
  if (await call.parts.authorize(call.actor, request)) return { kind, namespace }
  // What the caller may read is no secret: they are told that they lack a right.
  const isRead =
    kind === ProjectKind
      ? await isReadableProject(call.parts, call.actor, name ?? '')
      : await call.parts.authorize(call.actor, { ...request, verb: 'get' })
  if (!isRead) throw new GantryError('NotFound', `${kind.plural} not found`)
  const what = `${kind.kind} ${JSON.stringify(refKey({ namespace, name: name ?? '' }))}`
  throw new GantryError('Forbidden', `${call.actor.id} may not ${verb} ${what}`)
}
