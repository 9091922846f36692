import type { CredentialLookup } from '../../core/credential.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { GitOutput, GitRequest, GitRun } from '../../core/git.ts'
import type { HttpCapability } from '../../core/http.ts'
import type { Exec } from '../exec.ts'
import { accessTo, authorizationOf, noAccess, type AccessRules } from './access.ts'
import { blame } from './blame.ts'
import { findMoved } from './moved.ts'
import { createPrivateFiles } from './private-files.ts'
import { findRemote, reachable, type ReachableRemote } from './remote.ts'
import { noSigning, prepareSigning } from './signing.ts'

export interface GitOptions extends AccessRules {
  readonly exec: Exec
  readonly credentials: CredentialLookup
  /** Where commands without a repository run; also names the owner of short-lived key files. */
  readonly tempFolder: string
  /** Finds out where an address was moved to on its own host; without it, such an address is an error. */
  readonly http?: HttpCapability | undefined
  /** Transfers slower than 1 KiB/s for so long are given up. Default 30 s. */
  readonly stallMs?: number | undefined
}

/** Git without anything of the machine's own setup. */
export interface Git {
  run(request: GitRun): Promise<GitOutput>
  remote(request: GitRequest): Promise<ReachableRemote>
}

const maxMoved = 1000
/** An address may lead to another, and that to a third. */
const maxHops = 3

const defaultStallMs = 30_000

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
  'http.lowSpeedLimit': '1024',
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
  const stallSeconds = String(Math.ceil((options.stallMs ?? defaultStallMs) / 1000))

  return {
    remote: (request) => findRemote(credentials, request),

    async run(request) {
      const remote = request.remote === undefined ? undefined : reachable(request.remote)
      if (remote === undefined) return runOnce(request, undefined)
      const sent = remote.credential
      try {
        return await runWhereItIs(request, remote)
      } catch (error) {
        // A token that its issuer took back is refused before its time: then another is got, once.
        const isRefused = sent !== undefined && hasCode(error, 'Unauthorized', 'Forbidden')
        if (!isRefused || !(await remote.renew(sent, request.signal))) throw error
        return runWhereItIs(request, remote)
      }
    },
  }

  /** At the address that the remote was moved to on its own host. */
  async function runWhereItIs(request: GitRun, remote: ReachableRemote): Promise<GitOutput> {
    const known = moved.get(remote.url)
    if (known === undefined) return follow(request, remote)
    try {
      return await runOnce(request, { ...remote, url: known })
    } catch (error) {
      if (!isRedirect(error) && !hasCode(error, 'NotFound')) throw error
      // It moved on, or back.
      moved.delete(remote.url)
      return follow(request, remote)
    }
  }

  /** Where an address leads to is remembered once it proved good. */
  async function follow(request: GitRun, remote: ReachableRemote): Promise<GitOutput> {
    const { http } = options
    let { url } = remote
    for (let hops = 0; ; hops += 1) {
      try {
        const output = await runOnce(request, { ...remote, url })
        if (moved.size >= maxMoved) moved.clear()
        if (url !== remote.url) moved.set(remote.url, url)
        return output
      } catch (error) {
        const isOver = http === undefined || remote.address.kind === 'ssh' || hops === maxHops
        if (isOver || !isRedirect(error)) throw error
        url = await findMoved(http, url, {
          authorization: authorizationOf(remote),
          insecureSkipTLSVerify: remote.insecureSkipTLSVerify,
          signal: request.signal,
        })
      }
    }
  }

  async function runOnce(request: GitRun, remote: ReachableRemote | undefined): Promise<GitOutput> {
    const access = remote === undefined ? noAccess : await accessTo(remote, options, keys)
    const named = request.remote?.url
    remote?.meter?.used(new URL(remote.url).host)
    let signing = noSigning
    try {
      if (request.sign !== undefined) {
        signing = await prepareSigning(exec, keys, request.sign, request.signal)
      }
      const result = await exec
        .run({
          command: 'git',
          args: [
            ...(request.gitDir === undefined ? [] : [`--git-dir=${request.gitDir}`]),
            ...(request.workTree === undefined ? [] : [`--work-tree=${request.workTree}`]),
            ...request.args.map((arg) =>
              arg === named && remote !== undefined ? remote.url : arg,
            ),
          ],
          cwd: request.workTree ?? request.gitDir ?? options.tempFolder,
          env: {
            ...baseEnv,
            ...access.env,
            ...signing.env,
            ...request.env,
            ...configEnv([
              ...Object.entries(baseConfig),
              ['http.lowSpeedTime', stallSeconds],
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
        .catch((error: unknown) => {
          const { timeoutMs } = request
          if (remote === undefined || timeoutMs === undefined || !hasCode(error, 'Timeout'))
            throw error
          const why = `no end within ${Math.round(timeoutMs / 1000)} s`
          throw new GantryError('Timeout', `${describe(request, remote)}: ${why}`, { cause: error })
        })
      if ((request.exitCodes ?? [0]).includes(result.exitCode)) return result
      const told = withoutFolders(result.stderr, request)
      throw blame(describe(request, remote), told, remote)
    } finally {
      await Promise.all([access.end(), signing.end()])
    }
  }
}

function isRedirect(error: unknown): boolean {
  return error instanceof GantryError && /error: 30[1278]/u.test(error.message)
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
