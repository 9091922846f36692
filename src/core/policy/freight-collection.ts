import type { FreightReference } from '../kinds/artifacts.ts'
import type { FreightCollection } from '../kinds/freight-collection.ts'
import type { Freight } from '../kinds/freight.ts'
import type { Stage } from '../kinds/stage.ts'
import { collectionId } from '../names.ts'
import { originKey } from './origin.ts'
import { isVerificationOver } from './verification-gate.ts'

/** A Freight as a collection carries it: its name, origin and artifacts. */
export function referenceTo(freight: Freight): FreightReference {
  const { metadata, origin, commits, images, charts, artifacts } = freight
  return {
    name: metadata.name,
    origin,
    ...(commits !== undefined && { commits }),
    ...(images !== undefined && { images }),
    ...(charts !== undefined && { charts }),
    ...(artifacts !== undefined && { artifacts }),
  }
}

/**
 * The collection that promoting `target` makes of the Stage: the target, and for each other origin that the Stage
 * requests what is carried over. That comes from what the Stage was promoted to with success, never from an attempt that
 * failed; a collection that was verified and did not pass is skipped while there is an older one for the origin.
 */
export function collectionFor(stage: Stage, target: FreightReference): FreightCollection {
  const items: Record<string, FreightReference> = {}
  for (const { origin } of stage.spec.requestedFreight) {
    const key = originKey(origin)
    const carried = carriedOver(stage, key)
    if (carried !== undefined) items[key] = carried
  }
  items[originKey(target.origin)] = target
  return { id: collectionId(Object.values(items).map(({ name }) => name)), items }
}

function carriedOver(stage: Stage, key: string): FreightReference | undefined {
  const holding = (stage.status?.freightHistory ?? []).filter(
    ({ items }) => items?.[key] !== undefined,
  )
  return (holding.find((collection) => !didNotPass(collection)) ?? holding[0])?.items?.[key]
}

/** Whether the collection was verified, each time without passing. Not yet verified is not that. */
function didNotPass(collection: Pick<FreightCollection, 'verificationHistory'>): boolean {
  const verifications = collection.verificationHistory ?? []
  return (
    verifications.length > 0 &&
    verifications.every((each) => isVerificationOver(each) && each.phase !== 'Successful')
  )
}

/** The references of a collection in ascending order of their origins. */
export function referencesOf(
  collection: FreightCollection | undefined,
): readonly FreightReference[] {
  return Object.entries(collection?.items ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, reference]) => reference)
}
