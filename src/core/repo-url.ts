/** Normal forms of repository addresses: two addresses with the same one are the same repository. */

/**
 * Lower case, without user info (http), trailing `/` and `.git`; `user@host:path` becomes `ssh://user@host/path`.
 * What cannot be read, and anything with a query, comes back trimmed and otherwise as it is.
 */
export function normGit(address: string): string {
  const original = printable(address)
  const url = original.toLowerCase()
  if (url.includes('?')) return original
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(url)) return normGitUrl(url) ?? original
  const scp = /^(?:([\w.-]+)@)?([\w.-]+):(.*)$/.exec(url)
  if (scp === null) return original
  const [, user, host, path] = scp
  return `ssh://${user === undefined ? '' : `${user}@`}${host ?? ''}/${trimGit((path ?? '').replace(/^\/+/, ''))}`
}

function normGitUrl(url: string): string | undefined {
  const parts = /^(https?|ssh):\/\/([^/]*)(\/.*)?$/.exec(url)
  if (parts === null) return undefined
  const [, scheme, authority = '', path = ''] = parts
  const host = scheme === 'ssh' ? authority : authority.slice(authority.lastIndexOf('@') + 1)
  return host === '' ? undefined : `${scheme}://${host}${trimGit(path)}`
}

function trimGit(path: string): string {
  return path.replace(/\/$/, '').replace(/\.git$/, '')
}

/** Without `docker.io` and `library/`, tag and digest; lower case. What is not an image comes back as it is. */
export function normImage(address: string): string {
  const original = printable(address)
  const untagged = original
    .toLowerCase()
    .replace(/@[a-z0-9]+:[a-f0-9]+$/, '')
    .replace(/:[\w.-]+$/, '')
  if (!/^[\w.-]+(:\d+)?(\/[\w.-]+)*$/.test(untagged)) return original
  const bare = untagged.replace(/^(docker\.io|index\.docker\.io|registry-1\.docker\.io)\//, '')
  return bare.replace(/^library\//, '')
}

/** `oci://` addresses as images; others lower case. */
export function normChart(address: string): string {
  const url = printable(address).toLowerCase()
  return /^https?:\/\//.test(url) ? url : normImage(url.replace(/^oci:\/\//, ''))
}

/**
 * Where the host of an address ends, as an index into its text. An image without a host is on Docker Hub, whatever
 * follows: then the whole text is as good as a host.
 */
export function hostEnd(type: 'git' | 'helm' | 'image', address: string): number {
  const scheme = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0].length
  if (scheme !== undefined) return endOr(address.indexOf('/', scheme), address.length)
  if (type === 'git') return endOr(address.search(/[:/]/), address.length)
  return ociHost(type, address)?.length ?? Number.POSITIVE_INFINITY
}

/** `host[:port]` of an OCI registry, lower case; undefined for http(s) chart repositories and what is on Docker Hub. */
export function ociHost(type: 'git' | 'helm' | 'image', address: string): string | undefined {
  if (type === 'git' || /^\s*https?:\/\//i.test(address)) return undefined
  const bare = printable(address).replace(/^oci:\/\//i, '')
  const first = bare.includes('/') ? (bare.split('/', 1)[0] ?? '') : ''
  return /[.:]/.test(first) || first === 'localhost' ? first.toLowerCase() : undefined
}

/**
 * What of an address that cannot be read may be shown: nothing before its last `@`, which may be a credential wherever it
 * stands. The `@` of a digest is none.
 */
export function withoutUserInfo(address: string): string {
  const [digest = ''] = /@sha(?:256|512):[a-f0-9]*$/.exec(address) ?? []
  const bare = address.slice(0, address.length - digest.length)
  const at = bare.lastIndexOf('@')
  if (at < 0) return address
  const [scheme = ''] = /^\s*[a-z][a-z0-9+.-]*:\/\//i.exec(bare) ?? []
  return `${scheme}${bare.slice(at + 1)}${digest}`
}

function endOr(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index
}

/** Trimmed, and without byte order marks and other characters that cannot be seen. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\u{feff}]/gu, '').trim()
}
