import { freightName } from '../names.ts'
import { normChart, normGit, normImage } from '../repo-url.ts'
import {
  buildFreight,
  type DiscoveredArtifactsView,
  type DiscoveredCommitView,
  type DiscoveredImageView,
  findMissing,
  type FreightContent,
} from './build-freight.ts'

/**
 * Freight put together by hand: of what a Warehouse has found, one artifact for each subscription, chosen by people.
 * Pure; the page shows the offers and what would come of a choice, the API makes it so.
 */

/** What one subscription offers. */
export interface Offer {
  /** Its name, else its address: by this a choice names it. No two offers of a Warehouse have the same. */
  readonly subscription: string
  /** Best first. */
  readonly artifacts: readonly OfferedArtifact[]
}

export interface OfferedArtifact {
  /** By this a choice names it; no two of a subscription are the same. */
  readonly version: string
  /** Short, for people. */
  readonly title: string
  readonly note?: string | undefined
  /** When it was made, as a timestamp. */
  readonly at?: string | undefined
}

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

/** `field` as in `artifacts[0].version`; a sentence. */
export interface AssemblyProblem {
  readonly field: string
  readonly message: string
}

/** What may be chosen from, in the order git, images, charts, others. */
export function offersOf(discovered: DiscoveredArtifactsView | undefined): Offer[] {
  return entriesOf(discovered ?? {}).map(({ names, artifacts }) => ({
    subscription: names[0] ?? '',
    artifacts: artifacts.map(({ names: [version = ''], title, note, at }) => ({
      version,
      title,
      note,
      at,
    })),
  }))
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

interface Entry {
  readonly list: keyof DiscoveredArtifactsView
  /** Position within the list. */
  readonly at: number
  /** The first is how it is called. */
  readonly names: readonly string[]
  readonly artifacts: readonly NamedArtifact[]
  isCalled(name: string): boolean
}

interface NamedArtifact extends Omit<OfferedArtifact, 'version'> {
  /** The first is how it is called. */
  readonly names: readonly string[]
  /** A commit, which a part of its id names too. */
  readonly id?: string | undefined
}

function entriesOf(discovered: DiscoveredArtifactsView): Entry[] {
  const { git = [], images = [], charts = [], results = [] } = discovered
  return [
    ...git.map(({ repoURL, commits = [], subscriptionName }, at) =>
      entry('git', at, [subscriptionName, repoURL], normGit, commits.map(commitOf)),
    ),
    ...images.map(({ repoURL, references = [], subscriptionName }, at) =>
      entry('images', at, [subscriptionName, repoURL], normImage, references.map(imageOf)),
    ),
    ...charts.map(({ repoURL, name = '', versions = [], subscriptionName }, at) =>
      entry(
        'charts',
        at,
        [subscriptionName, name === '' ? repoURL : `${repoURL} ${name}`, repoURL],
        normChart,
        versions.map((version) => ({ names: [version], title: version })),
      ),
    ),
    ...results.map(({ name, artifactReferences = [] }, at) =>
      entry(
        'results',
        at,
        [name],
        (text) => text,
        artifactReferences.map(({ version }) => ({ names: [version], title: version })),
      ),
    ),
  ]
}

function entry(
  list: Entry['list'],
  at: number,
  words: readonly (string | undefined)[],
  normalise: (name: string) => string,
  artifacts: readonly NamedArtifact[],
): Entry {
  const names = words.filter((word): word is string => word !== undefined && word !== '')
  const [, ...rest] = words
  const addresses = new Set(rest.flatMap((word) => (word ? [normalise(word)] : [])))
  return {
    list,
    at,
    names,
    artifacts,
    isCalled: (name) => names.includes(name) || addresses.has(normalise(name)),
  }
}

function commitOf({
  id = '',
  tag = '',
  subject,
  creatorDate,
}: DiscoveredCommitView): NamedArtifact {
  const names = tag === '' ? [id] : [tag, id]
  return { names, id, title: tag === '' ? id.slice(0, 7) : tag, note: subject, at: creatorDate }
}

function imageOf({ tag, digest = '', createdAt }: DiscoveredImageView): NamedArtifact {
  const names = [tag, `${tag}@${digest}`, digest].filter((name) => name !== '')
  return { names, title: tag || digest.slice(0, 19), at: createdAt }
}

const leastDigits = 7

/** Where in the list the artifacts are that this names: by a whole name, else by the beginning of a commit's id. */
function positionsOf(artifacts: readonly NamedArtifact[], version: string): number[] {
  const at = (isMeant: (artifact: NamedArtifact) => boolean): number[] =>
    artifacts.flatMap((artifact, index) => (isMeant(artifact) ? [index] : []))
  const exact = at(({ names }) => version !== '' && names.includes(version))
  if (exact.length > 0 || version.length < leastDigits) return exact
  return at(({ id }) => id?.startsWith(version) ?? false)
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
