import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { kargoGroup } from '../../core/kinds/shared.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { isControlFlow } from '../../core/policy/origin.ts'
import { promotionProblem } from '../gate.ts'
import { type Answer, type Call, ok } from '../operation.ts'
import { type Problem, toProblem } from '../problem.ts'
import { listAll } from '../watch.ts'
import { findFreight } from './freight.ts'
import { getOrThrow, projectRef } from './objects.ts'

const name = 'stage'

export const PromoteBody = z.object({
  freight: z.string().min(1).optional().describe('Name (or alias) of the Freight'),
  freightAlias: z.string().min(1).optional().describe('Alias of the Freight'),
  origin: z
    .string()
    .min(1)
    .optional()
    .describe('`Warehouse/<name>`: what auto-promotion would choose'),
})

/** Judged here with a sentence for people, and by admission once more. */
export async function promote(call: Call): Promise<Answer> {
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
    return ok(await createPromotion(call, stage, { origin: { kind, name: originName } }), 201)
  }
  const found = await findFreight(call, freight ?? freightAlias ?? '')
  await refuseUnavailable(call, stage, found)
  return ok(await createPromotion(call, stage, { freight: found.metadata.name }), 201)
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
      annotations: { [annotations.createActor]: call.actor.id },
    },
    spec: { stage: stage.metadata.name, ...what },
  }
  return call.parts.store.create(PromotionKind, promotion, { actor: call.actor })
}

/**
 * All or nothing where rights and availability are concerned; 207 when some could not be created all the same. Every
 * Stage has a result of its own, beside the joined `errors` of Kargo's.
 */
export async function promoteDownstream(call: Call): Promise<Answer> {
  const upstream = await getOrThrow(call, StageKind, projectRef(call, name))
  const { freight, freightAlias, origin } = PromoteBody.parse(call.body)
  if ((freight === undefined) === (freightAlias === undefined) || origin !== undefined) {
    throw new GantryError('BadRequest', 'exactly one of freight and freightAlias must be given')
  }
  const found = await findFreight(call, freight ?? freightAlias ?? '')
  const downstream = await stagesAfter(call, upstream)
  for (const stage of downstream) await requirePromote(call, stage)
  for (const stage of downstream) await refuseUnavailable(call, stage, found)
  const promotions: Promotion[] = []
  const results: DownstreamResult[] = []
  for (const stage of downstream) {
    try {
      const made = await createPromotion(call, stage, { freight: found.metadata.name })
      promotions.push(made)
      results.push({ stage: stage.metadata.name, promotion: made.metadata.name })
    } catch (thrown) {
      const { problem, error } = toProblem(thrown, call.parts.redactor)
      if (error.code === 'Internal')
        call.parts.log.error('a promotion failed', { error: error.message, stack: error.stack })
      results.push({ stage: stage.metadata.name, ...problem })
    }
  }
  const errors = results.flatMap((each) =>
    'error' in each ? [`${each.stage}: ${each.error}`] : [],
  )
  if (errors.length === 0) return ok({ promotions, results }, 201)
  return ok({ promotions, results, errors: errors.join('; ') }, 207)
}

type DownstreamResult =
  | { readonly stage: string; readonly promotion: string }
  | ({ readonly stage: string } & Problem)

/** The Stages right after one, without those that hold no Freight. NotFound when nothing is left. */
async function stagesAfter(call: Call, { metadata }: Stage): Promise<readonly Stage[]> {
  const { namespace, name: upstream } = metadata
  const index = { name: 'upstream', key: upstream }
  const after = await listAll(call.parts.store, StageKind, { namespace, index })
  const downstream = after.filter((stage) => !isControlFlow(stage))
  if (downstream.length > 0) return downstream
  const passed = after.map((stage) => stage.metadata.name).join(', ')
  throw new GantryError(
    'NotFound',
    after.length === 0
      ? `no stage takes freight from stage ${upstream}`
      : `no stage right after ${upstream} has promotion steps: freight passes through ${passed} by itself`,
  )
}

async function requirePromote(call: Call, { metadata }: Stage): Promise<void> {
  const request = {
    verb: 'promote',
    group: kargoGroup,
    resource: 'stages',
    namespace: metadata.namespace,
    name: metadata.name,
  }
  if (await call.parts.authorize(call.actor, request)) return
  throw new GantryError('Forbidden', `${call.actor.id} may not promote to stage ${metadata.name}`)
}
