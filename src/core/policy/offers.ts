import { normChart, normGit, normImage } from '../repo-url.ts'
import type {
  DiscoveredArtifactsView,
  DiscoveredCommitView,
  DiscoveredImageView,
} from './build-freight.ts'

/** What a Warehouse has found, for people to choose from: how each subscription and each artifact is called. Pure. */

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

/** One subscription's artifacts, and what both are called. */
export interface Entry {
  readonly list: keyof DiscoveredArtifactsView
  /** Position within the list. */
  readonly at: number
  /** The first is how it is called. */
  readonly names: readonly string[]
  readonly artifacts: readonly NamedArtifact[]
  isCalled(name: string): boolean
}

export interface NamedArtifact extends Omit<OfferedArtifact, 'version'> {
  /** The first is how it is called. */
  readonly names: readonly string[]
  /** A commit, which a part of its id names too. */
  readonly id?: string | undefined
}

/** In the order git, images, charts, others. */
export function entriesOf(discovered: DiscoveredArtifactsView): Entry[] {
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
  const names = tag === '' ? [digest] : [tag, `${tag}@${digest}`, digest]
  return {
    names: names.filter((name) => name !== ''),
    title: tag || digest.slice(0, 19),
    at: createdAt,
  }
}

const leastDigits = 7

/** Where in the list the artifacts are that this names: by a whole name, else by the beginning of a commit's id. */
export function positionsOf(artifacts: readonly NamedArtifact[], version: string): number[] {
  const at = (isMeant: (artifact: NamedArtifact) => boolean): number[] =>
    artifacts.flatMap((artifact, index) => (isMeant(artifact) ? [index] : []))
  const exact = at(({ names }) => version !== '' && names.includes(version))
  if (exact.length > 0 || version.length < leastDigits) return exact
  return at(({ id }) => id?.startsWith(version) ?? false)
}
