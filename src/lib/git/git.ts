import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitOutput, GitRemote, GitRequest, GitRun } from '../../core/git.ts'
import type { HttpCapability } from '../../core/http.ts'
import type { AddressRules } from '../address-rules.ts'
import type { Exec } from '../exec.ts'
import { fingerprint } from '../fingerprint.ts'
import { parseAddress, type GitAddress } from './address.ts'
import { blame } from './blame.ts'
import { findMoved } from './moved.ts'
import { createPrivateFiles, type PrivateFiles } from './private-files.ts'
import { noSigning, prepareSigning } from './signing.ts'

/** As the credential look-up gives it; see `src/credential.ts`. */
export interface GitCredential {
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly sshPrivateKey?: string | undefined
  readonly sshKnownHosts?: string | undefined
  readonly fingerprint: string
}

export interface GitCredentialLookup {
  find(request: {
    project: string
    type: 'git'
    url: string
    signal: AbortSignal
  }): Promise<GitCredential | undefined>
}

export interface GitOptions {
  readonly exec: Exec
  readonly addresses: AddressRules
  readonly credentials: GitCredentialLookup
  /** Where commands without a repository run; also names the owner of short-lived key files. */
  readonly tempFolder: string
  /** Credentials over plain http to other hosts; default false. */
  readonly allowPlainHttpCredentials?: boolean | undefined
  /** Finds out where an address was moved to on its own host; without it, such an address is an error. */
  readonly http?: HttpCapability | undefined
  /** Remotes are reached through a proxy of the environment: their names are then not resolved here. */
  readonly isProxied?: ((host: string) => boolean) | undefined
}

/** Git without anything of the machine's own setup. */
export interface Git {
  run(request: GitRun): Promise<GitOutput>
  remote(request: GitRequest): Promise<ReachableRemote>
}

/** A remote with what is needed to reach it. Its credential never leaves the environment of one child. */
export interface ReachableRemote extends GitRemote {
  readonly address: GitAddress
  readonly insecureSkipTLSVerify: boolean
  readonly credential: GitCredential | undefined
  /** Equal for two that may share what was fetched: same address, TLS settings and credential. */
  readonly key: string
}

const maxMoved = 1000

/** Slower transfers than this, for this long, are given up. */
const lowSpeed = { bytesPerSecond: '1024', seconds: '30' }

const baseConfig: Readonly<Record<string, string>> = {
  // Hooks, monitors, helpers and filters are programs that a repository or a machine could plant.
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'credential.helper': '',
  'core.sshCommand': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'commit.gpgSign': 'false',
  'core.autocrlf': 'false',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'core.quotePath': 'false',
  'push.recurseSubmodules': 'no',
  'fetch.recurseSubmodules': 'no',
  'submodule.recurse': 'false',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': lowSpeed.bytesPerSecond,
  'http.lowSpeedTime': lowSpeed.seconds,
}

const baseEnv: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_EDITOR: 'false',
  GIT_ASKPASS: 'false',
}

