import { GantryError } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/policy/find-credential.ts'
import { withoutUserInfo } from '../../core/repo-url.ts'

/** Where a repository is. */
export interface RepositoryAddress {
  /** `host[:port]` of the API. */
  readonly host: string
  /** Path below `/v2/`, as in `library/nginx`. */
  readonly path: string
  /** As people write it: `ghcr.io/example/app`, `nginx`. */
  readonly display: string
  /** Tried in this order: plain http only on this machine and in private networks. */
  readonly schemes: readonly ('https' | 'http')[]
}

const hub = {
  names: ['docker.io', 'index.docker.io', 'registry-1.docker.io'],
  api: 'registry-1.docker.io',
}
const pathPattern =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const hostPattern = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i

/**
 * Reads an image's address without a tag. The first part is a host when it holds a dot or a port or is `localhost`; else
 * the image is on Docker Hub. Throws Invalid.
 */
export function parseRepository(repoURL: string): RepositoryAddress {
  const slash = repoURL.indexOf('/')
  const first = slash < 0 ? '' : repoURL.slice(0, slash)
  const hasHost = /[.:[]/.test(first) || first === 'localhost'
  const named = hasHost ? first : 'docker.io'
  const isHub = hub.names.includes(named.toLowerCase())
  const rest = hasHost ? repoURL.slice(slash + 1) : repoURL
  const path = isHub && !rest.includes('/') ? `library/${rest}` : rest
  if (repoURL.length > 512 || !hostPattern.test(named) || !pathPattern.test(path)) {
    throw new GantryError(
      'Invalid',
      `"${withoutUserInfo(repoURL).slice(0, 100)}" is not the address of an image repository`,
    )
  }
  const host = isHub ? hub.api : named
  return { host, path, display: repoURL, schemes: mayBePlain(host) ? ['https', 'http'] : ['https'] }
}

/** Whether the distribution specification knows it for a tag. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text)
}

function mayBePlain(host: string): boolean {
  const hostname = host.replace(/:\d+$/, '')
  return (
    isLoopbackHost(hostname) ||
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$/.test(hostname)
  )
}
