import { GantryError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { DigestCache, ManifestReference, RegistryRepository } from '../../core/registry.ts'
import { createSingleFlight, type SingleFlight } from '../single-flight.ts'
import { isDigest } from './digest.ts'
import { isImageType, isIndexType } from './media-types.ts'

/** What discovery wants to know of an image. */
export interface ImageRecord {
  /** Of what the tag names: the index, where there is one. */
  readonly digest: string
  /** Epoch milliseconds; undefined when nothing tells. */
  readonly createdAtMs: number | undefined
  readonly annotations: Readonly<Record<string, string>>
}

export function recordToJson({ digest, createdAtMs, annotations }: ImageRecord): JsonObject {
  return {
    digest,
    annotations: { ...annotations },
    ...(createdAtMs !== undefined && { createdAtMs }),
  }
}

/** What `recordToJson` made; undefined when something else became of it. */
export function recordFromJson(value: JsonObject): ImageRecord | undefined {
  const { digest } = value
  if (typeof digest !== 'string' || !isDigest(digest)) return undefined
  return {
    digest,
    createdAtMs: numberOf(value['createdAtMs']),
    annotations: textsOf(value['annotations']),
  }
}

const maxConfigBytes = 8 * 1024 * 1024
/** Of an index so many images are read; all of them it names are looked at. */
const maxChildren = 200

/**
 * Reads an image, or as much of an index as the platform (`os/arch[/variant]`) asks for. Undefined when the image is
 * not for that platform: a platform is only looked for in an index. What a digest says never changes, so it is read
 * once.
 */
export async function readImage(
  repository: RegistryRepository,
  cache: DigestCache,
  reference: ManifestReference,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<ImageRecord | undefined> {
  const facts = await factsOnce(repository, cache, reference.digest, signal)
  if (facts === undefined) return undefined
  const { digest } = reference
  if (facts.kind === 'image') {
    if (platform !== undefined) return undefined
    return { digest, createdAtMs: facts.createdAtMs, annotations: facts.annotations }
  }
  const usable = facts.children.filter(({ os, architecture }) => !isUnknown(os, architecture))
  if (usable.length === 0) {
    throw new GantryError('Invalid', `${repository.address}@${digest} lists no usable image`)
  }
  const wanted = usable.filter((child) => platform === undefined || isFor(child, platform))
  if (wanted.length === 0) return undefined
  const annotations: Record<string, string> = { ...facts.annotations }
  let newest: number | undefined
  for (const child of wanted.slice(0, maxChildren)) {
    const image = await factsOnce(repository, cache, child.digest, signal)
    if (image?.kind !== 'image') {
      throw new GantryError('Invalid', `${repository.address}@${child.digest} is not an image`)
    }
    if (platform !== undefined) Object.assign(annotations, image.annotations, child.annotations)
    newest = latest(newest, image.createdAtMs)
  }
  return { digest, createdAtMs: createdOf(facts.annotations) ?? newest, annotations }
}

type Facts = ImageFacts | IndexFacts

interface ImageFacts {
  readonly kind: 'image'
  readonly createdAtMs: number | undefined
  readonly annotations: Readonly<Record<string, string>>
}

interface IndexFacts {
  readonly kind: 'index'
  readonly annotations: Readonly<Record<string, string>>
  readonly children: readonly Child[]
}

interface Child {
  readonly digest: string
  readonly os: string
  readonly architecture: string
  readonly variant: string
  /** Of its entry in the index. */
  readonly annotations: Readonly<Record<string, string>>
}

/** What is being read into each cache: tags of one digest, looked at together, share its manifest and its config. */
const underWay = new WeakMap<DigestCache, SingleFlight<Facts | undefined>>()

function factsOnce(
  repository: RegistryRepository,
  cache: DigestCache,
  digest: string,
  signal: AbortSignal,
): Promise<Facts | undefined> {
  const flights = underWay.get(cache) ?? createSingleFlight<Facts | undefined>(() => 0)
  underWay.set(cache, flights)
  const key = `${repository.accessKey} ${digest}`
  return flights.run({ key, signal }, () => readFacts(repository, cache, digest))
}

/** Undefined when the manifest is gone. */
async function readFacts(
  repository: RegistryRepository,
  cache: DigestCache,
  digest: string,
): Promise<Facts | undefined> {
  const key = `registry-manifest-v4/${repository.accessKey} ${digest}`
  const known = await cache.get(key)
  const remembered = known && fromCache(known)
  if (remembered !== undefined) return remembered
  const manifest = await repository.manifest(digest)
  if (manifest === undefined) return undefined
  const { mediaType, document } = manifest
  if (isIndexType(mediaType)) {
    const children = listOf(document['manifests']).flatMap(childOf)
    const facts = {
      kind: 'index',
      annotations: textsOf(document['annotations']),
      children,
    } as const
    await cache.put(key, {
      kind: 'index',
      annotations: facts.annotations,
      children: children.map((child) => ({ ...child })),
    })
    return facts
  }
  if (!isImageType(mediaType)) {
    throw new GantryError(
      'Invalid',
      `${repository.address}@${digest} is neither an image nor an index but "${mediaType}"; exclude its tag with ignoreTagsRegexes`,
    )
  }
  const annotations = textsOf(document['annotations'])
  const createdAtMs = createdOf(annotations) ?? (await createdOfConfig(repository, document))
  await cache.put(key, {
    kind: 'image',
    annotations,
    ...(createdAtMs !== undefined && { createdAtMs }),
  })
  return { kind: 'image', createdAtMs, annotations }
}

/** The later of what the labels and the build say. */
async function createdOfConfig(
  repository: RegistryRepository,
  document: JsonObject,
): Promise<number | undefined> {
  const descriptor = document['config']
  const digest = isJsonObject(descriptor) ? descriptor['digest'] : undefined
  if (typeof digest !== 'string') return undefined
  const bytes = await repository.blob(digest, maxConfigBytes)
  let config: unknown
  try {
    config = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  if (!isJsonObject(config)) return undefined
  const inner = config['config']
  const labels = textsOf(isJsonObject(inner) ? inner['Labels'] : undefined)
  return latest(createdOf(labels), timeOf(config['created']))
}

function createdOf(texts: Readonly<Record<string, string>>): number | undefined {
  return (
    timeOf(texts['org.opencontainers.image.created']) ??
    timeOf(texts['org.label-schema.build-date'])
  )
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i
/** What Go writes for no time at all. */
const noTimeMs = Date.parse('0001-01-01T00:00:00Z')

function timeOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined
  const parsed = Date.parse(value)
  return Number.isNaN(parsed) || parsed === noTimeMs ? undefined : parsed
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.max(a, b)
}

/** Attestations and the like. */
function isUnknown(os: string, architecture: string): boolean {
  return ['unknown', ''].includes(os) || ['unknown', ''].includes(architecture)
}

function isFor({ os, architecture, variant }: Child, platform: string): boolean {
  return platform === [os, architecture, variant].filter((part) => part !== '').join('/')
}

function childOf(entry: Json): Child[] {
  if (!isJsonObject(entry) || typeof entry['digest'] !== 'string') return []
  const platform = isJsonObject(entry['platform']) ? entry['platform'] : {}
  const text = (key: string): string => {
    const value = platform[key]
    return typeof value === 'string' ? value : ''
  }
  const [os, architecture, variant] = [text('os'), text('architecture'), text('variant')]
  const annotations = textsOf(entry['annotations'])
  return [{ digest: entry['digest'], os, architecture, variant, annotations }]
}

function textsOf(value: Json | undefined): Record<string, string> {
  const entries = isJsonObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

/** What `readFacts` put there, in the form whose version the key names; undefined when something else became of it. */
function fromCache(value: JsonObject): Facts | undefined {
  const annotations = textsOf(value['annotations'])
  if (value['kind'] === 'index') {
    const children = listOf(value['children']).map((child): Child => {
      const record = textsOf(child)
      return {
        digest: record['digest'] ?? '',
        os: record['os'] ?? '',
        architecture: record['architecture'] ?? '',
        variant: record['variant'] ?? '',
        annotations: textsOf(isJsonObject(child) ? child['annotations'] : undefined),
      }
    })
    return { kind: 'index', annotations, children }
  }
  if (value['kind'] !== 'image') return undefined
  return { kind: 'image', annotations, createdAtMs: numberOf(value['createdAtMs']) }
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
