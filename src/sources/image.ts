import { z } from 'zod'
import { toTimestamp, fromTimestamp } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import {
  compareTags,
  newestBuildFirst,
  orderTags,
  semverOrder,
  type TagOrder,
} from '../core/policy/select-tags.ts'
import type { RegistryRepository } from '../core/registry.ts'
import { normImage } from '../core/repo-url.ts'
import { compileNameRules, isNameAllowed, nameRuleProblems } from '../core/selection/name-rules.ts'
import { problemOf } from '../core/selection/problem.ts'
import type { SourceSettings } from '../core/source-settings.ts'
import { mapBounded } from '../lib/map-bounded.ts'
import {
  readImage,
  recordFromJson,
  recordToJson,
  type ImageRecord,
} from '../lib/registry/image-record.ts'
import { isTag } from '../lib/registry/reference.ts'
import { defineSource, type SourceContext } from '../source.ts'

const repoPattern = /^(\w+([.-]\w+)*(:\d+)?\/)?(\w+([.-]\w+)*)(\/\w+([.-]\w+)*)*$/

const ImageSubscription = z.object({
  repoURL: z
    .string()
    .min(1)
    .regex(repoPattern)
    .describe('Repository, without a tag, as in `ghcr.io/example/app`.'),
  imageSelectionStrategy: z
    .enum(['SemVer', 'Lexical', 'NewestBuild', 'Digest'])
    .default('SemVer')
    .describe(
      'What makes an image the best one. NewestBuild: what does not tell when it was built comes last.',
    ),
  constraint: z
    .string()
    .default('')
    .describe('SemVer: versions that are let through. Digest: the mutable tag to follow.'),
  strictSemvers: z
    .boolean()
    .default(true)
    .describe('SemVer: only tags of three parts, after at most one leading `v`.'),
  allowTagsRegexes: z.array(z.string()).default([]).describe('Only tags in which one is found.'),
  ignoreTagsRegexes: z.array(z.string()).default([]).describe('No tags in which one is found.'),
  allowTags: z.string().default('').describe('No longer usable: say allowTagsRegexes.'),
  ignoreTags: z.array(z.string()).default([]).describe('No longer usable: say ignoreTagsRegexes.'),
  platform: z
    .string()
    .default('')
    .describe('Only images for this `os/arch[/variant]`; no demand when absent.'),
  cacheByTag: z
    .boolean()
    .default(false)
    .describe('Tags never move: what was read of one is not read again.'),
  discoveryLimit: z.int().min(1).max(100).default(20).describe('Keep at most so many images.'),
  insecureSkipTLSVerify: z.boolean().default(false).describe('Accept any certificate.'),
})
type ImageSubscription = z.output<typeof ImageSubscription>

/** Tags looked at at the same time. */
const parallel = 16

export default defineSource({
  kind: 'image',
  summary: 'Container images in an OCI registry.',
  list: 'images',
  isShared: true,
  subscription: ImageSubscription,
  example: { repoURL: 'ghcr.io/example/app', constraint: '^1.0.0' },
  former: {
    semverConstraint: 'write constraint',
    tagSelectionStrategy: 'write imageSelectionStrategy',
  },

  check(subscription, settings) {
    return [
      ...(subscription.imageSelectionStrategy === 'SemVer'
        ? problemOf('constraint', () => tagOrder(subscription))
        : []),
      ...(subscription.imageSelectionStrategy === 'Digest'
        ? tagProblems(subscription.constraint)
        : []),
      ...(isByName(subscription) ? [] : nameRuleProblems(subscription)),
      ...(lacksRequiredCaching(subscription, settings)
        ? ['cacheByTag: must be true, because the operator requires it (CACHE_BY_TAG_POLICY)']
        : []),
      ...(isPlatform(subscription.platform)
        ? []
        : [`platform: "${subscription.platform}" is not of the form os/arch[/variant]`]),
    ]
  },

  doubts: (subscription) => (isByName(subscription) ? nameRuleProblems(subscription) : []),

  remote: ({ repoURL }) => normImage(repoURL),

  async discover(ctx, subscription) {
    const { repoURL, insecureSkipTLSVerify, platform } = subscription
    const { project, signal, meter, since } = ctx
    if (lacksRequiredCaching(subscription, ctx.settings)) {
      throw new GantryError(
        'Invalid',
        `cannot look at ${repoURL}: the operator requires cacheByTag: true (CACHE_BY_TAG_POLICY)`,
      )
    }
    const repository = await ctx.registries.open({
      project,
      repoURL,
      insecureSkipTLSVerify,
      signal,
      meter,
      since,
    })
    const images = await select({ ctx, repository, subscription })
    const references = images.slice(0, subscription.discoveryLimit).map(toReference)
    return {
      list: 'images',
      entry: { repoURL, ...(platform !== '' && { platform }), references },
    }
  },

  rank(subscription, a, b) {
    const strategy = subscription.imageSelectionStrategy
    if (strategy === 'Digest') return undefined
    if (strategy === 'NewestBuild') {
      const left = fromTimestamp(textOf(a['createdAt']))
      const right = fromTimestamp(textOf(b['createdAt']))
      if (left === undefined && right === undefined) return undefined
      // As in a result, where what does not tell when it was built comes last.
      return left === undefined ? -1 : right === undefined ? 1 : left - right
    }
    const [left, right] = [textOf(a['tag']), textOf(b['tag'])]
    if (left === undefined || right === undefined) return undefined
    return compareTags(left, right, tagOrder(subscription))
  },

  concerns(subscription, target) {
    const own = normImage(subscription.repoURL)
    if (target.type !== 'oci' || !target.repoURLs.some((url) => normImage(url) === own))
      return false
    const { tags } = target
    return tags.length === 0 || tags.some((tag) => isTagWanted(subscription, tag))
  },
})

