import { z } from 'zod'
import { fromTimestamp, toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { entry } from '../../core/policy/entry.ts'
import { type Answer, type Call, operation, ok } from '../operation.ts'
import { requireRight } from '../check-access.ts'
import { freightCalled } from '../freight-called.ts'
import { availableFreight } from '../gate.ts'
import { listAll, listOrWatch } from '../watch.ts'
import { groupFreight } from './freight-groups.ts'
import { getOrThrow, param, remove } from './objects.ts'

const collection = '/v1beta1/projects/:project/freight'
const item = `${collection}/:freight`
const tag = 'freight'
const name = 'freight'
const mayBeAlias = true

const FreightQuery = z.object({
  stage: z.string().optional().describe('Only what can be promoted to this Stage now'),
  origins: z.array(z.string()).optional().describe('Warehouse names'),
  groupBy: z.enum(['image_repo', 'git_repo', 'chart_repo']).optional(),
  group: z.string().optional(),
  orderBy: z.enum(['first_seen', 'tag']).optional(),
  reverse: z.boolean().optional(),
})

/** Freight by its name or its alias, or NotFound; Forbidden for who may not do `verb` to what is found. */
export async function findFreight(call: Call, nameOrAlias: string, verb = 'get'): Promise<Freight> {
  const { parts, actor } = call
  const namespace = param(call, 'project')
  const found = await freightCalled(parts.store, namespace, nameOrAlias)
  const name = found?.metadata.name ?? nameOrAlias
  const request = {
    verb,
    group: FreightKind.group,
    resource: FreightKind.plural,
    namespace,
    name,
  }
  await requireRight(parts, actor, request, nameOrAlias)
  if (found !== undefined) return found
  throw new GantryError(
    'NotFound',
    `no Freight has the name or alias ${JSON.stringify(nameOrAlias)}`,
  )
}

/** When the Freight was first seen, epoch milliseconds. */
export function discoveredAtMs(freight: Freight): number {
  return fromTimestamp(freight.discoveredAt ?? freight.metadata.creationTimestamp) ?? 0
}

export const freightOperations = [
  operation({
    method: 'GET',
    path: collection,
    summary: 'The Freight of a Project, grouped and ordered.',
    tag,
    access: { verb: 'list', resource: 'freights' },
    query: FreightQuery,
    answers: { status: 200, watchable: true },
    handle: async (call) => {
      const namespace = param(call, 'project')
      const origins = call.query.getAll('origins').flatMap((value) => value.split(','))
      const isWanted = (freight: Freight): boolean =>
        origins.length === 0 || origins.includes(freight.origin.name)
      if (call.query.get('watch') === 'true')
        return listOrWatch(call, FreightKind, { namespace, keep: isWanted, isKeptForGood: true })
      const stageName = call.query.get('stage')
      if (stageName) {
        const { group, plural: resource } = StageKind
        const request = { verb: 'get', group, resource, namespace, name: stageName }
        await requireRight(call.parts, call.actor, request)
        const stage = await getOrThrow(call, StageKind, { namespace, name: stageName })
        return ok({ groups: groupFreight(await availableFreight(call, stage), call.query) })
      }
      const { resourceVersion } = await call.parts.store.list(FreightKind, { namespace, limit: 1 })
      const items = (await listAll(call.parts.store, FreightKind, { namespace })).filter(isWanted)
      return ok({ groups: groupFreight(items, call.query), resourceVersion })
    },
  }),
  operation({
    method: 'GET',
    path: item,
    summary: 'One piece of Freight, by name or alias.',
    tag,
    access: { verb: 'get', resource: 'freights', name, mayBeAlias },
    answers: { status: 200, kind: 'Freight' },
    handle: async (call) => ok(await findFreight(call, param(call, name))),
  }),
  operation({
    method: 'DELETE',
    path: item,
    summary: 'Delete Freight that no Stage uses.',
    tag,
    access: { verb: 'delete', resource: 'freights', name, mayBeAlias },
    answers: { status: 204 },
    handle: async (call) => {
      const { metadata } = await findFreight(call, param(call, name), 'delete')
      return remove(call, FreightKind, { namespace: metadata.namespace, name: metadata.name })
    },
  }),
  operation({
    method: 'PATCH',
    path: `${item}/alias`,
    summary: 'Give Freight another alias.',
    tag,
    access: { verb: 'patch', resource: 'freights', name, mayBeAlias },
    query: z.object({ newAlias: z.string() }),
    answers: { status: 200, kind: 'Freight' },
    handle: async (call) => {
      const alias = call.query.get('newAlias')?.trim() ?? ''
      if (alias === '')
        throw new GantryError('BadRequest', 'newAlias must not be empty', { field: 'newAlias' })
      const { metadata } = await findFreight(call, param(call, name), 'patch')
      const ref = { namespace: metadata.namespace, name: metadata.name }
      return ok(await call.parts.store.patch(FreightKind, ref, { alias }, { actor: call.actor }))
    },
  }),
  operation({
    method: 'POST',
    path: `${item}/approve`,
    summary: 'Approve Freight for a Stage: it may enter without verification and soak upstream.',
    tag,
    access: { verb: 'promote', resource: 'stages', nameQuery: 'stage' },
    query: z.object({ stage: z.string() }),
    answers: { status: 200, kind: 'Freight' },
    handle: approve,
  }),
]

async function approve(call: Call): Promise<Answer> {
  const namespace = param(call, 'project')
  const stageName = call.query.get('stage') ?? ''
  if (stageName === '')
    throw new GantryError('BadRequest', 'say which stage with ?stage=', { field: 'stage' })
  const freight = await findFreight(call, param(call, name))
  const stage = await getOrThrow(call, StageKind, { namespace, name: stageName })
  const isRequested = stage.spec.requestedFreight.some(
    ({ origin }) => origin.kind === freight.origin.kind && origin.name === freight.origin.name,
  )
  if (!isRequested) {
    throw new GantryError(
      'BadRequest',
      `stage ${stageName} requests no Freight from ${freight.origin.kind} ${freight.origin.name}`,
    )
  }
  if (entry(freight.status?.approvedFor, stageName) !== undefined) return ok(freight)
  const approvedFor = { [stageName]: { approvedAt: toTimestamp(call.parts.clock.now()) } }
  const ref = { namespace, name: freight.metadata.name }
  return ok(
    await call.parts.store.patchStatus(
      FreightKind,
      ref,
      { status: { approvedFor } },
      { actor: call.actor },
    ),
  )
}
