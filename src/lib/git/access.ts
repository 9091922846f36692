import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { AddressRules } from '../address-rules.ts'
import type { PrivateFiles } from './private-files.ts'
import type { ReachableRemote } from './remote.ts'

export interface AccessRules {
  readonly addresses: AddressRules
  /** Credentials over plain http to other hosts; default false. */
  readonly allowPlainHttpCredentials?: boolean | undefined
  /** Remotes are reached through a proxy of the environment: their names are then not resolved here. */
  readonly isProxied?: ((host: string) => boolean) | undefined
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
  const isProxied = options.isProxied?.(remote.address.host) === true
  const resolved = isProxied ? [] : await addresses.resolve(remote.address.host)
  const pinned = resolved.map(({ address }) => address)
  if (remote.address.kind === 'ssh') return sshAccess(remote, pinned, keys)

  const { host, port } = remote.address
  const config: (readonly [string, string])[] = [
    ['http.sslVerify', String(!remote.insecureSkipTLSVerify)],
  ]
  // The connection goes to the very address that was checked, whatever the name says a moment later.
  if (pinned.length > 0 && !pinned.includes(host)) {
    const targets = pinned.map((ip) => (ip.includes(':') ? `[${ip}]` : ip)).join(',')
    config.push(['http.curloptResolve', `${host}:${port}:${targets}`])
  }
  const authorization = authorizationOf(remote)
  if (authorization !== undefined) {
    const isAllowed = options.allowPlainHttpCredentials === true
    if (!isAllowed && !(await addresses.isSecure(new URL(remote.url)))) {
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
  try {
    const { sshPrivateKey, sshKnownHosts } = remote.credential ?? {}
    const known = join(folder, 'known_hosts')
    await writeFile(known, `${sshKnownHosts ?? ''}\n`, { mode: 0o600 })
    const options = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'ConnectTimeout=15',
      `UserKnownHostsFile=${known}`,
      `StrictHostKeyChecking=${sshKnownHosts === undefined ? 'accept-new' : 'yes'}`,
      ...(pinned[0] === undefined
        ? []
        : [`HostName=${pinned[0]}`, `HostKeyAlias=${remote.address.host}`]),
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
      config: [],
      end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** git hands this one setting to a shell; every word is quoted whole. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
