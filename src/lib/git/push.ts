import { GantryError } from '../../core/errors.ts'
import type { GitCapability, GitRemote } from '../../core/git.ts'
import { blame, shorten } from './blame.ts'

export interface PushRequest {
  readonly gitDir: string
  readonly remote: GitRemote
  /** Object id, or the full name of a local ref. */
  readonly source: string
  /** Full name of the remote ref. */
  readonly target: string
  readonly force: boolean
  /** Only when the remote ref does not exist yet. */
  readonly mustBeNew?: boolean | undefined
  /** Only while the remote ref is at this object, which the source came after. */
  readonly mustBeAt?: string | undefined
  readonly signal: AbortSignal
}

export type PushResult =
  | { readonly state: 'pushed' }
  /** Someone else was faster: what they pushed has to be taken in first. */
  | { readonly state: 'behind'; readonly reason: string }
  /** The server or a hook of it said no. */
  | { readonly state: 'rejected'; readonly reason: string }

const behind =
  /non-fast-forward|fetch first|stale info|cannot lock ref|incorrect old value|failed to update ref/iu

/** Pushes one ref. Throws when the remote could not be reached or cut the connection: then the outcome is not known. */
export async function push(git: GitCapability, request: PushRequest): Promise<PushResult> {
  const { gitDir, remote, source, target, signal } = request
  const options = [
    ...(request.force ? ['--force'] : []),
    ...(request.mustBeNew === true ? [`--force-with-lease=${target}:`] : []),
    ...(request.mustBeAt === undefined ? [] : [`--force-with-lease=${target}:${request.mustBeAt}`]),
  ]
  const result = await git.run({
    args: [
      'push',
      '--porcelain',
      '--no-verify',
      ...options,
      '--',
      remote.url,
      `${source}:${target}`,
    ],
    gitDir,
    remote,
    exitCodes: [0, 1],
    signal,
  })
  const line = result.stdout.split('\n').find((text) => /^[ +\-*=!]\t/u.test(text))
  if (result.exitCode === 0) return { state: 'pushed' }
  if (line?.startsWith('!') !== true) {
    throw blame(`git push to ${remote.url} failed`, result.stderr || result.stdout, remote)
  }
  // Not the whole line, which names the branch.
  const summary = line.split('\t').slice(2).join('\t')
  const why = /^\[[a-z ]+\] \((.*)\)\s*$/u.exec(summary)?.[1]
  const reason = why?.slice(0, 1000) ?? shorten(line)
  if (/remote failure|remote failed to report|no match|unexpected|hung up/iu.test(summary)) {
    throw new GantryError('Unreachable', `git push to ${remote.url} failed: ${reason}`)
  }
  if (behind.test(summary)) return { state: 'behind', reason }
  const told = remoteLines(result.stderr)
  return { state: 'rejected', reason: told === '' ? reason : `${reason}: ${told}` }
}

/** What the server's hooks said. */
function remoteLines(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length).trim())
    .filter((line) => line !== '')
  return lines.join('; ').slice(0, 1000)
}
