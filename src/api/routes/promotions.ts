import { z } from 'zod'
import { annotations } from '../../core/kinds/labels.ts'
import { isTerminal, PromotionKind } from '../../core/kinds/promotion.ts'
import { operation, ok } from '../operation.ts'
import { countIn } from '../query.ts'
import { listOrWatch, watchOne } from '../watch.ts'
import { annotate, getOrThrow, param, projectRef, refresh } from './objects.ts'

const collection = '/v1beta1/projects/:project/promotions'
const item = `${collection}/:promotion`
const tag = 'promotions'
const name = 'promotion'
const maxLogLines = 1000

export const promotionOperations = [
  operation({
    method: 'GET',
    path: collection,
    summary: 'The Promotions of a Project, or of one Stage.',
    tag,
    access: { verb: 'list', resource: 'promotions' },
    query: z.object({ stage: z.string().optional().describe('Only those to this Stage') }),
    answers: { status: 200, kind: 'PromotionList', watchable: true },
    handle: (call) => {
      const stage = call.query.get('stage')
      return listOrWatch(call, PromotionKind, {
        namespace: param(call, 'project'),
        ...(stage && { query: { index: { name: 'stage', key: stage } } }),
      })
    },
  }),
  operation({
    method: 'GET',
    path: item,
    summary: 'One Promotion.',
    tag,
    access: { verb: 'get', resource: 'promotions', name },
    answers: { status: 200, kind: 'Promotion', watchable: true },
    handle: async (call) => {
      const ref = projectRef(call, name)
      const found = await getOrThrow(call, PromotionKind, ref)
      return call.query.get('watch') === 'true' ? watchOne(call, PromotionKind, ref) : ok(found)
    },
  }),
  operation({
    method: 'POST',
    path: `${item}/abort`,
    summary: 'Abort a Promotion; nothing happens when it has ended.',
    tag,
    access: { verb: 'patch', resource: 'promotions', name },
    answers: { status: 200, kind: 'Promotion' },
    handle: async (call) => {
      const ref = projectRef(call, name)
      const promotion = await getOrThrow(call, PromotionKind, ref)
      if (isTerminal(promotion.status?.phase)) return ok(promotion)
      const request = { action: 'terminate', actor: call.actor.id, controlPlane: false }
      return ok(
        await annotate(call, PromotionKind, ref, {
          [annotations.abort]: JSON.stringify(request),
        }),
      )
    },
  }),
  operation({
    method: 'POST',
    path: `${item}/refresh`,
    summary: 'Look at a Promotion again now.',
    tag,
    access: { verb: 'patch', resource: 'promotions', name },
    answers: { status: 200, kind: 'Promotion' },
    handle: (call) => refresh(call, PromotionKind, projectRef(call, name)),
  }),
  operation({
    method: 'GET',
    path: `${item}/logs`,
    summary: "What the Promotion's steps said, oldest first.",
    tag,
    access: { verb: 'get', resource: 'promotions', name },
    query: z.object({ after: z.number().optional().describe('`next` of the page before') }),
    answers: { status: 200 },
    handle: async (call) => {
      const ref = projectRef(call, name)
      await getOrThrow(call, PromotionKind, ref)
      const after = countIn(call, 'after') ?? 0
      const page = await call.parts.journal.range({
        kind: 'step-log',
        subject: `Promotion/${ref.namespace}/${ref.name}`,
        order: 'asc',
        limit: maxLogLines,
        ...(after > 0 && { after }),
      })
      const lines = page.records.map(({ seq, time, payload }) => ({ seq, time, ...payload }))
      return ok({ lines, ...(page.next !== undefined && { next: page.next }) })
    },
  }),
]
