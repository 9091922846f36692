import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import type { JournalQuery } from '../../journal.ts'
import { beginningOf } from '../events.ts'
import { type Answer, type Call, operation, ok } from '../operation.ts'
import { receiverSubject } from '../webhooks/delivery-log.ts'
import { param } from './objects.ts'

const tag = 'webhooks'
const defaultLimit = 50

const DeliveriesQuery = z.object({
  receiver: z.string().optional().describe('Name of a receiver; all when absent'),
  limit: z.coerce.number().int().min(1).max(500).optional().describe('At most so many; 50'),
  before: z.coerce.number().int().min(1).optional().describe('`next` of the page before'),
})

/** What webhook receivers were sent: newest first. */
export const deliveryOperations = [
  operation({
    method: 'GET',
    path: '/v1beta1/projects/:project/webhook-deliveries',
    summary: "What the Project's webhook receivers were sent, newest first.",
    tag,
    access: { verb: 'get', resource: 'projectconfigs', name: 'project' },
    query: DeliveriesQuery,
    handle: (call) => listDeliveries(call, param(call, 'project')),
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/system/webhook-deliveries',
    summary: "What the installation's webhook receivers were sent, newest first.",
    tag,
    access: { verb: 'get', resource: 'clusterconfigs' },
    query: DeliveriesQuery,
    handle: (call) => listDeliveries(call, undefined),
  }),
]

async function listDeliveries(call: Call, project: string | undefined): Promise<Answer> {
  const parsed = DeliveriesQuery.safeParse(Object.fromEntries(call.query))
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.map(String).join('.')
    throw new GantryError('BadRequest', `${field ?? 'the query'} is not valid`, { field })
  }
  const { receiver, limit = defaultLimit, before } = parsed.data
  const query: JournalQuery = {
    kind: 'delivery',
    order: 'desc',
    limit,
    after: before,
    from: await beginningOf(call, project),
    ...(receiver === undefined
      ? { subjectPrefix: receiverSubject(project, '') }
      : { subject: receiverSubject(project, receiver) }),
  }
  const { records, next } = await call.parts.journal.range(query)
  return ok({
    items: records.map(({ time, payload }) => ({ time: new Date(time).toISOString(), ...payload })),
    ...(next !== undefined && { next }),
  })
}
