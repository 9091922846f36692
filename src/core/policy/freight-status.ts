import { fromTimestamp, toTimestamp } from '../clock.ts'
import type { Freight } from '../kinds/freight.ts'
import type { Stage } from '../kinds/stage.ts'
import { formatDuration, parseDuration } from '../duration.ts'
import { entry, withoutEntry } from './entry.ts'
import { referencesOf } from './freight-collection.ts'

export type FreightStatus = NonNullable<Freight['status']>

/** The Freight entered the Stage. Keeps the first time when it is there already. */
export function addCurrentStage(status: FreightStatus, stage: string, now: number): FreightStatus {
  if (entry(status.currentlyIn, stage) !== undefined) return status
  return { ...status, currentlyIn: { ...status.currentlyIn, [stage]: { since: toTimestamp(now) } } }
}

/** The Freight left the Stage. When that had verified it, a stay longer than any before is noted. */
export function removeCurrentStage(
  status: FreightStatus,
  stage: string,
  now: number,
): FreightStatus {
  const current = entry(status.currentlyIn, stage)
  if (current === undefined || status.currentlyIn === undefined) return status
  const left = { ...status, currentlyIn: withoutEntry(status.currentlyIn, stage) }
  const verified = entry(status.verifiedIn, stage)
  const since = fromTimestamp(current.since)
  if (verified === undefined || since === undefined) return left
  const longest = parseDuration(verified.longestSoak ?? '0') ?? 0
  if (now - since <= longest) return left
  const longestSoak = formatDuration(now - since)
  return { ...left, verifiedIn: { ...status.verifiedIn, [stage]: { ...verified, longestSoak } } }
}

/** The Stage verified the Freight. Keeps the first time. */
export function addVerifiedStage(status: FreightStatus, stage: string, at: number): FreightStatus {
  if (entry(status.verifiedIn, stage) !== undefined) return status
  return {
    ...status,
    verifiedIn: { ...status.verifiedIn, [stage]: { verifiedAt: toTimestamp(at) } },
  }
}

/** Someone approved the Freight for the Stage. Keeps the first time. */
export function addApprovedStage(status: FreightStatus, stage: string, at: number): FreightStatus {
  if (entry(status.approvedFor, stage) !== undefined) return status
  return {
    ...status,
    approvedFor: { ...status.approvedFor, [stage]: { approvedAt: toTimestamp(at) } },
  }
}

/**
 * The Stage was deleted: a new one of the same name must not inherit what was verified in it or approved for it, nor
 * count as holding the Freight.
 */
export function forgetStage(status: FreightStatus, stage: string): FreightStatus {
  const { currentlyIn, verifiedIn, approvedFor } = status
  if (
    ![currentlyIn, verifiedIn, approvedFor].some((map) => entry<object>(map, stage) !== undefined)
  )
    return status
  return {
    ...status,
    ...(currentlyIn !== undefined && { currentlyIn: withoutEntry(currentlyIn, stage) }),
    ...(verifiedIn !== undefined && { verifiedIn: withoutEntry(verifiedIn, stage) }),
    ...(approvedFor !== undefined && { approvedFor: withoutEntry(approvedFor, stage) }),
  }
}

export interface FreightChange {
  readonly freight: Freight
  readonly status: FreightStatus
}

/**
 * What has to change on Freight so that exactly those of the Stage's current collection say that they are in it.
 * `missing`: names in the collection for which there is no Freight any more.
 */
export function syncCurrentStage(
  stage: Stage,
  freight: readonly Freight[],
  now: number,
): { readonly changes: readonly FreightChange[]; readonly missing: readonly string[] } {
  const { name } = stage.metadata
  const wanted = new Set(referencesOf(stage.status?.freightHistory?.[0]).map((each) => each.name))
  const missing = new Set(wanted)
  const changes: FreightChange[] = []
  for (const each of freight) {
    const before = each.status ?? {}
    const isHere = wanted.has(each.metadata.name)
    missing.delete(each.metadata.name)
    const status = isHere
      ? addCurrentStage(before, name, now)
      : removeCurrentStage(before, name, now)
    if (status !== before) changes.push({ freight: each, status })
  }
  return { changes, missing: [...missing] }
}
