import { actorOf } from './annotations.ts'
import { entry } from './entry.ts'
import { instantOf, isNewer } from './instant.ts'
import { isAtUpstream } from './match-upstream.ts'
import type { GateInput, Judgement } from './may-promote.ts'
import { currentReference, freightTitle, originKey, requestFor } from './origin.ts'
import { isTerminal } from './promotion-order.ts'
import { withdrawalOf } from './promotion-record.ts'
import type { Blocker } from './verdict.ts'
import { isVerificationOver } from './verification-gate.ts'
import type { PromotionView } from './views.ts'

/** The gates of a promotion that nobody asked for by hand. */
export function judgeAuto(input: GateInput): readonly Judgement[] {
  const judgements = [
    judgePolicy(input),
    judgeHold(input),
    judgeUpstream(input),
    judgeCurrent(input),
    judgeHistory(input),
  ]
  return input.at === 'create' ? [...judgements, judgeDuplicate(input)] : judgements
}

function judgePolicy({ stage, policy }: GateInput): Judgement {
  const { name } = stage.metadata
  const shared = { gate: 'policy', subject: `Stage/${name}` } as const
  if (policy.problem !== undefined) return [{ ...shared, code: 'Invalid', message: policy.problem }]
  if (policy.autoPromotionEnabled) return { gate: 'policy', by: 'enabled' }
  return [
    {
      ...shared,
      code: 'AutoPromotionDisabled',
      message: `no promotion policy of the project enables auto-promotion for stage ${name}: promote by hand, or enable it in the ProjectConfig`,
    },
  ]
}

function judgeHold({ stage, freight, holds }: GateInput): Judgement {
  const origin = originKey(freight.origin)
  const hold = entry(holds, origin)
  if (hold === undefined) return { gate: 'hold', by: 'none' }
  const who = hold.actor ?? 'someone'
  return [
    {
      code: 'HeldBack',
      gate: 'hold',
      subject: `Stage/${stage.metadata.name}`,
      message: `${who} promoted freight ${hold.freightName} by hand, which holds auto-promotion of ${origin} in stage ${stage.metadata.name}: promote the newest available freight by hand to release the hold`,
      since: instantOf(hold.createdAt),
    },
  ]
}

function judgeUpstream(input: GateInput): Judgement {
  const { stage, freight } = input
  const request = requestFor(stage, freight.origin)
  if (selectionPolicyOf(request) !== 'MatchUpstream') return { gate: 'upstream', by: 'newest' }
  if (isAtUpstream(freight, request, input)) return { gate: 'upstream', by: 'matches' }
  const upstream = request?.sources.stages?.join(', ') ?? ''
  return [
    {
      code: 'NotMatchingUpstream',
      gate: 'upstream',
      subject: `Stage/${upstream}`,
      message: `${freightTitle(freight)} is not what stage ${upstream} is at now, and stage ${stage.metadata.name} follows it: promote it by hand, or promote it there`,
    },
  ]
}

function selectionPolicyOf(request: ReturnType<typeof requestFor>): string | undefined {
  return request?.sources.autoPromotionOptions?.selectionPolicy
}

/** Not what is there already, and never older than that unless the Stage follows its upstream. */
function judgeCurrent({ stage, freight, currentFreight }: GateInput): Judgement {
  const current = currentReference(stage, freight.origin)
  if (current === undefined) return { gate: 'current', by: 'empty' }
  const shared = { gate: 'current', subject: `Stage/${stage.metadata.name}` } as const
  const title = freightTitle(freight)
  if (current.name === freight.metadata.name)
    return [
      {
        ...shared,
        code: 'AlreadyCurrent',
        message: `stage ${stage.metadata.name} is at ${title} already: nothing to do`,
      },
    ]
  if (selectionPolicyOf(requestFor(stage, freight.origin)) === 'MatchUpstream')
    return { gate: 'current', by: 'follows-upstream', proof: { current: current.name } }
  if (currentFreight === undefined || currentFreight.metadata.name !== current.name)
    return [
      {
        ...shared,
        code: 'CurrentFreightMissing',
        message: `stage ${stage.metadata.name} is at freight ${current.name}, which no longer exists, so it cannot be told whether ${title} is newer: promote by hand`,
      },
    ]
  if (isNewer(freight, currentFreight))
    return { gate: 'current', by: 'newer', proof: { current: current.name } }
  return [
    {
      ...shared,
      code: 'OlderThanCurrent',
      message: `${title} is older than ${freightTitle(currentFreight)}, which stage ${stage.metadata.name} is at, and auto-promotion never goes backwards: promote it by hand`,
    },
  ]
}

