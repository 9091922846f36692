import type { CredentialLookup, RepoType } from '../../core/credential.ts'
import { asGantryError, GantryError, hasCode } from '../../core/errors.ts'
import type { GitCapability } from '../../core/git.ts'
import type { HttpCapability } from '../../core/http.ts'
import type { RegistryCapability } from '../../core/registry.ts'
import { trimEndOf } from '../../core/trim-end.ts'

export interface Address {
  readonly type: RepoType
  readonly url: string
  readonly insecureSkipTLSVerify: boolean
}

/** Through what addresses are tried: the very parts that discoveries and steps use. */
export interface TryParts {
  readonly git: Pick<GitCapability, 'remote' | 'run'>
  readonly registries: RegistryCapability
  readonly credentials: CredentialLookup
  readonly http: HttpCapability
}

const headTimeoutMs = 20_000
const maxIndexBytes = 64 * 1024 * 1024

/** Reads the least that proves access: a list of refs, a tag, the head of an index. Rejects as real work would. */
export async function tryAddress(
  parts: TryParts,
  project: string,
  address: Address,
  signal: AbortSignal,
): Promise<void> {
  const { type, url, insecureSkipTLSVerify } = address
  if (type === 'git') {
    const request = { project, repoURL: url, insecureSkipTLSVerify, signal }
    const remote = await parts.git.remote(request)
    await parts.git.run({ args: ['ls-remote', '--', remote.url, 'HEAD'], remote, signal })
  } else if (type === 'helm' && /^https?:\/\//iu.test(url)) {
    await readIndex(parts, project, address, signal)
  } else {
    const repository = await parts.registries.open({
      project,
      repoURL: url.replace(/^oci:\/\//iu, ''),
      credentialType: type,
      insecureSkipTLSVerify,
      signal,
    })
    // A tag that is not there is an answer too, but not from a registry that hides what one may not see.
    if ((await repository.resolve('latest')) === undefined) await repository.tags()
  }
}

async function readIndex(
  { credentials, http }: TryParts,
  project: string,
  { url, insecureSkipTLSVerify }: Address,
  signal: AbortSignal,
): Promise<void> {
  const credential = await credentials.find({ project, type: 'helm', url, signal })
  const pair = `${credential?.username ?? ''}:${credential?.password ?? ''}`
  const ask = (method: 'HEAD' | 'GET') =>
    http.fetch(`${trimEndOf(url, '/')}/index.yaml`, {
      method,
      headers: credential ? { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {},
      timeoutMs: headTimeoutMs,
      maxBytes: maxIndexBytes,
      insecureSkipTLSVerify,
      carriesCredential: credential !== undefined,
      signal,
    })
  const head = await ask('HEAD')
  const { status } = head.status === 405 || head.status === 501 ? await ask('GET') : head
  if (status === 200) return
  const code = status === 401 ? 'Unauthorized' : status === 403 ? 'Forbidden' : 'NotFound'
  throw new GantryError(
    status >= 500 ? 'Unreachable' : code,
    `the chart repository answered ${status} for index.yaml`,
  )
}

export type TryState = 'ok' | 'refused' | 'unreachable' | 'failed'

export interface TryOutcome {
  readonly state: TryState
  readonly code?: string
  readonly message?: string
}

/** What came of it: `refused` by the other side, `unreachable` for now, `failed` because of what we were given. */
export function outcomeOf(thrown: unknown): TryOutcome {
  const { code, message } = asGantryError(thrown)
  const state = hasCode(thrown, 'Unauthorized', 'Forbidden', 'NotFound')
    ? 'refused'
    : hasCode(thrown, 'Unreachable', 'Timeout', 'RateLimited', 'Canceled')
      ? 'unreachable'
      : 'failed'
  return { state, code, message }
}