/** One tag is named, and nobody looks at the names of others. */
function isByName({ imageSelectionStrategy }: ImageSubscription): boolean {
  return imageSelectionStrategy === 'Digest'
}

function tagProblems(constraint: string): string[] {
  if (constraint === '') return ['constraint: the Digest strategy needs the name of a tag']
  if (isTag(constraint)) return []
  return [
    `constraint: "${constraint.slice(0, 140)}" can be no tag, and the Digest strategy follows one by its name, as in "latest"`,
  ]
}

function isTagWanted(subscription: ImageSubscription, tag: string): boolean {
  const strategy = subscription.imageSelectionStrategy
  if (strategy === 'Digest') return tag === subscription.constraint
  if (!isNameAllowed(compileNameRules(subscription), tag)) return false
  return strategy === 'NewestBuild' || orderTags([tag], tagOrder(subscription)).length > 0
}

interface Look {
  readonly ctx: SourceContext
  readonly repository: RegistryRepository
  readonly subscription: ImageSubscription
}

interface TaggedImage extends ImageRecord {
  readonly tag: string
}

/** The images that the strategy lets through, best first; at least `discoveryLimit` where there are so many. */
async function select(look: Look): Promise<TaggedImage[]> {
  const { repository, subscription } = look
  if (subscription.imageSelectionStrategy === 'Digest') {
    const image = await read(look, subscription.constraint)
    return image === undefined ? [] : [image]
  }
  if (subscription.allowTags !== '' || subscription.ignoreTags.length > 0) {
    throw new GantryError(
      'Invalid',
      `cannot select tags of ${subscription.repoURL}: allowTags and ignoreTags are no longer usable, say allowTagsRegexes and ignoreTagsRegexes`,
    )
  }
  const rules = compileNameRules(subscription)
  const tags = (await repository.tags()).filter((tag) => isNameAllowed(rules, tag))
  if (subscription.imageSelectionStrategy === 'NewestBuild') {
    const images = await mapBounded(tags, parallel, (tag) => read(look, tag))
    return images.filter((image) => image !== undefined).sort(newestBuildFirst)
  }
  const found: TaggedImage[] = []
  const ordered = orderTags(tags, tagOrder(subscription))
  for (let at = 0; at < ordered.length && found.length < subscription.discoveryLimit;) {
    const missing = subscription.discoveryLimit - found.length
    // At least so many are needed, so none of them is asked for in vain.
    const batch = ordered.slice(at, at + missing)
    const images = await mapBounded(batch, parallel, (tag) => read(look, tag))
    found.push(...images.filter((image) => image !== undefined))
    at += batch.length
  }
  return found
}

/** Undefined when the tag is gone, or names nothing for the platform. */
async function read(look: Look, tag: string): Promise<TaggedImage | undefined> {
  const { ctx, repository, subscription } = look
  const platform = subscription.platform === '' ? undefined : subscription.platform
  const isCached = isCachedByTag(subscription, ctx.settings)
  const key = `registry-tag-v2/${repository.accessKey} ${platform ?? ''} ${tag}`
  const known = isCached ? await ctx.cache.get(key) : undefined
  const remembered = known && recordFromJson(known)
  if (remembered !== undefined) return { tag, ...remembered }
  const reference = await repository.resolve(tag)
  if (reference === undefined) return undefined
  const image = await readImage(repository, ctx.cache, reference, platform, ctx.signal)
  if (image === undefined) return undefined
  if (isCached) await ctx.cache.put(key, recordToJson(image))
  return { tag, ...image }
}

function isCachedByTag(
  { cacheByTag, imageSelectionStrategy }: ImageSubscription,
  { cacheByTag: policy }: SourceSettings,
): boolean {
  if (imageSelectionStrategy === 'Digest' || policy === 'Forbid') return false
  return cacheByTag || policy === 'Force'
}

function lacksRequiredCaching(
  { cacheByTag, imageSelectionStrategy }: ImageSubscription,
  { cacheByTag: policy }: SourceSettings,
): boolean {
  return policy === 'Require' && imageSelectionStrategy !== 'Digest' && !cacheByTag
}

function tagOrder(subscription: ImageSubscription): TagOrder {
  if (subscription.imageSelectionStrategy === 'Lexical') return { strategy: 'Lexical' }
  return semverOrder(subscription.constraint, subscription.strictSemvers)
}

function toReference({ tag, digest, createdAtMs, annotations }: TaggedImage): JsonObject {
  return {
    tag,
    digest,
    ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
    ...(createdAtMs !== undefined && { createdAt: toTimestamp(createdAtMs) }),
  }
}

function isPlatform(text: string): boolean {
  return text === '' || /^[^/\s]+\/[^/\s]+(\/[^/\s]+)?$/.test(text)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
