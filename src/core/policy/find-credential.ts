import type { RepoType } from '../credential.ts'
import { compileRegex, type Pattern } from '../pattern.ts'
import { normChart, normGit, normImage } from '../repo-url.ts'

/** What the choice depends on, of a Secret with a repository in it. */
export interface CredentialEntry {
  readonly name: string
  readonly type: RepoType
  readonly repoURL: string
  readonly repoURLIsRegex: boolean
}

/**
 * The entry that serves the URL, of those of one namespace: the first by name whose type fits and whose address is the
 * same once both are normalised, or whose pattern is found in the URL as written or normalised. `onBadPattern` hears of
 * entries that are passed over because their pattern does not compile.
 */
export function findCredential<Entry extends CredentialEntry>(
  entries: readonly Entry[],
  type: RepoType,
  url: string,
  onBadPattern: (entry: Entry) => void = () => undefined,
): Entry | undefined {
  const normalize = normalizers[type]
  const normal = normalize(url)
  return entries
    .filter((entry) => entry.type === type && entry.repoURL !== '')
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .find((entry) => {
      if (!entry.repoURLIsRegex) return normalize(entry.repoURL) === normal
      const pattern = tryCompile(entry.repoURL)
      if (pattern === undefined) onBadPattern(entry)
      return pattern !== undefined && (pattern.test(url) || pattern.test(normal))
    })
}

/** The normal form in which addresses of a type are compared. */
export const normalizers: Readonly<Record<RepoType, (url: string) => string>> = {
  git: normGit,
  image: normImage,
  helm: normChart,
}

/**
 * Whether credentials may travel to this address. Plain `http://` carries none, but to this very machine, or when the
 * operator allows it.
 */
export function mayCarryCredentials(url: string, allowPlainHttp: boolean): boolean {
  if (allowPlainHttp || !/^http:\/\//i.test(url)) return true
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

function tryCompile(source: string): Pattern | undefined {
  try {
    return compileRegex(source)
  } catch {
    return undefined
  }
}
