import { z } from 'zod'
import { StageKind } from '../../core/kinds/stage.ts'
import { explainInStore } from '../gate.ts'
import { operation, ok } from '../operation.ts'
import { listOrWatch, watchOne } from '../watch.ts'
import { findFreight } from './freight.ts'
import { getOrThrow, okShown, param, projectRef, refresh, remove } from './objects.ts'
import { PromoteBody, promote, promoteDownstream } from './promote.ts'

const collection = '/v1beta1/projects/:project/stages'
const item = `${collection}/:stage`
const tag = 'stages'
const name = 'stage'
const maxBytes = 1024 * 1024

export const stageOperations = [
  operation({
    method: 'GET',
    path: collection,
    summary: 'The Stages of a Project.',
    tag,
    access: { verb: 'list', resource: 'stages' },
    query: z.object({ freightOrigins: z.array(z.string()).optional().describe('Warehouse names') }),
    answers: { status: 200, kind: 'StageList', watchable: true },
    handle: (call) => {
      const origins = call.query.getAll('freightOrigins').flatMap((value) => value.split(','))
      return listOrWatch(call, StageKind, {
        namespace: param(call, 'project'),
        keep: (stage) =>
          origins.length === 0 ||
          stage.spec.requestedFreight.some(({ origin }) => origins.includes(origin.name)),
      })
    },
  }),
  operation({
    method: 'GET',
    path: item,
    summary: 'One Stage.',
    tag,
    access: { verb: 'get', resource: 'stages', name },
    answers: { status: 200, kind: 'Stage', watchable: true },
    handle: async (call) => {
      const ref = projectRef(call, name)
      const found = await getOrThrow(call, StageKind, ref)
      return call.query.get('watch') === 'true'
        ? watchOne(call, StageKind, ref)
        : okShown(call, StageKind, found)
    },
  }),
  operation({
    method: 'DELETE',
    path: item,
    summary: 'Delete a Stage.',
    tag,
    access: { verb: 'delete', resource: 'stages', name },
    answers: { status: 204 },
    handle: (call) => remove(call, StageKind, projectRef(call, name)),
  }),
  operation({
    method: 'POST',
    path: `${item}/refresh`,
    summary: 'Look at a Stage now.',
    tag,
    access: { verb: 'patch', resource: 'stages', name },
    answers: { status: 200, kind: 'Stage' },
    handle: (call) => refresh(call, StageKind, projectRef(call, name)),
  }),
  operation({
    method: 'GET',
    path: `${item}/explain`,
    summary: 'What keeps Freight from entering a Stage, each reason as a sentence.',
    tag,
    access: { verb: 'get', resource: 'stages', name },
    query: z.object({
      freight: z.string().optional().describe('Only this Freight, by name or alias'),
    }),
    answers: { status: 200 },
    handle: async (call) => {
      const stage = await getOrThrow(call, StageKind, projectRef(call, name))
      const wanted = call.query.get('freight')
      return ok(
        await explainInStore(call, stage, wanted ? await findFreight(call, wanted) : undefined),
      )
    },
  }),
  operation({
    method: 'POST',
    path: `${item}/promotions`,
    summary: 'Promote Freight to a Stage.',
    tag,
    access: { verb: 'promote', resource: 'stages', name },
    body: { type: 'json', schema: PromoteBody, maxBytes },
    answers: { status: 201, kind: 'Promotion' },
    handle: promote,
  }),
  operation({
    method: 'POST',
    path: `${item}/promotions/downstream`,
    summary: 'Promote Freight to every Stage right after this one.',
    tag,
    access: { verb: 'get', resource: 'stages', name },
    body: { type: 'json', schema: PromoteBody, maxBytes },
    answers: { status: 201 },
    handle: promoteDownstream,
  }),
]
