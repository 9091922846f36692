import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { annotations, labels } from '../../core/kinds/labels.ts'
import type { Promotion } from '../../core/kinds/promotion.ts'
import { originKey } from '../../core/kinds/artifacts.ts'
import type { Stage } from '../../core/kinds/stage.ts'
import { labelValue, promotionName } from '../../core/names.ts'
import { triggerOf } from '../../core/policy/annotations.ts'
import { type Decision, recordDecision } from '../../core/policy/decision.ts'
import { holdIntent } from '../../core/policy/holds.ts'
import { type GateInput, mayPromote } from '../../core/policy/may-promote.ts'
import { isControlFlow } from '../../core/policy/origin.ts'
import { describeBlockers } from '../../core/policy/verdict.ts'
import { eventRecord, freightAnnotations, promotionAnnotations, subjectOf } from '../events.ts'
import type { Write } from './parts.ts'
import {
  lastPromotionName,
  type PolicyFacts,
  readCandidate,
  readCurrentFreight,
  readPolicyFacts,
} from './policy-facts.ts'
import { readSteps } from './promotion-steps.ts'
import { forbidden, invalid } from './refuse.ts'
import { setShardLabel } from './shard.ts'

/** Whatever was asked for beyond Stage and Freight, the Stage says what a Promotion is; the gate kernel says whether. */
export async function completePromotion(write: Write<Promotion>, stage: Stage): Promise<Promotion> {
  const { object, reader } = write
  checkShape(object, stage)
  setActor(write)
  const facts = await readPolicyFacts(write, stage)
  const freight = await findFreight(write, stage, facts)
  const decision = await judge(write, stage, freight, facts)
  const { target } = object.spec
  object.spec = {
    stage: stage.metadata.name,
    freight: freight.metadata.name,
    ...(target !== undefined && { target }),
    ...(await readSteps(stage, reader)),
  }
  setName(write, stage, freight, facts)
  await setIntent(write, stage, freight, facts)
  setBelonging(object, stage)
  write.record({ kind: 'decision', subject: subjectOf(object), payload: { ...decision } })
  recordCreation(write, freight)
  return object
}

function checkShape(object: Promotion, stage: Stage): void {
  const { freight, origin, target } = object.spec
  if ((freight === undefined) === (origin === undefined)) {
    throw invalid(object, 'spec', 'exactly one of freight and origin must be set')
  }
  const isChild = isOwnedByRequest(object)
  if (target !== undefined && !isChild) {
    throw invalid(object, 'spec.target', 'can only be set by a PromotionRequest')
  }
  const { name } = stage.metadata
  if (stage.spec.targets !== undefined && !isChild) {
    throw invalid(
      object,
      'spec.stage',
      `stage "${name}" promotes to targets: use a PromotionRequest`,
    )
  }
  if (isControlFlow(stage)) {
    throw invalid(
      object,
      'spec.stage',
      `stage "${name}" has no promotion steps: Freight passes through it by itself`,
    )
  }
}

function isOwnedByRequest(object: Promotion): boolean {
  return (object.metadata.ownerReferences ?? []).some(({ kind }) => kind === 'PromotionRequest')
}

/** Who asks is recorded. Gantry's own parts may say for whom they act. */
function setActor({ object, actor }: Write<Promotion>): void {
  if (actor.controlPlane) return
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [annotations.createActor]: actor.id,
  }
}

async function findFreight(
  { object, reader }: Write<Promotion>,
  stage: Stage,
  facts: PolicyFacts,
): Promise<Freight> {
  const { freight: name, origin } = object.spec
  if (origin === undefined) {
    const { namespace } = object.metadata
    const freight = await reader.get(FreightKind, { namespace, name: name ?? '' })
    if (freight !== undefined) return freight
    throw invalid(object, 'spec.freight', `there is no Freight "${name ?? ''}"`)
  }
  const candidate = await readCandidate(reader, stage, origin, facts)
  if (candidate !== undefined) return candidate
  throw invalid(
    object,
    'spec.origin',
    `no Freight of ${originKey(origin)} is available to stage "${stage.metadata.name}" now`,
  )
}

/** The gate: the kernel judges; what it judged and why is journaled with the Promotion. */
async function judge(
  { object, reader, parts }: Write<Promotion>,
  stage: Stage,
  freight: Freight,
  facts: PolicyFacts,
): Promise<Decision> {
  const trigger = triggerOf(object)
  const input: GateInput = {
    ...facts,
    stage,
    freight,
    trigger,
    at: 'create',
    supports: parts.supports,
    currentFreight: await readCurrentFreight(reader, stage, freight.origin),
  }
  const verdict = mayPromote(input)
  if (verdict.allowed) return recordDecision(input, verdict)
  const why = describeBlockers(verdict.blockers)
  throw trigger === 'auto' ? forbidden(object, why) : invalid(object, 'spec.freight', why)
}

function setName(
  { object, parts }: Write<Promotion>,
  stage: Stage,
  freight: Freight,
  facts: PolicyFacts,
): void {
  object.metadata.name = promotionName({
    stage: stage.metadata.name,
    freight: freight.metadata.name,
    now: facts.now,
    entropy: parts.random(10),
    last: lastPromotionName(stage, facts),
  })
  delete object.metadata.generateName
}

/** Only what a person asked for says something about holds, and only admission says what. */
async function setIntent(
  { object, actor, reader }: Write<Promotion>,
  stage: Stage,
  freight: Freight,
  facts: PolicyFacts,
): Promise<void> {
  if (actor.controlPlane && triggerOf(object) === 'auto') return
  const {
    [annotations.autoPromotionHold]: _hold,
    [annotations.autoPromotionResume]: _resume,
    ...others
  } = object.metadata.annotations ?? {}
  const { autoPromotionEnabled } = facts.policy
  const candidate = autoPromotionEnabled
    ? await readCandidate(reader, stage, freight.origin, facts)
    : undefined
  const intent = holdIntent({
    stage,
    freight,
    candidate: candidate?.metadata.name,
    autoPromotionEnabled,
  })
  object.metadata.annotations =
    intent === undefined ? others : { ...others, [intent.annotation]: intent.value }
}

function setBelonging(object: Promotion, stage: Stage): void {
  const { metadata } = object
  const { name, uid = '' } = stage.metadata
  metadata.labels = { ...metadata.labels, [labels.stage]: labelValue(name) }
  metadata.annotations = { ...metadata.annotations, [annotations.stage]: name }
  setShardLabel(object, stage.spec.shard)
  if (isOwnedByRequest(object)) return
  metadata.ownerReferences = [
    {
      apiVersion: stage.apiVersion,
      kind: stage.kind,
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    },
  ]
}

function recordCreation(write: Write<Promotion>, freight: Freight): void {
  const { object, actor, parts } = write
  if (actor.controlPlane) return
  write.record(
    eventRecord(
      {
        object,
        reason: 'PromotionCreated',
        message: `Promotion created for Stage "${object.spec.stage}" by "${actor.id}"`,
        actor: actor.id,
        annotations: { ...promotionAnnotations(object), ...freightAnnotations(freight) },
      },
      parts.clock.now(),
    ),
  )
}
