import { fromTimestamp, toTimestamp } from '../clock.ts'
import type { FreightCollection, VerificationInfo } from '../kinds/freight-collection.ts'
import type { Stage } from '../kinds/stage.ts'
import type { DesiredCondition } from './conditions.ts'
import { referencesOf } from './freight-collection.ts'
import type { Supported } from './policy-facts.ts'
import { isVerificationOver } from './verification-gate.ts'

/** Verifications that a collection remembers. */
const maxHistory = 10

/** What to do about the verification of what the Stage is at. */
export type VerificationPlan =
  | { readonly do: 'nothing' }
  /** One is under way: look how it stands. */
  | { readonly do: 'follow'; readonly verification: VerificationInfo }
  /** The Stage asks for none: what is healthy is verified at once. */
  | { readonly do: 'pass'; readonly verification: VerificationInfo }
  /** The Stage asks for one: start it. */
  | { readonly do: 'start' }
  /** The Stage asks for one and none can be run: nothing of what it is at gets verified. */
  | { readonly do: 'block'; readonly condition: DesiredCondition }

export function planVerification(
  stage: Stage,
  facts: {
    readonly now: number
    /** For the record of an immediate pass: a new UUID. */
    readonly id: string
    /** The id that the reverify annotation names, if any, and who asked. */
    readonly reverify?: { readonly id: string; readonly actor?: string | undefined } | undefined
    readonly supports?: Supported | undefined
  },
): VerificationPlan {
  const collection = stage.status?.freightHistory?.[0]
  if (collection === undefined || stage.status?.currentPromotion !== undefined)
    return { do: 'nothing' }
  const latest = collection.verificationHistory?.[0]
  if (latest !== undefined) {
    if (!isVerificationOver(latest)) return { do: 'follow', verification: latest }
    if (facts.reverify?.id !== latest.id) return { do: 'nothing' }
  }
  if (stage.status?.health?.status !== 'Healthy') return { do: 'nothing' }
  if (stage.spec.verification !== undefined)
    return facts.supports?.verification === true
      ? { do: 'start' }
      : { do: 'block', condition: notSupported(stage) }
  const at = toTimestamp(facts.now)
  const actor = facts.reverify?.actor
  return {
    do: 'pass',
    verification: {
      id: facts.id,
      ...(latest !== undefined && actor !== undefined && { actor }),
      startTime: at,
      phase: 'Successful',
      finishTime: at,
    },
  }
}

function notSupported(stage: Stage): DesiredCondition {
  return {
    type: 'Verified',
    status: 'False',
    reason: 'NotSupported',
    message: `stage ${stage.metadata.name} asks for verification, which is not supported yet: nothing in it gets verified until spec.verification is removed`,
  }
}

/** The collection with this verification in its history: in the place of the one with the same id, else on top. */
export function recordVerification(
  collection: FreightCollection,
  verification: VerificationInfo,
): FreightCollection {
  const history = collection.verificationHistory ?? []
  const known = history.some(({ id }) => id === verification.id)
  const verificationHistory = known
    ? history.map((each) => (each.id === verification.id ? verification : each))
    : [verification, ...history].slice(0, maxHistory)
  return { ...collection, verificationHistory }
}

/**
 * The Freight that the Stage has verified, with the time: all of its current collection once that is healthy, the latest
 * verification passed and none is under way. Nothing takes it back later.
 */
export function verifiedFreight(
  stage: Stage,
  now: number,
): readonly { readonly name: string; readonly at: number }[] {
  const collection = stage.status?.freightHistory?.[0]
  const history = collection?.verificationHistory ?? []
  if (stage.status?.health?.status !== 'Healthy' || history[0]?.phase !== 'Successful') return []
  if (!history.every(isVerificationOver)) return []
  const at = fromTimestamp(history[0].finishTime) ?? now
  return referencesOf(collection).map(({ name }) => ({ name, at }))
}

/** The Verified condition; undefined when the one that is there stays. */
export function verifiedCondition(stage: Stage): DesiredCondition | undefined {
  const collection = stage.status?.freightHistory?.[0]
  if (collection === undefined)
    return verified('Unknown', 'NoFreight', 'nothing was promoted to this stage yet')
  const history = collection.verificationHistory ?? []
  const latest = history[0]
  if (latest === undefined) return undefined
  if (history.some(({ phase }) => phase === 'Successful'))
    return verified('True', 'Verified', 'the current freight has been verified')
  const phase = latest.phase ?? 'Pending'
  const failed = phase === 'Failed' || phase === 'Error' || phase === 'Aborted'
  return verified(failed ? 'False' : 'Unknown', `Verification${phase}`, latest.message ?? '')
}

function verified(
  status: DesiredCondition['status'],
  reason: string,
  message: string,
): DesiredCondition {
  return { type: 'Verified', status, reason, message }
}
