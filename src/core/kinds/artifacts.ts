import { z } from 'zod'
import { JsonMap, StringMap } from './shared.ts'

/** Artifacts, and references to the Freight that binds them. */

export const FreightOrigin = z.object({
  kind: z.enum(['Warehouse']).describe('Kind of the origin.'),
  name: z.string().describe('Name of the origin, in the same namespace.'),
})
export type FreightOrigin = z.infer<typeof FreightOrigin>

/** `Warehouse/<name>`: the form of an origin in map keys and annotations. */
export function originKey(origin: FreightOrigin): string {
  return `${origin.kind}/${origin.name}`
}

/** The origin of `Kind/name`; undefined when the text is not one. */
export function parseOrigin(text: string): FreightOrigin | undefined {
  const [kind, name, ...rest] = text.split('/')
  if (kind !== 'Warehouse' || name === undefined || name === '' || rest.length > 0) return undefined
  return { kind, name }
}

const subscriptionName = z
  .string()
  .optional()
  .describe('Name of the subscription that the artifact came through, if it has one.')

export const GitCommit = z.object({
  repoURL: z.string().optional().describe('Address of the repository.'),
  id: z.string().optional().describe('Commit id.'),
  branch: z.string().optional().describe('Branch on which the commit was found.'),
  tag: z.string().optional().describe('Tag that names the commit.'),
  message: z.string().optional().describe('First line of the commit message.'),
  author: z.string().optional().describe('Author, as `Name <email>`.'),
  committer: z.string().optional().describe('Committer, as `Name <email>`.'),
  subscriptionName,
})
export type GitCommit = z.infer<typeof GitCommit>

export const Image = z.object({
  repoURL: z.string().optional().describe('Repository, without a tag.'),
  tag: z.string().optional().describe('Tag.'),
  digest: z.string().optional().describe('Digest, as `sha256:<hex>`.'),
  annotations: StringMap.optional().describe('Annotations of the image manifest.'),
  subscriptionName,
})
export type Image = z.infer<typeof Image>

export const Chart = z.object({
  repoURL: z.string().optional().describe('Chart repository: `https://` or `oci://`.'),
  name: z.string().optional().describe('Name of the chart; empty for OCI repositories.'),
  version: z.string().optional().describe('Version of the chart.'),
  subscriptionName,
})
export type Chart = z.infer<typeof Chart>

export const ArtifactReference = z.object({
  artifactType: z
    .string()
    .min(1)
    .meta({ k8s: { optional: true } })
    .describe('Type of the artifact: the key of its subscription.'),
  subscriptionName: z
    .string()
    .min(1)
    .describe('Name of the subscription that the artifact came through.'),
  version: z.string().min(1).describe('Version of the artifact.'),
  metadata: JsonMap.optional().describe('Whatever else is known about it.'),
})
export type ArtifactReference = z.infer<typeof ArtifactReference>

/** The artifact lists that Freight and references to Freight have in common. */
export const artifactFields = {
  commits: z.array(GitCommit).optional().describe('Commits, one for each git subscription.'),
  images: z.array(Image).optional().describe('Images, one for each image subscription.'),
  charts: z.array(Chart).optional().describe('Charts, one for each chart subscription.'),
  artifacts: z.array(ArtifactReference).optional().describe('Artifacts of other types.'),
}

export const FreightReference = z.object({
  name: z
    .string()
    .meta({ k8s: { optional: true } })
    .describe('Name of the Freight.'),
  origin: FreightOrigin.describe('Where the Freight comes from.'),
  ...artifactFields,
})
export type FreightReference = z.infer<typeof FreightReference>