/** The same Freight did not fail here before, in its promotion or in its verification. */
function judgeHistory({ stage, freight, promotions }: GateInput): Judgement {
  const name = freight.metadata.name
  const last = newestEnded(promotions, stage.metadata.name, name)
  if (last !== undefined && last.status?.phase !== 'Succeeded')
    return [
      {
        code: 'FailedBefore',
        gate: 'history',
        subject: `Promotion/${last.metadata.name}`,
        message: `promotion ${last.metadata.name} of the same freight ended ${last.status?.phase}, and nothing is tried again automatically: find out why, then promote by hand`,
        since: instantOf(last.status?.finishedAt),
      },
    ]
  const judged = (stage.status?.freightHistory ?? []).find((collection) =>
    Object.values(collection.items ?? {}).some((reference) => reference.name === name),
  )
  const verifications = judged?.verificationHistory ?? []
  const failed =
    verifications.length > 0 &&
    verifications.every((each) => isVerificationOver(each) && each.phase !== 'Successful')
  if (!failed) return { gate: 'history', by: last === undefined ? 'untried' : 'succeeded' }
  return [
    {
      code: 'FailedBefore',
      gate: 'history',
      subject: `Stage/${stage.metadata.name}`,
      message: `${freightTitle(freight)} was in stage ${stage.metadata.name} before and did not pass verification there: find out why, then promote by hand`,
      since: instantOf(verifications[0]?.finishTime),
    },
  ]
}

function newestEnded(
  promotions: readonly PromotionView[],
  stage: string,
  freight: string,
): PromotionView | undefined {
  let newest: PromotionView | undefined
  for (const each of promotions) {
    if (each.spec.freight !== freight || each.spec.stage !== stage || !isTerminal(each)) continue
    if (withdrawalOf(each.status) !== undefined) continue
    if (newest === undefined || each.metadata.name > newest.metadata.name) newest = each
  }
  return newest
}

/** No Promotion of the same Freight to the Stage is under way, or has ended without the Stage having noted it yet. */
function judgeDuplicate({ stage, freight, promotions }: GateInput): Judgement {
  const { name } = freight.metadata
  const lastNoted = stage.status?.lastPromotion?.name ?? ''
  const same = promotions.find(
    (each) =>
      each.spec.freight === name &&
      each.spec.stage === stage.metadata.name &&
      (!isTerminal(each) || (each.status?.phase === 'Succeeded' && each.metadata.name > lastNoted)),
  )
  const current = stage.status?.currentPromotion
  if (same !== undefined) return inProgress(same.metadata.name, actorOf(same), same)
  if (current?.freight?.name === name) return inProgress(current.name, '', undefined)
  return { gate: 'duplicate', by: 'none' }
}

function inProgress(
  promotion: string,
  actor: string,
  found: PromotionView | undefined,
): readonly Blocker[] {
  const by = actor === '' ? '' : ` (by ${actor})`
  return [
    {
      code: 'InProgress',
      gate: 'duplicate',
      subject: `Promotion/${promotion}`,
      message: `promotion ${promotion}${by} of the same freight is under way: wait for it to end`,
      since: instantOf(found?.status?.startedAt ?? found?.metadata.creationTimestamp),
    },
  ]
}
