import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { AddressRules } from '../address-rules.ts'
import type { GitAddress } from './address.ts'
import type { PrivateFiles } from './private-files.ts'
import type { ReachableRemote } from './remote.ts'

export interface AccessRules {
  readonly addresses: AddressRules
  /** Credentials over plain http to other hosts; default false. */
  readonly allowPlainHttpCredentials?: boolean | undefined
  /** The proxy through which an address is reached: its name is then not resolved here. Not for ssh. */
  readonly proxyFor?: ((url: URL) => string | undefined) | undefined
}

/** What one git command needs to reach one remote, and nothing else. */
export interface Access {
  readonly env: Readonly<Record<string, string>>
  readonly config: readonly (readonly [name: string, value: string])[]
  end(): Promise<void>
}

/** No remote at all. */
export const noAccess: Access = {
  env: { GIT_ALLOW_PROTOCOL: 'none' },
  config: [],
  end: () => Promise.resolve(),
}

/** Throws Forbidden when the address may not be reached, or its credential must not go there. */
export async function accessTo(
  remote: ReachableRemote,
  options: AccessRules,
  keys: PrivateFiles,
): Promise<Access> {
  const { addresses } = options
  const { host, port } = remote.address
  const proxy = remote.address.kind === 'ssh' ? undefined : options.proxyFor?.(new URL(remote.url))
  // A proxy finds the names; what can be judged without that is judged all the same.
  const why = proxy === undefined ? undefined : addresses.refusalUnresolved(host)
  if (why !== undefined) throw new GantryError('Forbidden', `refusing to reach ${host}: ${why}`)
  const resolved = proxy === undefined ? await addresses.resolve(host) : []
  const pinned = resolved.map(({ address }) => address)
  if (remote.address.kind === 'ssh') return sshAccess(remote, pinned, keys)

  const config: (readonly [string, string])[] = [
    ['http.sslVerify', String(!remote.insecureSkipTLSVerify)],
  ]
  if (proxy !== undefined) config.push(['http.proxy', proxy])
  // The connection goes to the very address that was checked, whatever the name says a moment later.
  if (proxy === undefined && pinned.length > 0 && !pinned.includes(host)) {
    const targets = pinned.map((ip) => (ip.includes(':') ? `[${ip}]` : ip)).join(',')
    config.push(['http.curloptResolve', `${host}:${port}:${targets}`])
  }
  const authorization = authorizationOf(remote)
  if (authorization !== undefined) {
    const isAllowed = options.allowPlainHttpCredentials === true
    const isSecure = async (url: URL): Promise<boolean> =>
      proxy === undefined ? addresses.isSecure(url) : url.protocol === 'https:'
    if (!isAllowed && !(await isSecure(new URL(remote.url)))) {
      throw new GantryError(
        'Forbidden',
        `refusing to send the credential for ${remote.url} over plain http; use https`,
      )
    }
    // For this repository's address alone, in the environment: not in argv, not in a file.
    config.push([`http.${remote.url}.extraHeader`, `Authorization: ${authorization}`])
  }
  return {
    env: { GIT_ALLOW_PROTOCOL: 'http:https' },
    config,
    end: () => Promise.resolve(),
  }
}

/** The header that carries the credential over http. */
export function authorizationOf({ credential }: ReachableRemote): string | undefined {
  if (credential?.password === undefined) return undefined
  const pair = `${credential.username ?? 'git'}:${credential.password}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

async function sshAccess(
  remote: ReachableRemote,
  pinned: readonly string[],
  keys: PrivateFiles,
): Promise<Access> {
  const { path: folder, end } = await keys.make()
  const { url, fromHome } = remote.address
  try {
    const { sshPrivateKey, sshKnownHosts } = remote.credential ?? {}
    const known = join(folder, 'known_hosts')
    await writeFile(known, `${sshKnownHosts ?? ''}\n`, { mode: 0o600 })
    const options = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'ConnectTimeout=15',
      // A connection that is dead says so within half a minute.
      'ServerAliveInterval=10',
      'ServerAliveCountMax=3',
      `UserKnownHostsFile=${known}`,
      `StrictHostKeyChecking=${sshKnownHosts === undefined ? 'accept-new' : 'yes'}`,
      ...(pinned[0] === undefined
        ? []
        : [`HostName=${pinned[0]}`, `HostKeyAlias=${knownAs(remote.address)}`]),
    ]
    const words = ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', option])]
    if (sshPrivateKey !== undefined) {
      const key = join(folder, 'key')
      await writeFile(key, `${sshPrivateKey.trimEnd()}\n`, { mode: 0o600 })
      words.push('-i', key)
    }
    return {
      env: {
        GIT_ALLOW_PROTOCOL: 'ssh',
        GIT_SSH_COMMAND: words.map(quoteWord).join(' '),
        GIT_SSH_VARIANT: 'ssh',
      },
      config: fromHome === undefined ? [] : [[`url.${fromHome}.insteadOf`, url]],
      end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** As ssh itself looks the host up in a file of known hosts. */
function knownAs({ host, port }: GitAddress): string {
  return port === 22 ? host : `[${host}]:${port}`
}

/** git hands this one setting to a shell; every word is quoted whole. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
