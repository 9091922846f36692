import { z } from 'zod'
import { GantryError } from '../core/errors.ts'
import { compile, ExpressionError, fromJson, run, toJson } from '../core/expr/index.ts'
import { unknownNames } from '../core/expr/unknown-names.ts'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { compareTags, orderTags, semverOrder, type TagOrder } from '../core/policy/select-tags.ts'
import { problemOf } from '../core/selection/problem.ts'
import { jsonReader } from '../lib/json-reader.ts'
import { defineSource } from '../source.ts'

const HttpSubscription = z.object({
  url: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^https?:\/\/[^\s/@?#]+(?:[/?][^\s#]*)?$/)
    .describe('Address of a JSON document. Without user name and password: it is read by anyone.'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1024))
    .default({})
    .describe('Headers to send. They are no place for secrets.'),
  versions: z
    .string()
    .min(1)
    .describe(
      'Expression over `response.body` that gives a list: of versions, or of objects with `version` and, optionally, `metadata`.',
    ),
  order: z
    .enum(['SemVer', 'Lexical', 'Document'])
    .default('SemVer')
    .describe(
      'What makes a version the best one; Document: the order in which the expression gives them.',
    ),
  semverConstraint: z.string().default('').describe('SemVer: versions that are let through.'),
  strictSemvers: z
    .boolean()
    .default(false)
    .describe('SemVer: only versions of three parts, after at most one leading `v`.'),
  discoveryLimit: z.int().min(1).max(100).default(20).describe('Keep at most so many versions.'),
  insecureSkipTLSVerify: z.boolean().default(false).describe('Accept any certificate.'),
})
type HttpSubscription = z.output<typeof HttpSubscription>

const maxDocumentBytes = 8 * 1024 * 1024
const maxVersions = 100_000
const maxVersionLength = 256
const maxMetadataLength = 4096
const budget = { steps: 10_000_000, memory: 2_000_000 }
/** Headers that carry credentials: a subscription is readable by whoever may read the Warehouse. */
const secretHeaders =
  /^(authorization|cookie|proxy-authorization|private-token|x-api-key|x-auth-token)$/i
/** Headers that belong to the connection, or would have another than the named host answer. */
const transportHeaders =
  /^(host|connection|keep-alive|upgrade|te|trailer|transfer-encoding|content-length|expect|proxy-.*)$/i

export default defineSource({
  kind: 'http',
  summary: 'Versions that an expression picks from a JSON document.',
  list: 'results',
  isShared: true,
  requiresName: true,
  subscription: HttpSubscription,
  example: {
    url: 'https://releases.example.com/index.json',
    versions: 'filter(response.body.releases, !.draft) | map(.version)',
  },

  check(subscription) {
    const names = Object.keys(subscription.headers)
    const secret = names.find((name) => secretHeaders.test(name))
    const transport = names.find((name) => transportHeaders.test(name))
    return [
      ...(secret === undefined
        ? []
        : [`headers: "${secret}" would be readable by everyone who can read the Warehouse`]),
      ...(transport === undefined || transport === secret
        ? []
        : [`headers: "${transport}" says where a request goes or how it is sent: leave it out`]),
      ...problemOf('versions', () => explained(() => compile(subscription.versions))),
      ...problemOf('semverConstraint', () => orderOf(subscription)),
    ]
  },

  doubts: ({ versions }) =>
    unknownNames(versions, { variables: ['response'] }).map((why) => `versions: ${why}`),

  remote: ({ url }) => url,

  async discover(ctx, subscription) {
    const { signal, meter, since } = ctx
    const document = await ctx.documents.read({
      url: subscription.url,
      accept: 'application/json',
      headers: subscription.headers,
      insecureSkipTLSVerify: subscription.insecureSkipTLSVerify,
      maxBytes: maxDocumentBytes,
      reader: jsonReader,
      signal,
      meter,
      since,
    })
    const picked = pick(subscription, document, ctx.clock.now())
    const order = orderOf(subscription)
    const names = order === undefined ? [...picked.keys()] : orderTags([...picked.keys()], order)
    return {
      list: 'results',
      entry: {
        artifactReferences: names
          .slice(0, subscription.discoveryLimit)
          .map((version) => toReference(version, picked.get(version))),
      },
    }
  },

  rank(subscription, { version: a }, { version: b }) {
    const order = orderOf(subscription)
    if (order === undefined || typeof a !== 'string' || typeof b !== 'string') return undefined
    return compareTags(a, b, order)
  },
})

/** Each version once, with its metadata, in the order of the document. Throws Invalid. */
function pick(
  { versions, url }: HttpSubscription,
  document: Json,
  nowMs: number,
): ReadonlyMap<string, JsonObject | undefined> {
  // A query may hold what is nobody's business.
  const where = url.split('?', 1)[0] ?? ''
  const body = fromJson(document, { integers: 'float' })
  const result = explained(() =>
    toJson(run(compile(versions), { response: { body } }, { now: nowMs, budget })),
  )
  if (!Array.isArray(result) || result.length > maxVersions) {
    throw new GantryError(
      'Invalid',
      `cannot pick versions from ${where}: the expression must give a list of at most ${maxVersions}`,
    )
  }
  const picked = new Map<string, JsonObject | undefined>()
  for (const item of result) {
    const version = isJsonObject(item) ? item['version'] : item
    if (typeof version !== 'string' || version === '' || version.length > maxVersionLength) {
      throw new GantryError(
        'Invalid',
        `cannot pick versions from ${where}: each item must be a text, or an object with the text "version"`,
      )
    }
    const metadata = isJsonObject(item) ? item['metadata'] : undefined
    if (metadata !== undefined && metadata !== null && !isSmallObject(metadata)) {
      throw new GantryError(
        'Invalid',
        `cannot pick versions from ${where}: "metadata" of ${version} must be an object of at most ${maxMetadataLength} characters`,
      )
    }
    if (!picked.has(version)) picked.set(version, isJsonObject(metadata) ? metadata : undefined)
  }
  return picked
}

function isSmallObject(value: Json): boolean {
  return isJsonObject(value) && JSON.stringify(value).length <= maxMetadataLength
}

function toReference(version: string, metadata: JsonObject | undefined): JsonObject {
  return { artifactType: 'http', version, ...(metadata !== undefined && { metadata }) }
}

function orderOf(subscription: HttpSubscription): TagOrder | undefined {
  const { order, semverConstraint, strictSemvers } = subscription
  if (order === 'Document') return undefined
  if (order === 'Lexical') return { strategy: 'Lexical' }
  return semverOrder(semverConstraint, strictSemvers)
}

function explained<T>(work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown
    throw new GantryError('Invalid', `the expression fails: ${thrown.message}`, { cause: thrown })
  }
}
