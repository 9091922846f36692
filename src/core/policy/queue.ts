import type { Promotion } from '../kinds/promotion.ts'
import type { PromotionReference, Stage, StageStatus } from '../kinds/stage.ts'
import { holdsAfter, keptHolds } from './holds.ts'
import { hasStarted, isTerminal, orderPromotions } from './promotion-order.ts'
import { gantryAfter } from './promotion-record.ts'
import { verificationWait } from './verification-gate.ts'
import type { Supported } from './policy-facts.ts'

/** Successful collections that a Stage remembers. */
const maxHistory = 10

/** What is to be written to the Stage's status; undefined removes the field, absent leaves it. */
export type StageChange = Pick<
  StageStatus,
  | 'currentPromotion'
  | 'lastPromotion'
  | 'freightHistory'
  | 'health'
  | 'autoPromotionHolds'
  | 'gantry'
>

export interface Replay {
  readonly change: StageChange
  /** The Promotions that were taken up, oldest first. */
  readonly replayed: readonly Promotion[]
  /** The newest of them that succeeded: health and verification begin anew for it. */
  readonly succeeded: Promotion | undefined
}

/**
 * Takes what has ended into the Stage's status, oldest first: holds, `lastPromotion`, the history of what succeeded.
 * A Promotion is taken up only when every older one has ended, so none is ever passed over. One that never started
 * changed nothing in the world: it becomes `lastPromotion`, but what is known of the Stage's health stays.
 */
export function replayEnded(
  stage: Stage,
  promotions: readonly Promotion[],
  autoPromotionEnabled: boolean,
): Replay {
  const status = stage.status ?? {}
  const own = promotions.filter(({ spec }) => spec.stage === stage.metadata.name)
  const ended = endedSince(own, status.lastPromotion?.name ?? '')
  let holds = keptHolds(stage, status.autoPromotionHolds, autoPromotionEnabled)
  let { lastPromotion, gantry, freightHistory = [] } = status
  let succeeded: Promotion | undefined
  for (const promotion of ended) {
    if (autoPromotionEnabled) holds = holdsAfter(stage, holds, promotion)
    gantry = gantryAfter({ gantry, lastPromotion }, promotion.status)
    lastPromotion = referenceOf(promotion, lastPromotion)
    if (promotion.status?.phase !== 'Succeeded') continue
    succeeded = promotion
    const { freightCollection } = promotion.status
    if (freightCollection !== undefined)
      freightHistory = [freightCollection, ...freightHistory].slice(0, maxHistory)
  }
  const current = own.find(({ metadata }) => metadata.name === status.currentPromotion?.name)
  return {
    change: {
      currentPromotion:
        current === undefined || isTerminal(current) ? undefined : status.currentPromotion,
      autoPromotionHolds: Object.keys(holds).length > 0 ? holds : undefined,
      ...(ended.length > 0 && { lastPromotion, gantry }),
      ...(succeeded !== undefined && { freightHistory, health: undefined }),
    },
    replayed: ended,
    succeeded,
  }
}

/** The Promotions after `lastNoted`, oldest first, up to the first that has not ended. */
function endedSince(promotions: readonly Promotion[], lastNoted: string): readonly Promotion[] {
  const ascending = promotions
    .filter(({ metadata }) => metadata.name > lastNoted)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const open = ascending.findIndex((promotion) => !isTerminal(promotion))
  return open < 0 ? ascending : ascending.slice(0, open)
}

function referenceOf(
  promotion: Promotion,
  previous: PromotionReference | undefined,
): PromotionReference {
  const { status = {}, metadata } = promotion
  const inherited = previous?.status?.freightCollection
  const kept =
    hasStarted(status) || inherited === undefined
      ? status
      : { ...status, freightCollection: inherited }
  return {
    name: metadata.name,
    ...(status.freight !== undefined && { freight: status.freight }),
    status: kept,
    ...(status.finishedAt !== undefined && { finishedAt: status.finishedAt }),
  }
}

/** What the Stage does with its queue once everything that has ended is taken up. */
export type Turn =
  /** Nothing waits. */
  | { readonly do: 'nothing' }
  /** This Promotion is the Stage's current one: judge it with `mayPromote({at: 'start'})`, then let it run. */
  | { readonly do: 'run'; readonly promotion: Promotion }
  /** This one is next, but what the Stage is at is to be verified first. */
  | { readonly do: 'wait'; readonly promotion: Promotion; readonly since: number | undefined }

/** Which Promotion of the Stage may run now: the running one, else the oldest that waits, once verification allows. */
export function nextTurn(
  stage: Stage,
  promotions: readonly Promotion[],
  supports?: Supported,
): Turn {
  const own = promotions.filter(({ spec }) => spec.stage === stage.metadata.name)
  const first = orderPromotions(own).find((each) => !isTerminal(each))
  if (first === undefined) return { do: 'nothing' }
  if (first.status?.phase === 'Running') return { do: 'run', promotion: first }
  const wait = verificationWait(stage, supports)
  return wait === undefined
    ? { do: 'run', promotion: first }
    : { do: 'wait', promotion: first, since: wait.since }
}
