import type { Credential, CredentialLookup } from '../../core/credential.ts'
import { GantryError } from '../../core/errors.ts'
import type { GitRemote, GitRequest } from '../../core/git.ts'
import type { RequestMeter } from '../../core/meter.ts'
import { fingerprint } from '../fingerprint.ts'
import { renewable } from '../renewable-credential.ts'
import { parseAddress, type GitAddress } from './address.ts'

/** A remote with what is needed to reach it. Its credential never leaves the environment of one child. */
export interface ReachableRemote extends GitRemote {
  readonly address: GitAddress
  readonly insecureSkipTLSVerify: boolean
  readonly credential: Credential | undefined
  /** After a refusal of what was sent: whether `credential` is another one now. */
  renew(sent: Credential, signal: AbortSignal): Promise<boolean>
  /** Equal for two that may share what was fetched: same address, TLS settings and credential. */
  readonly key: string
  /** Of whoever asked; told of each command that talks to the remote. */
  readonly meter?: RequestMeter | undefined
}

/** A repository as a Project can reach it: its address read, its credential looked up. Nothing is asked of it. */
export async function findRemote(
  credentials: CredentialLookup,
  { project, repoURL, insecureSkipTLSVerify, signal, meter }: GitRequest,
): Promise<ReachableRemote> {
  const address = parseAddress(repoURL)
  const ask = { project, type: 'git', url: repoURL } as const
  const found = await credentials.find({ ...ask, signal })
  const credential = renewable(found ?? inlineCredential(address))
  const identity = credential.current?.fingerprint ?? ''
  const where = [address.url, insecureSkipTLSVerify, identity]
  const key = JSON.stringify(address.fromHome === undefined ? where : [...where, 'from home'])
  const remote: ReachableRemote = {
    url: address.url,
    address,
    insecureSkipTLSVerify,
    get credential() {
      return credential.current
    },
    renew: (sent, asking) =>
      credential.renew(sent, (refused) => credentials.find({ ...ask, refused, signal: asking })),
    key,
    meter,
  }
  behind.set(remote, remote)
  return remote
}

/** What is behind the remotes that are there. */
const behind = new WeakMap<GitRemote, ReachableRemote>()

/** All that plugins get to see of a remote. What is needed to reach it stays here. */
export function handOut(remote: GitRemote): GitRemote {
  const handed = Object.freeze({ url: remote.url })
  behind.set(handed, reachable(remote))
  return handed
}

/** A remote as plugins handed it back. */
export function reachable(remote: GitRemote): ReachableRemote {
  const found = behind.get(remote)
  if (found !== undefined) return found
  throw new GantryError('Internal', 'this remote was not made by the git wrapper')
}

function inlineCredential(address: GitAddress): Credential | undefined {
  if (address.kind === 'ssh' || address.password === undefined) return undefined
  const { user: username, password } = address
  return { username, password, fingerprint: fingerprint(username ?? '', password) }
}
