import { compareBytes } from './compare-bytes.ts'
import { sha1, sha256 } from './hash.ts'
import { normChart, normGit } from './repo-url.ts'

/** How things are called: the names of Freight, collections and Promotions, labels. All pure. */

/** What of a Freight its name depends on. */
export interface FreightContent {
  readonly origin: { readonly kind: string; readonly name: string }
  readonly commits?: readonly Named<{ repoURL?: string; id?: string; tag?: string }>[] | undefined
  readonly images?:
    | readonly Named<{ repoURL?: string; tag?: string; digest?: string }>[]
    | undefined
  readonly charts?:
    | readonly Named<{ repoURL?: string; name?: string; version?: string }>[]
    | undefined
  readonly artifacts?:
    | readonly { artifactType: string; subscriptionName: string; version: string }[]
    | undefined
}

type Named<T> = { readonly [K in keyof T]?: T[K] | undefined } & {
  readonly subscriptionName?: string | undefined
}

/** The name of a Freight: SHA-1 over its origin and its artifacts, whatever their order. */
export function freightName(freight: FreightContent): string {
  const { origin, commits = [], images = [], charts = [], artifacts = [] } = freight
  const parts = [
    ...commits.map((commit) => {
      const tag = commit.tag === undefined || commit.tag === '' ? '' : `${commit.tag}:`
      return named(`${normGit(commit.repoURL ?? '')}:${tag}${commit.id ?? ''}`, commit)
    }),
    ...images.map((image) =>
      named(`${image.repoURL ?? ''}:${image.tag ?? ''}@${image.digest ?? ''}`, image),
    ),
    ...charts.map((chart) =>
      named(
        `${joinPath(normChart(chart.repoURL ?? ''), chart.name ?? '')}:${chart.version ?? ''}`,
        chart,
      ),
    ),
    ...artifacts.map(
      (artifact) => `${artifact.artifactType}:${artifact.subscriptionName}:${artifact.version}`,
    ),
  ]
  return sha1(`${origin.kind}/${origin.name}:${parts.sort(compareBytes).join('|')}`)
}

function named(part: string, artifact: { readonly subscriptionName?: string | undefined }): string {
  const { subscriptionName } = artifact
  return subscriptionName === undefined || subscriptionName === ''
    ? part
    : `${part}:${subscriptionName}`
}

/** Go's `path.Join`: empty parts are left out, `//`, `.` and `..` are resolved. */
function joinPath(...parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== '').join('/')
  if (joined === '') return ''
  const rooted = joined.startsWith('/')
  const kept: string[] = []
  for (const segment of joined.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') kept.push(segment)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push('..')
  }
  const clean = `${rooted ? '/' : ''}${kept.join('/')}`
  return clean === '' ? '.' : clean
}

/** The id of a collection: SHA-1 over the sorted names of its Freight. */
export function collectionId(freightNames: readonly string[]): string {
  return sha1([...freightNames].sort(compareBytes).join(','))
}

export interface PromotionNameOptions {
  readonly stage: string
  /** Name of the Freight. */
  readonly freight: string
  /** Epoch milliseconds. */
  readonly now: number
  /** Ten random bytes. */
  readonly entropy: Uint8Array
  /** The greatest name of a Promotion of the same Stage, if there is one. */
  readonly last?: string | undefined
}

/**
 * `<stage>.<ulid>.<first 7 of the Freight>`, lower case. Names of one Stage sort in the order in which they were given,
 * also when the clock steps back: the ULID is then the last one plus one.
 */
export function promotionName(options: PromotionNameOptions): string {
  return `${shortStage(options.stage)}.${nextUlid(options)}.${options.freight.slice(0, 7)}`.toLowerCase()
}

/** `<stage>.<ulid>.<first 7 of the collection>`, lower case. */
export function analysisRunName(options: {
  readonly stage: string
  readonly collection: string
  readonly now: number
  readonly entropy: Uint8Array
}): string {
  const id = ulid(options.now, options.entropy)
  return `${shortStage(options.stage)}.${id}.${options.collection.slice(0, 7)}`.toLowerCase()
}

function shortStage(stage: string): string {
  return stage.length <= 218 ? stage : stage.slice(0, 218).replace(/[.-]+$/, '')
}

const ulidDigits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** A ULID: 48 bits of time and 80 random bits, as 26 characters that sort in order of time. */
export function ulid(now: number, entropy: Uint8Array): string {
  let bits = BigInt(Math.max(0, Math.floor(now)))
  for (let i = 0; i < 10; i++) bits = (bits << 8n) | BigInt(entropy[i] ?? 0)
  return formatUlid(bits)
}

function nextUlid(options: PromotionNameOptions): string {
  const fresh = ulid(options.now, options.entropy)
  const last = options.last?.split('.').at(-2)?.toUpperCase() ?? ''
  if (!ulidPattern.test(last) || fresh > last) return fresh
  return formatUlid(parseUlid(last) + 1n)
}

function formatUlid(bits: bigint): string {
  let text = ''
  for (let rest = bits, i = 0; i < 26; i++, rest >>= 5n) {
    text = `${ulidDigits.charAt(Number(rest & 31n))}${text}`
  }
  return text
}

function parseUlid(text: string): bigint {
  let bits = 0n
  for (const digit of text) bits = (bits << 5n) | BigInt(ulidDigits.indexOf(digit))
  return bits
}

/** Limits of Kubernetes. */
const maxLabelLength = 63
const maxNameLength = 253

/** A label value for a name of any length: longer ones end in a piece of their own hash. */
export function labelValue(name: string): string {
  return shorten(name, maxLabelLength)
}

/** An object name for text of any length: longer ones end in a piece of their own hash. */
export function shortName(name: string): string {
  return shorten(name, maxNameLength)
}

function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const kept = text.slice(0, maxLength - 9).replace(/-+$/, '')
  return `${kept}-${sha256(text).slice(0, 8)}`
}
