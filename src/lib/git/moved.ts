import { GantryError } from '../../core/errors.ts'
import type { HttpCapability } from '../../core/http.ts'

/**
 * Follows the redirect of a repository's address within its own host (as GitLab adds `.git`). git itself follows none,
 * because it would take the credential along to wherever it leads.
 */
export async function findMoved(
  http: HttpCapability,
  url: string,
  request: {
    readonly authorization: string | undefined
    readonly insecureSkipTLSVerify: boolean
    readonly signal: AbortSignal
  },
): Promise<string> {
  const { authorization } = request
  const answer = await http.fetch(`${url}/info/refs?service=git-upload-pack`, {
    method: 'GET',
    headers: authorization === undefined ? {} : { authorization },
    redirect: 'manual',
    timeoutMs: 30_000,
    maxBytes: 64 * 1024,
    insecureSkipTLSVerify: request.insecureSkipTLSVerify,
    signal: request.signal,
  })
  const location = answer.headers['location']
  const target =
    location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined
  if (target === undefined || !target.pathname.endsWith('/info/refs')) {
    throw new GantryError('Unreachable', `${url} redirects to something that is no git repository`)
  }
  if (target.origin !== new URL(url).origin) {
    throw new GantryError(
      'Forbidden',
      `${url} redirects to another host (${target.host}), where its credential does not belong; use that address instead`,
    )
  }
  return `${target.origin}${target.pathname.slice(0, -'/info/refs'.length)}`
}
