import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { DiscoveredArtifacts } from '../../core/kinds/warehouse.ts'
import type { ArtifactList, Discovered } from '../../source.ts'
import { isBroken, type BrokenSubscription, type Subscription } from './subscriptions.ts'

export type Lists = Omit<DiscoveredArtifacts, 'discoveredAt'>

const listNames = ['git', 'images', 'charts', 'results'] as const

/** The lists of `status.discoveredArtifacts`: each subscription's entry, named, in their order. */
export function composeLists(
  subscriptions: readonly (Subscription | BrokenSubscription)[],
  results: readonly (Discovered | undefined)[],
): Lists {
  const lists: Record<(typeof listNames)[number], JsonObject[]> = {
    git: [],
    images: [],
    charts: [],
    results: [],
  }
  for (const [at, { name }] of subscriptions.entries()) {
    const result = results[at]
    if (result === undefined) continue
    lists[result.list].push(named(result, name))
  }
  const present = listNames.filter((list) => lists[list].length > 0)
  return DiscoveredArtifacts.parse(Object.fromEntries(present.map((list) => [list, lists[list]])))
}

/** Artifacts of other types are told apart by their subscription, so each of them names it. */
function named({ list, entry }: Discovered, name: string | undefined): JsonObject {
  if (name === undefined) return entry
  if (list !== 'results') return { ...entry, subscriptionName: name }
  const { artifactReferences } = entry
  const references = Array.isArray(artifactReferences) ? artifactReferences : []
  return {
    ...entry,
    name,
    artifactReferences: references.map((reference) =>
      isJsonObject(reference) ? { ...reference, subscriptionName: name } : reference,
    ),
  }
}

/**
 * What each subscription contributed to the status of an earlier process: by position within its list. Entries count
 * only when none is missing, or a later one would be taken for an earlier one.
 */
export function recallResults(
  subscriptions: readonly (Subscription | BrokenSubscription)[],
  discovered: DiscoveredArtifacts | undefined,
): (Discovered | undefined)[] {
  const listOf = (subscription: Subscription | BrokenSubscription): ArtifactList | undefined =>
    isBroken(subscription) ? undefined : subscription.source.list
  const wanted = new Map<string, number>()
  for (const subscription of subscriptions) {
    const list = listOf(subscription)
    if (list !== undefined) wanted.set(list, (wanted.get(list) ?? 0) + 1)
  }
  const taken = new Map<string, number>()
  return subscriptions.map((subscription) => {
    const list = listOf(subscription)
    if (list === undefined) return undefined
    const entries = discovered?.[list] ?? []
    const position = taken.get(list) ?? 0
    taken.set(list, position + 1)
    const entry: unknown = entries.length === wanted.get(list) ? entries[position] : undefined
    if (!isJsonObject(entry)) return undefined
    const { subscriptionName: _ours, ...own } = entry
    return { list, entry: own }
  })
}
