import { z } from 'zod'
import { GantryError, asGantryError } from '../../core/errors.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { promotionProblem, explainInStore } from '../gate.ts'
import { type Answer, type Call, operation, ok } from '../operation.ts'
import { toProblem } from '../problem.ts'
import { listAll, listOrWatch } from '../watch.ts'
import { findFreight } from './freight.ts'
import { getOrThrow, param, projectRef, refresh, remove } from './objects.ts'

const collection = '/v1beta1/projects/:project/stages'
const item = `${collection}/:stage`
const tag = 'stages'
const name = 'stage'
const maxBytes = 1024 * 1024

const PromoteBody = z.object({
  freight: z.string().min(1).optional().describe('Name (or alias) of the Freight'),
  freightAlias: z.string().min(1).optional().describe('Alias of the Freight'),
  origin: z
    .string()
    .min(1)
    .optional()
    .describe('`Warehouse/<name>`: what auto-promotion would choose'),
})

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
      if (call.query.get('watch') !== 'true') return ok(found)
      return listOrWatch(call, StageKind, {
        namespace: ref.namespace,
        keep: (stage) => stage.metadata.name === ref.name,
      })
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

async function promote(call: Call): Promise<Answer> {
  const ref = projectRef(call, name)
  const stage = await getOrThrow(call, StageKind, ref)
  const { freight, freightAlias, origin } = PromoteBody.parse(call.body)
  if ([freight, freightAlias, origin].filter((value) => value !== undefined).length !== 1) {
    throw new GantryError(
      'BadRequest',
      'exactly one of freight, freightAlias and origin must be given',
    )
  }
  if (origin !== undefined) {
    const [kind, originName, ...rest] = origin.split('/')
    if (kind !== 'Warehouse' || !originName || rest.length > 0) {
      throw new GantryError(
        'BadRequest',
        `origin must look like Warehouse/<name>, not ${JSON.stringify(origin)}`,
        { field: 'origin' },
      )
    }
    return created(await createPromotion(call, stage, { origin: { kind, name: originName } }))
  }
  const found = await findFreight(call, freight ?? freightAlias ?? '')
  await refuseUnavailable(call, stage, found)
  return created(await createPromotion(call, stage, { freight: found.metadata.name }))
}

function created(promotion: Promotion): Answer {
  return { type: 'json', status: 201, body: promotion }
}

async function refuseUnavailable(call: Call, stage: Stage, freight: Freight): Promise<void> {
  const problem = await promotionProblem(call, stage, freight)
  if (problem !== undefined) {
    throw new GantryError(
      'BadRequest',
      `freight ${freight.alias ?? freight.metadata.name} cannot enter stage ${stage.metadata.name}: ${problem}`,
    )
  }
}

/** Admission names it, completes it and judges it. */
async function createPromotion(
  call: Call,
  stage: Stage,
  what: { freight: string } | { origin: { kind: 'Warehouse'; name: string } },
): Promise<Promotion> {
  const promotion: Promotion = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: {
      name: '',
      namespace: stage.metadata.namespace,
      annotations: { 'kargo.akuity.io/create-actor': call.actor.id },
    },
    spec: { stage: stage.metadata.name, ...what },
  }
  return call.parts.store.create(PromotionKind, promotion, { actor: call.actor })
}

/** All or nothing where rights and availability are concerned; 207 when some could not be created all the same. */
async function promoteDownstream(call: Call): Promise<Answer> {
  const { namespace, name: upstream } = projectRef(call, name)
  await getOrThrow(call, StageKind, { namespace, name: upstream })
  const { freight, freightAlias, origin } = PromoteBody.parse(call.body)
  if ((freight === undefined) === (freightAlias === undefined) || origin !== undefined) {
    throw new GantryError('BadRequest', 'exactly one of freight and freightAlias must be given')
  }
  const found = await findFreight(call, freight ?? freightAlias ?? '')
  const downstream = (
    await listAll(call.parts.store, StageKind, {
      namespace,
      index: { name: 'upstream', key: upstream },
    })
  ).filter((stage) => (stage.spec.promotionTemplate?.spec.steps?.length ?? 0) > 0)
  if (downstream.length === 0)
    throw new GantryError('NotFound', `no stage takes freight from stage ${upstream}`)
  for (const stage of downstream) {
    const request = {
      verb: 'promote',
      group: 'kargo.akuity.io',
      resource: 'stages',
      namespace,
      name: stage.metadata.name,
    }
    if (!(await call.parts.authorize(call.actor, request))) {
      throw new GantryError(
        'Forbidden',
        `${call.actor.id} may not promote to stage ${stage.metadata.name}`,
      )
    }
  }
  for (const stage of downstream) await refuseUnavailable(call, stage, found)
  const promotions: Promotion[] = []
  const errors: string[] = []
  for (const stage of downstream) {
    try {
      promotions.push(await createPromotion(call, stage, { freight: found.metadata.name }))
    } catch (thrown) {
      errors.push(
        `${stage.metadata.name}: ${toProblem(asGantryError(thrown), call.parts.redactor).problem.error}`,
      )
    }
  }
  if (errors.length === 0) return { type: 'json', status: 201, body: { promotions } }
  return { type: 'json', status: 207, body: { promotions, errors: errors.join('; ') } }
}
