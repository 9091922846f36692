import { freightName } from '../names.ts'
import {
  buildFreight,
  type DiscoveredArtifactsView,
  findMissing,
  type FreightContent,
} from './build-freight.ts'
import { entriesOf, type Entry, positionsOf } from './offers.ts'

/**
 * Freight put together by hand: of what a Warehouse has found, one artifact for each subscription, chosen by people.
 * Pure; the page shows the offers and what would come of a choice, the API makes it so.
 */

export interface ArtifactChoice {
  /** Name or address of the subscription; `<address> <chart>` where a repository holds several charts. */
  readonly subscription: string
  /** Tag, digest, `tag@digest`, commit id (at least seven digits of it) or version. */
  readonly version: string
}

export interface AssemblyInput {
  /** Name of the Warehouse. */
  readonly warehouse: string
  /** How many subscriptions it has. */
  readonly subscriptions: number
  readonly discovered: DiscoveredArtifactsView | undefined
  /** Where nothing is chosen the best artifact is taken. */
  readonly choices: readonly ArtifactChoice[]
}

export type Assembly =
  | { readonly freight: FreightContent; readonly name: string }
  | { readonly problem: AssemblyProblem }

/** What a Freight holds, as far as it tells its artifacts apart. */
export interface FreightArtifactsView {
  readonly commits?: readonly Named<'repoURL' | 'id' | 'tag' | 'message'>[] | undefined
  readonly images?: readonly Named<'repoURL' | 'tag' | 'digest'>[] | undefined
  readonly charts?: readonly Named<'repoURL' | 'name' | 'version'>[] | undefined
  readonly artifacts?:
    | readonly { readonly subscriptionName: string; readonly version: string }[]
    | undefined
}

type Named<K extends string> = {
  readonly [P in K | 'subscriptionName']?: string | undefined
}

/** `field` as in `artifacts[0].version`; a sentence. */
export interface AssemblyProblem {
  readonly field: string
  readonly message: string
}

/** The artifacts of a Freight that is there, as choices; and the titles of those that are found no longer. */
export function choicesOf(
  freight: FreightArtifactsView,
  discovered: DiscoveredArtifactsView | undefined,
): { readonly choices: ArtifactChoice[]; readonly lost: string[] } {
  const held = entriesOf(asDiscovered(freight))
  const choices: ArtifactChoice[] = []
  const lost: string[] = []
  for (const { list, names, artifacts, isCalled } of entriesOf(discovered ?? {})) {
    const [subscription = ''] = names
    const same = only(held.filter((each) => each.list === list && isCalled(each.names[0] ?? '')))
    const [wanted] = same?.artifacts ?? []
    if (wanted === undefined) continue
    const found = artifacts.find((each) => wanted.names.every((name) => each.names.includes(name)))
    const [version] = found?.names ?? []
    if (version === undefined) lost.push(wanted.title)
    else choices.push({ subscription, version })
  }
  return { choices, lost }
}

/** A Freight as if it had been all that was found. */
function asDiscovered(freight: FreightArtifactsView): DiscoveredArtifactsView {
  const { commits = [], images = [], charts = [], artifacts = [] } = freight
  return {
    git: commits.map(({ repoURL = '', id, tag, message, subscriptionName }) => ({
      repoURL,
      subscriptionName,
      commits: [{ id, tag, subject: message }],
    })),
    images: images.map(({ repoURL = '', tag = '', digest, subscriptionName }) => ({
      repoURL,
      subscriptionName,
      references: [{ tag, digest }],
    })),
    charts: charts.map(({ repoURL = '', name, version = '', subscriptionName }) => ({
      repoURL,
      name,
      subscriptionName,
      versions: [version],
    })),
    results: artifacts.map((artifact) => ({
      name: artifact.subscriptionName,
      artifactReferences: [artifact],
    })),
  }
}

/** The Freight of a choice with the name that it will have, or the first thing that is wrong with it. */
export function assembleFreight(input: AssemblyInput): Assembly {
  const discovered = input.discovered ?? {}
  const entries = entriesOf(discovered)
  if (entries.length < input.subscriptions) {
    const missing = `${entries.length} of its ${input.subscriptions} subscriptions`
    return problem('artifacts', `warehouse ${input.warehouse} has found artifacts of ${missing}`)
  }
  const chosen = new Map<Entry, number>()
  for (const [index, choice] of input.choices.entries()) {
    const field = `artifacts[${index}]`
    const entry = only(entries.filter(({ isCalled }) => isCalled(choice.subscription)))
    if (entry === undefined) {
      const why = `is not one subscription of warehouse ${input.warehouse}`
      const known = listed(entries.map(({ names: [name = ''] }) => name))
      return problem(
        `${field}.subscription`,
        `${JSON.stringify(choice.subscription)} ${why}; ${known}`,
      )
    }
    const [subscription = ''] = entry.names
    if (chosen.has(entry)) {
      return problem(`${field}.subscription`, `${subscription} has an artifact already`)
    }
    const at = only(positionsOf(entry.artifacts, choice.version))
    if (at === undefined) {
      const known = listed(entry.artifacts.map(({ names: [name = ''] }) => name))
      const what = `${JSON.stringify(choice.version)} is not one artifact that ${subscription} has found`
      return problem(`${field}.version`, `${what}; ${known}`)
    }
    chosen.set(entry, at)
  }
  const narrowed = narrow(discovered, entries, chosen)
  const missing = findMissing(narrowed)
  if (missing !== undefined) return problem('artifacts', missing.message)
  const freight = buildFreight(input.warehouse, narrowed)
  return { freight, name: freightName(freight) }
}

function narrow(
  discovered: DiscoveredArtifactsView,
  entries: readonly Entry[],
  chosen: ReadonlyMap<Entry, number>,
): DiscoveredArtifactsView {
  const pick = <T>(list: Entry['list'], index: number, items: readonly T[] | undefined): T[] => {
    const found = entries.find((each) => each.list === list && each.at === index)
    const item = items?.[found === undefined ? 0 : (chosen.get(found) ?? 0)]
    return item === undefined ? [] : [item]
  }
  const { git = [], images = [], charts = [], results = [] } = discovered
  return {
    git: git.map((each, at) => ({ ...each, commits: pick('git', at, each.commits) })),
    images: images.map((each, at) => ({
      ...each,
      references: pick('images', at, each.references),
    })),
    charts: charts.map((each, at) => ({ ...each, versions: pick('charts', at, each.versions) })),
    results: results.map((each, at) => ({
      ...each,
      artifactReferences: pick('results', at, each.artifactReferences),
    })),
  }
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined
}

const maxListed = 5

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing is known'
  const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : ''
  return `known: ${names.slice(0, maxListed).join(', ')}${more}`
}

function problem(field: string, message: string): { problem: AssemblyProblem } {
  return { problem: { field, message } }
}
