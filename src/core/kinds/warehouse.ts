import { z } from 'zod'
import { isJsonObject } from '../json.ts'
import { normChart, normGit, normImage } from '../repo-url.ts'
import { defineKind } from './kind.ts'
import { ArtifactReference } from './artifacts.ts'
import { ageColumn, readyColumn, statusColumn } from './columns.ts'
import {
  Conditions,
  Duration,
  JsonMap,
  KargoApiVersion,
  kargoGroup,
  kargoVersion,
  Metadata,
  StringMap,
  Timestamp,
} from './shared.ts'

/**
 * `{name?, git|image|chart|<type>: {...}}`: exactly one key names the type of the source. What stands under it is
 * checked and defaulted by that source, at admission.
 */
export const Subscription = JsonMap
export type Subscription = z.infer<typeof Subscription>

const subscriptionName = z.string().optional().describe('Name of the subscription, if it has one.')

export const DiscoveredCommit = z.object({
  id: z.string().optional().describe('Commit id.'),
  branch: z.string().optional().describe('Branch, as the subscription names it.'),
  tag: z.string().optional().describe('Tag that names the commit.'),
  subject: z.string().optional().describe('First line of the message, at most 80 characters.'),
  author: z.string().optional().describe('Author, as `Name <email>`.'),
  committer: z.string().optional().describe('Committer, as `Name <email>`.'),
  creatorDate: Timestamp.optional().describe('When the commit or tag was made.'),
})
export type DiscoveredCommit = z.infer<typeof DiscoveredCommit>

export const GitDiscoveryResult = z.object({
  repoURL: z.string().describe('Address of the repository.'),
  commits: z.array(DiscoveredCommit).optional().describe('Commits, best first.'),
  subscriptionName,
  observedRefs: z
    .object({
      branchHead: z.string().optional().describe('Commit id of the branch.'),
      tags: z
        .array(
          z.object({
            name: z.string().describe('Name of the tag.'),
            id: z.string().describe('Object id of the tag.'),
          }),
        )
        .optional()
        .describe('Tags that the subscription lets through.'),
    })
    .optional()
    .describe('What the remote answered; equal refs mean nothing new.'),
})
export type GitDiscoveryResult = z.infer<typeof GitDiscoveryResult>

export const DiscoveredImageReference = z.object({
  tag: z.string().describe('Tag.'),
  digest: z.string().describe('Digest.'),
  annotations: StringMap.optional().describe('Annotations of the manifest.'),
  createdAt: Timestamp.optional().describe('When the image was built.'),
})
export type DiscoveredImageReference = z.infer<typeof DiscoveredImageReference>

export const ImageDiscoveryResult = z.object({
  repoURL: z.string().describe('Repository.'),
  platform: z.string().optional().describe('Platform that the images are for.'),
  references: z.array(DiscoveredImageReference).optional().describe('Images, best first.'),
  subscriptionName,
})
export type ImageDiscoveryResult = z.infer<typeof ImageDiscoveryResult>

export const ChartDiscoveryResult = z.object({
  repoURL: z.string().describe('Repository.'),
  name: z.string().optional().describe('Name of the chart.'),
  semverConstraint: z.string().optional().describe('Constraint that the versions satisfy.'),
  versions: z.array(z.string()).optional().describe('Versions, best first.'),
  subscriptionName,
})
export type ChartDiscoveryResult = z.infer<typeof ChartDiscoveryResult>

export const DiscoveryResult = z.object({
  name: z.string().describe('Name of the subscription.'),
  artifactReferences: z.array(ArtifactReference).optional().describe('Artifacts, best first.'),
})
export type DiscoveryResult = z.infer<typeof DiscoveryResult>

export const DiscoveredArtifacts = z.object({
  discoveredAt: Timestamp.optional().describe('When discovery ended.'),
  git: z.array(GitDiscoveryResult).optional().describe('One entry for each git subscription.'),
  images: z
    .array(ImageDiscoveryResult)
    .optional()
    .describe('One entry for each image subscription.'),
  charts: z
    .array(ChartDiscoveryResult)
    .optional()
    .describe('One entry for each chart subscription.'),
  results: z.array(DiscoveryResult).optional().describe('One entry for each other subscription.'),
})
export type DiscoveredArtifacts = z.infer<typeof DiscoveredArtifacts>