export function createGit(options: GitOptions): Git {
  const { exec, credentials } = options
  const moved = new Map<string, string>()
  const keys = createPrivateFiles(options.tempFolder)

  return {
    async remote(request) {
      const address = parseAddress(request.repoURL)
      const found = await credentials.find({
        project: request.project,
        type: 'git',
        url: request.repoURL,
        signal: request.signal,
      })
      const credential = found ?? inlineCredential(address)
      return {
        url: address.url,
        address,
        insecureSkipTLSVerify: request.insecureSkipTLSVerify,
        credential,
        key: JSON.stringify([
          address.url,
          request.insecureSkipTLSVerify,
          credential?.fingerprint ?? '',
        ]),
      }
    },

    async run(request) {
      const remote = request.remote === undefined ? undefined : reachable(request.remote)
      if (remote === undefined) return runOnce(request, undefined)
      try {
        return await runOnce(request, { ...remote, url: moved.get(remote.url) ?? remote.url })
      } catch (error) {
        const { http } = options
        const isRedirect = error instanceof GantryError && /error: 30[1278]/u.test(error.message)
        if (!isRedirect || http === undefined || remote.address.kind === 'ssh') throw error
        const url = await findMoved(http, remote.url, {
          authorization: authorizationOf(remote),
          insecureSkipTLSVerify: remote.insecureSkipTLSVerify,
          signal: request.signal,
        })
        if (moved.size >= maxMoved) moved.clear()
        moved.set(remote.url, url)
        return runOnce(request, { ...remote, url })
      }
    },
  }

  async function runOnce(request: GitRun, remote: ReachableRemote | undefined): Promise<GitOutput> {
    const access = remote === undefined ? noAccess : await accessTo(remote, options, keys)
    const named = request.remote?.url
    let signing = noSigning
    try {
      if (request.sign !== undefined) {
        signing = await prepareSigning(exec, keys, request.sign, request.signal)
      }
      const result = await exec.run({
        command: 'git',
        args: [
          ...(request.gitDir === undefined ? [] : [`--git-dir=${request.gitDir}`]),
          ...(request.workTree === undefined ? [] : [`--work-tree=${request.workTree}`]),
          ...request.args.map((arg) => (arg === named && remote !== undefined ? remote.url : arg)),
        ],
        cwd: request.workTree ?? request.gitDir ?? options.tempFolder,
        env: {
          ...baseEnv,
          ...access.env,
          ...signing.env,
          ...request.env,
          ...configEnv([
            ...Object.entries(baseConfig),
            ...access.config,
            ...Object.entries(signing.config),
            ...Object.entries(request.config ?? {}),
          ]),
        },
        input: request.input,
        timeoutMs: request.timeoutMs,
        maxOutputBytes: request.maxOutputBytes,
        signal: request.signal,
      })
      if ((request.exitCodes ?? [0]).includes(result.exitCode)) return result
      const told = withoutFolders(result.stderr, request)
      throw blame(describe(request, remote), told, remote)
    } finally {
      await Promise.all([access.end(), signing.end()])
    }
  }
}

interface Access {
  readonly env: Readonly<Record<string, string>>
  readonly config: readonly (readonly [name: string, value: string])[]
  end(): Promise<void>
}

const noAccess: Access = {
  env: { GIT_ALLOW_PROTOCOL: 'none' },
  config: [],
  end: () => Promise.resolve(),
}

async function accessTo(
  remote: ReachableRemote,
  options: GitOptions,
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

function authorizationOf({ credential }: ReachableRemote): string | undefined {
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

function reachable(remote: GitRemote): ReachableRemote {
  if ('address' in remote && 'key' in remote) {
    // The only maker of remotes is `remote()` above; plugins see less of them.
    return remote as ReachableRemote
  }
  throw new GantryError('Internal', 'this remote was not made by the git wrapper')
}

function inlineCredential(address: GitAddress): GitCredential | undefined {
  if (address.kind === 'ssh' || address.password === undefined) return undefined
  const { user: username, password } = address
  return { username, password, fingerprint: fingerprint(username ?? '', password) }
}

/** Configuration as environment variables, which git reads like `-c` but which no process list shows. */
function configEnv(
  entries: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(entries.length) }
  for (const [index, [name, value]] of entries.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = name
    env[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return env
}

function describe(request: GitRun, remote: ReachableRemote | undefined): string {
  const [command = ''] = request.args
  return remote === undefined ? `git ${command} failed` : `git ${command} of ${remote.url} failed`
}

/** Where our folders are is nothing that a message should tell. */
function withoutFolders(text: string, { gitDir, workTree }: GitRun): string {
  let plain = text
  for (const folder of [workTree, gitDir]) {
    if (folder !== undefined) plain = plain.replaceAll(`${folder}/`, '').replaceAll(folder, '.')
  }
  return plain
}
