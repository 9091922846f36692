/** A repository on GitHub or on a GitHub Enterprise Server, as its address names it. */
export interface GithubRepo {
  /** As in `github.com`. */
  readonly host: string
  readonly owner: string
  readonly name: string
  /** Root of the REST API, without a `/` at its end. */
  readonly apiUrl: string
}

/** Undefined when the address is not of the form `https://host/owner/name[.git]`. */
export function githubRepoOf(url: string): GithubRepo | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  const [, owner, name, ...rest] = pathname
    .replace(/\/$/u, '')
    .replace(/\.git$/iu, '')
    .split('/')
  if (!/^https?:$/u.test(protocol) || !owner || !name || rest.length > 0) return undefined
  return { host, owner, name, apiUrl: apiOf(protocol, host) }
}

function apiOf(protocol: string, host: string): string {
  if (host === 'github.com' || host === 'www.github.com') return 'https://api.github.com'
  if (host.endsWith('.ghe.com')) return `https://api.${host}`
  return `${protocol}//${host}/api/v3`
}