/** What is wrong with one subscription. */
export const SubscriptionError = z.object({
  index: z.int().min(0).describe('Position in `spec.subscriptions`.'),
  name: z.string().optional().describe('Name of the subscription, if it has one.'),
  remote: z.string().optional().describe('Normalised address.'),
  code: z.string().describe('Stable code.'),
  message: z.string().describe('What went wrong, as a sentence.'),
  since: Timestamp.optional().describe('When it first went wrong.'),
})
export type SubscriptionError = z.infer<typeof SubscriptionError>

/** A new best artifact that ranks below the one in use: it is not turned into Freight by itself. */
export const Regression = z.object({
  index: z.int().min(0).describe('Position in `spec.subscriptions`.'),
  last: z.string().describe('The artifact of the last Freight.'),
  found: z.string().describe('The lower-ranking artifact that was found.'),
})
export type Regression = z.infer<typeof Regression>

export const Warehouse = z.object({
  apiVersion: KargoApiVersion,
  kind: z.literal('Warehouse').describe('The kind.'),
  metadata: Metadata.describe('Name, namespace, labels, annotations.'),
  spec: z
    .object({
      shard: z.string().optional().describe('The shard whose controller looks after it.'),
      interval: Duration.optional()
        .meta({ k8s: { default: '5m0s', required: true } })
        .describe('How often to look for new artifacts; 5m0s when absent.'),
      freightCreationPolicy: z
        .enum(['Automatic', 'Manual'])
        .optional()
        .meta({ k8s: { default: 'Automatic' } })
        .describe('Whether new artifacts become Freight by themselves; Automatic when absent.'),
      subscriptions: z
        .array(Subscription)
        .min(1)
        .describe('What to look at. Each has one key naming its type and, optionally, `name`.'),
      freightCreationCriteria: z
        .object({
          expression: z.string().optional().describe('An expression over the newest artifacts.'),
        })
        .optional()
        .describe('Make Freight only when this holds.'),
    })
    .describe('What to look for and how often.'),
  status: z
    .object({
      conditions: Conditions.optional(),
      lastHandledRefresh: z
        .string()
        .optional()
        .describe('The refresh token that was last handled.'),
      observedGeneration: z.int().optional().describe('The generation of the last good discovery.'),
      lastFreightID: z.string().optional().describe('Name of the newest Freight made.'),
      discoveredArtifacts: DiscoveredArtifacts.optional().describe('What was found last.'),
      gantry: z
        .object({
          subscriptionErrors: z
            .array(SubscriptionError)
            .optional()
            .describe('Subscriptions that could not be read.'),
          regressions: z
            .array(Regression)
            .optional()
            .describe('Artifacts that would have been a downgrade.'),
          refusedFreight: z
            .string()
            .optional()
            .describe(
              'Name of the Freight that would have been a downgrade: made by hand, it is taken as wanted.',
            ),
          lastFreight: z
            .object({
              name: z.string().describe('Name of the Freight.'),
              generation: z.int().describe('Generation of the Warehouse then.'),
              artifacts: z.array(JsonMap).describe('Its artifacts, one for each subscription.'),
            })
            .optional()
            .describe('What later artifacts must not rank below.'),
        })
        .optional()
        .describe('What Gantry adds to the status.'),
    })
    .optional()
    .describe('What is known about it; written by the system.'),
})
export type Warehouse = z.infer<typeof Warehouse>

export const WarehouseKind = defineKind<Warehouse>({
  kind: 'Warehouse',
  group: kargoGroup,
  version: kargoVersion,
  plural: 'warehouses',
  namespaced: true,
  hasStatus: true,
  summary: 'Watches repositories and turns new artifacts into Freight.',
  schema: Warehouse,
  columns: [
    { name: 'Shard', jsonPath: '.spec.shard', value: (warehouse) => warehouse.spec.shard },
    // Kargo's own list has no such columns.
    { ...readyColumn<Warehouse>(), jsonPath: undefined },
    { ...statusColumn<Warehouse>(), jsonPath: undefined },
    ageColumn(),
  ],
  indexKeys: (warehouse) => ({ url: subscribedUrls(warehouse) }),
})

/**
 * The addresses a Warehouse looks at, each in every normal form that an incoming event may be normalised to. Looking
 * one up may find a Warehouse too many, never one too few: the subscription's own rules decide afterwards.
 */
function subscribedUrls(warehouse: Warehouse): string[] {
  const urls = warehouse.spec.subscriptions.flatMap((subscription) =>
    Object.values(subscription).flatMap((body) =>
      isJsonObject(body) && typeof body['repoURL'] === 'string' ? [body['repoURL']] : [],
    ),
  )
  return [...new Set(urls.flatMap((url) => [normGit(url), normImage(url), normChart(url)]))]
}
