import type { JsonObject } from '../json.ts'

/**
 * From what a Warehouse discovered to the Freight that it makes of it: the best artifact of each subscription. Pure;
 * the objects have the shapes of `status.discoveredArtifacts` and of Freight.
 */

export interface DiscoveredCommitView {
  readonly id?: string | undefined
  readonly branch?: string | undefined
  readonly tag?: string | undefined
  readonly subject?: string | undefined
  readonly author?: string | undefined
  readonly committer?: string | undefined
  readonly creatorDate?: string | undefined
}

export interface DiscoveredImageView {
  readonly tag: string
  readonly digest?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly createdAt?: string | undefined
}

export interface DiscoveredArtifactsView {
  readonly git?: readonly GitResultView[] | undefined
  readonly images?: readonly ImageResultView[] | undefined
  readonly charts?: readonly ChartResultView[] | undefined
  readonly results?: readonly CustomResultView[] | undefined
}

interface Subscribed {
  readonly repoURL: string
  readonly subscriptionName?: string | undefined
}

export interface GitResultView extends Subscribed {
  readonly commits?: readonly DiscoveredCommitView[] | undefined
}

export interface ImageResultView extends Subscribed {
  readonly references?: readonly DiscoveredImageView[] | undefined
}

export interface ChartResultView extends Subscribed {
  readonly name?: string | undefined
  readonly versions?: readonly string[] | undefined
}

export interface CustomResultView {
  readonly name?: string | undefined
  readonly artifactReferences?: readonly ArtifactView[] | undefined
}

export interface ArtifactView {
  readonly artifactType?: string | undefined
  readonly subscriptionName: string
  readonly version: string
  readonly metadata?: JsonObject | undefined
}

/** Why no Freight can be made of a discovery, as the Warehouse's conditions say it. */
export interface MissingArtifacts {
  readonly healthyReason: string
  readonly readyReason: string
  readonly message: string
}

/** The first thing that is missing, or undefined when each subscription has an artifact. */
export function findMissing(discovered: DiscoveredArtifactsView): MissingArtifacts | undefined {
  const { git = [], images = [], charts = [], results = [] } = discovered
  if (git.length + images.length + charts.length + results.length === 0) {
    return missing('MissingArtifacts', 'MissingArtifacts', 'no artifacts were discovered')
  }
  const repo = git.find(({ commits }) => (commits ?? []).length === 0)
  if (repo !== undefined) {
    const message = `no commits discovered in git repository ${repo.repoURL}`
    return missing('NoCommitsDiscovered', 'MissingCommits', message)
  }
  const image = images.find(({ references }) => (references ?? []).length === 0)
  if (image !== undefined) {
    const message = `no image references discovered in repository ${image.repoURL}`
    return missing('NoImageReferencesDiscovered', 'MissingImageReferences', message)
  }
  const chart = charts.find(({ versions }) => (versions ?? []).length === 0)
  if (chart !== undefined) {
    const message = `no versions discovered of chart ${[chart.repoURL, chart.name].filter(Boolean).join(' ')}`
    return missing('NoChartVersionsDiscovered', 'MissingChartVersions', message)
  }
  const custom = results.find(({ artifactReferences }) => (artifactReferences ?? []).length === 0)
  if (custom !== undefined) {
    const message = `no artifacts discovered by subscription ${custom.name ?? ''}`
    return missing('NoArtifactsDiscovered', 'MissingArtifacts', message)
  }
  return undefined
}

/** The artifact fields of a Freight. Fields without a value are left out, as Kargo leaves them out. */
export interface FreightContent {
  origin: { kind: 'Warehouse'; name: string }
  commits?: CommitContent[]
  images?: ImageContent[]
  charts?: ChartContent[]
  artifacts?: ArtifactContent[]
}

interface SubscribedContent {
  repoURL: string
  subscriptionName?: string
}

export interface CommitContent extends SubscribedContent {
  id?: string
  branch?: string
  tag?: string
  message?: string
  author?: string
  committer?: string
}

export interface ImageContent extends SubscribedContent {
  tag: string
  digest?: string
  annotations?: Record<string, string>
}

export interface ChartContent extends SubscribedContent {
  name?: string
  version: string
}

export interface ArtifactContent {
  artifactType: string
  subscriptionName: string
  version: string
  metadata?: JsonObject
}

/** The best artifact of each subscription, in their order. Call it when `findMissing` found nothing. */
export function buildFreight(
  warehouse: string,
  discovered: DiscoveredArtifactsView,
): FreightContent {
  const commits = (discovered.git ?? []).flatMap(commitOf)
  const images = (discovered.images ?? []).flatMap(imageOf)
  const charts = (discovered.charts ?? []).flatMap(chartOf)
  const artifacts = (discovered.results ?? []).flatMap(artifactOf)
  return {
    origin: { kind: 'Warehouse', name: warehouse },
    ...(commits.length > 0 && { commits }),
    ...(images.length > 0 && { images }),
    ...(charts.length > 0 && { charts }),
    ...(artifacts.length > 0 && { artifacts }),
  }
}

function commitOf({ repoURL, commits, subscriptionName }: GitResultView): CommitContent[] {
  const best = commits?.[0]
  if (best === undefined) return []
  const { id, branch, tag, subject: message, author, committer } = best
  return [
    { repoURL, ...present({ id, branch, tag, message, author, committer, subscriptionName }) },
  ]
}

function imageOf({ repoURL, references, subscriptionName }: ImageResultView): ImageContent[] {
  const best = references?.[0]
  if (best === undefined) return []
  const { tag, digest, annotations } = best
  const hasAnnotations = annotations !== undefined && Object.keys(annotations).length > 0
  return [
    {
      repoURL,
      tag,
      ...present({ digest }),
      ...(hasAnnotations && { annotations: { ...annotations } }),
      ...present({ subscriptionName }),
    },
  ]
}

function chartOf({ repoURL, name, versions, subscriptionName }: ChartResultView): ChartContent[] {
  const best = versions?.[0]
  return best === undefined
    ? []
    : [{ repoURL, version: best, ...present({ name, subscriptionName }) }]
}

function artifactOf({ artifactReferences }: CustomResultView): ArtifactContent[] {
  const best = artifactReferences?.[0]
  if (best === undefined) return []
  const { artifactType = '', subscriptionName, version, metadata } = best
  return [
    {
      artifactType,
      subscriptionName,
      version,
      ...(metadata !== undefined && { metadata }),
    },
  ]
}

/** The texts that are neither absent nor empty. */
function present<K extends string>(
  texts: Readonly<Record<K, string | undefined>>,
): { [P in K]?: string } {
  const kept: { [P in K]?: string } = {}
  for (const key of Object.keys(texts) as K[]) {
    const text = texts[key]
    if (text !== undefined && text !== '') kept[key] = text
  }
  return kept
}

function missing(healthyReason: string, readyReason: string, message: string): MissingArtifacts {
  return { healthyReason, readyReason, message }
}
