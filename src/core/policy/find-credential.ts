import type { RepoType } from '../credential.ts'
import { compileRegex, type Pattern } from '../pattern.ts'
import { hostEnd, normChart, normGit, normImage } from '../repo-url.ts'

/** What the choice depends on, of a Secret with a repository in it. */
export interface CredentialEntry {
  readonly name: string
  readonly type: RepoType
  readonly repoURL: string
  readonly repoURLIsRegex: boolean
  /** Used by Projects that did not write it. */
  readonly shared?: boolean | undefined
}

/**
 * How an entry relates to an address: it names it, its pattern is found in it, its pattern does not compile, or its
 * pattern is shared and found only after the host, so that anybody could have it sent to a host of theirs.
 */
export type CredentialFit = 'address' | 'pattern' | 'bad-pattern' | 'any-host' | 'none'

/**
 * The entry that serves the URL, of those of one namespace. One whose address is the same, once both are normalised,
 * comes before one whose pattern is found in the URL as written or normalised; among equals the first by name.
 * `onPassedOver` hears of entries whose pattern cannot be used.
 */
export function findCredential<Entry extends CredentialEntry>(
  entries: readonly Entry[],
  type: RepoType,
  url: string,
  onPassedOver: (entry: Entry, fit: 'bad-pattern' | 'any-host') => void = () => undefined,
): Entry | undefined {
  const { exact, patterns } = inOrder(entries, type)
  const named = exact.find((entry) => fitOf(entry, type, url) === 'address')
  if (named !== undefined) return named
  return patterns.find((entry) => {
    const fit = fitOf(entry, type, url)
    if (fit === 'bad-pattern' || fit === 'any-host') onPassedOver(entry, fit)
    return fit === 'pattern'
  })
}

/** Every entry of the type with what it is to the address, in the order in which they are tried. */
export function judgeCredentials<Entry extends CredentialEntry>(
  entries: readonly Entry[],
  type: RepoType,
  url: string,
): readonly { readonly entry: Entry; readonly fit: CredentialFit }[] {
  const { exact, patterns } = inOrder(entries, type)
  return [...exact, ...patterns].map((entry) => ({ entry, fit: fitOf(entry, type, url) }))
}

function inOrder<Entry extends CredentialEntry>(entries: readonly Entry[], type: RepoType) {
  const usable = entries
    .filter((entry) => entry.type === type && entry.repoURL !== '')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    exact: usable.filter((entry) => !entry.repoURLIsRegex),
    patterns: usable.filter((entry) => entry.repoURLIsRegex),
  }
}

function fitOf(entry: CredentialEntry, type: RepoType, url: string): CredentialFit {
  const normalize = normalizers[type]
  const normal = normalize(url)
  if (!entry.repoURLIsRegex) return normalize(entry.repoURL) === normal ? 'address' : 'none'
  const pattern = tryCompile(entry.repoURL)
  if (pattern === undefined) return 'bad-pattern'
  if (leadsElsewhere(url) || ![url, normal].some((text) => pattern.test(text))) return 'none'
  const isBound = [withoutUser(url), normal].some((text) => {
    const at = pattern.indexIn(text)
    return at !== undefined && at < hostEnd(type, text)
  })
  return entry.shared === true && !isBound ? 'any-host' : 'pattern'
}

/** Before the host of a web address anybody can write what they like: `https://github.com@elsewhere.example/`. */
function withoutUser(url: string): string {
  return url.replace(/^(\s*https?:\/\/)[^/?#]*@/i, '$1')
}

/** `..` between slashes, in any spelling, leads out of the path that a pattern was found in. */
function leadsElsewhere(url: string): boolean {
  return /[/\\:](?:\.|%2e){1,2}(?:[/\\?#]|\s*$)/i.test(url)
}

/** The normal form in which addresses of a type are compared. */
const normalizers: Readonly<Record<RepoType, (url: string) => string>> = {
  git: normGit,
  image: normImage,
  helm: normChart,
}

/**
 * Whether credentials may travel to this address. Plain `http://` carries none, but to this very machine, or when the
 * operator allows it.
 */
export function mayCarryCredentials(url: string, allowPlainHttp: boolean): boolean {
  if (allowPlainHttp || !/^http:\/\//i.test(url.trim())) return true
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname)
}

/** `ssh://host/path` or `user@host:path`: passwords mean nothing there, keys do. */
export function isSshUrl(url: string): boolean {
  return /^ssh:\/\//i.test(url) || (!url.includes('://') && /^[^/@]+@[^/:]+:/.test(url))
}

/** `localhost` and names under it, 127.0.0.0/8 and `::1`; as written, nothing is resolved. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  )
}

const compiled = new Map<string, Pattern | undefined>()
const maxCompiled = 1000

/** Patterns are tried in every look, and compiling one costs more than a thousand tries. */
function tryCompile(source: string): Pattern | undefined {
  if (compiled.has(source)) return compiled.get(source)
  if (compiled.size >= maxCompiled) compiled.clear()
  let pattern: Pattern | undefined
  try {
    pattern = compileRegex(source)
  } catch {
    pattern = undefined
  }
  compiled.set(source, pattern)
  return pattern
}
