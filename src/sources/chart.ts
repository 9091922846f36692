import { z } from 'zod'
import type { Json } from '../core/json.ts'
import { compareTags, orderTags, semverOrder, type TagOrder } from '../core/policy/select-tags.ts'
import { normChart, normImage } from '../core/repo-url.ts'
import { problemOf } from '../core/selection/problem.ts'
import { trimEndOf } from '../core/trim-end.ts'
import { helmIndexReader, versionsOf } from '../lib/helm-index/read-index.ts'
import { defineSource, type SourceContext } from '../source.ts'

const repoPattern = /^(https?|oci):\/\/[\w.-]+(:\d+)?(\/[^\s?#@]*)?$/

const ChartSubscription = z.object({
  repoURL: z
    .string()
    .min(1)
    .regex(repoPattern)
    .describe('Chart repository (`https://`), or the chart itself in a registry (`oci://`).'),
  name: z.string().default('').describe('The chart; only with `https://`, and then required.'),
  semverConstraint: z.string().default('').describe('Versions that are let through.'),
  discoveryLimit: z.int().min(1).max(100).default(20).describe('Keep at most so many versions.'),
  insecureSkipTLSVerify: z.boolean().default(false).describe('Accept any certificate.'),
})
type ChartSubscription = z.output<typeof ChartSubscription>

/** Of an `index.yaml`, unpacked. Only names and versions of it stay in memory. */
const maxIndexBytes = 256 * 1024 * 1024

export default defineSource({
  kind: 'chart',
  summary: 'Versions of a Helm chart, in a chart repository or an OCI registry.',
  list: 'charts',
  isShared: true,
  subscription: ChartSubscription,
  example: { repoURL: 'https://charts.example.com', name: 'app', semverConstraint: '^1.0.0' },

  check(subscription) {
    const { repoURL, name } = subscription
    return [
      ...(isOci(repoURL) && name !== ''
        ? ['name: must be empty with oci://, where the address names the chart']
        : []),
      ...(!isOci(repoURL) && name === ''
        ? ['name: a chart repository needs the name of the chart']
        : []),
      ...problemOf('semverConstraint', () => versionOrder(subscription)),
    ]
  },

  remote({ repoURL, name }) {
    const repo = trimEndOf(normChart(repoURL), '/')
    return isOci(repoURL) ? repo : `${repo}/${name}`
  },

  async discover(ctx, subscription) {
    const { repoURL, name, semverConstraint, discoveryLimit } = subscription
    const listed = isOci(repoURL)
      ? await listTags(ctx, subscription)
      : versionsOf(await readIndex(ctx, subscription), name)
    const versions = orderTags([...new Set(listed)], versionOrder(subscription))
    return {
      list: 'charts',
      entry: {
        repoURL,
        ...(name !== '' && { name }),
        ...(semverConstraint !== '' && { semverConstraint }),
        versions: versions.slice(0, discoveryLimit),
      },
    }
  },

  rank(subscription, { version: a }, { version: b }) {
    if (typeof a !== 'string' || typeof b !== 'string') return undefined
    return compareTags(a, b, versionOrder(subscription))
  },

  concerns(subscription, target) {
    if (target.type !== 'oci' || !isOci(subscription.repoURL)) return false
    const own = normChart(subscription.repoURL)
    if (!target.repoURLs.some((url) => normImage(url) === own)) return false
    const versions = target.tags.map((tag) => tag.replaceAll('_', '+'))
    return versions.length === 0 || orderTags(versions, versionOrder(subscription)).length > 0
  },
})

async function readIndex(ctx: SourceContext, subscription: ChartSubscription): Promise<Json> {
  const { repoURL, insecureSkipTLSVerify } = subscription
  const { project, signal, meter, since } = ctx
  const found = await ctx.credentials.find({ project, type: 'helm', url: repoURL, signal })
  return ctx.documents.read({
    url: `${trimEndOf(repoURL, '/')}/index.yaml`,
    accept: 'application/yaml, text/yaml, text/plain, */*',
    credential: found?.password === undefined ? undefined : found,
    insecureSkipTLSVerify,
    maxBytes: maxIndexBytes,
    reader: helmIndexReader,
    signal,
    meter,
    since,
  })
}

/** A tag cannot hold the `+` of a version, so Helm writes `_`. */
async function listTags(ctx: SourceContext, subscription: ChartSubscription): Promise<string[]> {
  const { project, signal, meter, since } = ctx
  const repository = await ctx.registries.open({
    project,
    repoURL: trimEndOf(subscription.repoURL.slice('oci://'.length), '/'),
    credentialType: 'helm',
    insecureSkipTLSVerify: subscription.insecureSkipTLSVerify,
    signal,
    meter,
    since,
  })
  const tags = await repository.tags()
  return tags.map((tag) => tag.replaceAll('_', '+'))
}

/** A registry's tags must be versions to the letter; an index may be a little loose. */
function versionOrder({ repoURL, semverConstraint }: ChartSubscription): TagOrder {
  return semverOrder(semverConstraint, isOci(repoURL))
}

function isOci(repoURL: string): boolean {
  return repoURL.startsWith('oci://')
}
