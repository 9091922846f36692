import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import type {
  GitBorrow,
  GitCapability,
  GitLease,
  GitRefs,
  MirrorCapability,
  MirrorLease,
} from '../../core/git.ts'
import type { Logger } from '../../core/log.ts'
import { checkedId } from './address.ts'
import { createFlights } from './flights.ts'
import type { Git } from './git.ts'
import { measureMirrors } from './mirror-files.ts'
import { createMirror, type Mirror } from './mirror.ts'
import { tipsOf } from './refs.ts'
import type { ReachableRemote } from './remote.ts'

export interface MirrorOptions {
  readonly folder: string
  readonly git: Git
  readonly clock: Clock
  readonly log: Logger
  /** All mirrors together; beyond it those that nobody uses are removed, the longest unused first. Default 10 GiB. */
  readonly maxBytes?: number | undefined
  /** One `ls-remote` may take this long. Default 60 s. */
  readonly lookTimeoutMs?: number | undefined
  /** One fetch may take this long. Default 30 minutes. */
  readonly fetchTimeoutMs?: number | undefined
  /** Size and layout are looked at after a fetch, at most this often. Default 1 minute. */
  readonly tidyEveryMs?: number | undefined
}

export interface Mirrors extends MirrorCapability {
  borrow(request: GitBorrow): Promise<GitLease>
  adopt: GitCapability['adopt']
  /** Waits for what is under way and starts nothing more. */
  close(): Promise<void>
}

/**
 * One bare mirror per address, TLS settings and credential. Each use asks the remote first, with its own credential:
 * that proves access, and when nothing changed nothing is fetched. Mirrors are caches: safe to delete.
 */
export function createMirrors(options: MirrorOptions): Mirrors {
  const { folder, git, clock, log } = options
  const mirrors = new Map<string, Mirror>()
  const closing = new AbortController()
  const parts = {
    git,
    clock,
    signal: closing.signal,
    lookTimeoutMs: options.lookTimeoutMs ?? 60_000,
    fetchTimeoutMs: options.fetchTimeoutMs ?? 30 * 60_000,
  }
  const looks = createFlights((key): Promise<GitRefs> => {
    const mirror = mirrors.get(key)
    if (mirror === undefined) throw new GantryError('Internal', 'nobody asked for these refs')
    return mirror.look()
  })

  const mirrorFor = (remote: ReachableRemote): Mirror => {
    const known = mirrors.get(remote.key)
    if (known !== undefined) {
      known.remote = remote
      return known
    }
    const name = createHash('sha256').update(remote.key).digest('hex').slice(0, 40)
    const mirror = createMirror(join(folder, `${name}.git`), remote, parts)
    mirrors.set(remote.key, mirror)
    return mirror
  }

  const lookAt = (remote: ReachableRemote, signal: AbortSignal): Promise<GitRefs> => {
    mirrorFor(remote)
    return until(looks.join(remote.key), signal)
  }

  const lend = async (
    remote: ReachableRemote,
    refs: GitRefs,
    wanted: readonly string[],
    signal: AbortSignal,
  ): Promise<{ mirror: Mirror; release(): Promise<void> }> => {
    for (const id of wanted) checkedId(id)
    const mirror = mirrorFor(remote)
    mirror.lent += 1
    let isBack = false
    const release = (): Promise<void> => {
      if (!isBack) mirror.lent -= 1
      isBack = true
      return Promise.resolve()
    }
    try {
      const started = clock.monotonic()
      if (await until(mirror.bring(refs, wanted), signal)) {
        const elapsedMs = Math.round(clock.monotonic() - started)
        log.debug('mirror fetched', { repo: remote.url, elapsedMs })
        tidy()
      }
      return { mirror, release }
    } catch (error) {
      await release()
      throw error
    }
  }

  let lastTidy = Number.NEGATIVE_INFINITY
  let tidying = Promise.resolve()
  const tidy = (): void => {
    if (clock.monotonic() - lastTidy < (options.tidyEveryMs ?? 60_000)) return
    lastTidy = clock.monotonic()
    tidying = tidying.then(sweep).catch((error: unknown) => {
      log.warn('could not tidy the mirrors', { error: String(error) })
    })
  }

  const sweep = async (): Promise<void> => {
    for (const mirror of mirrors.values()) await mirror.repackIfScattered()
    const found = await measureMirrors(folder)
    let total = found.reduce((sum, { bytes }) => sum + bytes, 0)
    const byDir = new Map([...mirrors.values()].map((mirror) => [mirror.dir, mirror]))
    for (const { dir, bytes } of found.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= (options.maxBytes ?? 10 * 1024 ** 3)) return
      const mirror = byDir.get(dir)
      if (mirror === undefined) await rm(dir, { recursive: true, force: true })
      else if (!(await mirror.discardUnlessLent())) continue
      total -= bytes
      log.info('mirror removed to keep within the cap', { bytes })
    }
  }

  return {
    async refs(request) {
      return (await this.look(request)).refs
    },
    async look(request) {
      return lookAt(await git.remote(request), request.signal)
    },
    async open(request) {
      const remote = await git.remote(request)
      const refs = await lookAt(remote, request.signal)
      const { mirror, release } = await lend(remote, refs, request.wanted, request.signal)
      const lease: MirrorLease = {
        gitDir: mirror.dir,
        release,
        git: async (args, { signal, maxOutputBytes, input }) =>
          (await git.run({ args, gitDir: mirror.dir, signal, maxOutputBytes, input })).stdout,
      }
      return lease
    },
    async borrow(request) {
      const remote = await git.remote(request)
      const refs = await lookAt(remote, request.signal)
      const wanted = request.wanted?.(refs) ?? tipsOf(refs)
      const { mirror, release } = await lend(remote, refs, wanted, request.signal)
      return { ...refs, gitDir: mirror.dir, remote, release }
    },
    async adopt(remote, checkoutGitDir, branch, commit) {
      const mirror = 'key' in remote ? mirrors.get(String(remote.key)) : undefined
      try {
        await mirror?.adopt(checkoutGitDir, branch, checkedId(commit))
      } catch (error) {
        log.debug('a pushed commit was not adopted', { error: String(error) })
      }
    },
    async close() {
      closing.abort()
      await Promise.all([...mirrors.values()].map((mirror) => mirror.idle()))
      await tidying
    },
  }
}

/** The promise's result, or Canceled if the signal comes first; the work itself goes on for others. */
function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void =>
      reject(new GantryError('Canceled', 'the wait for a git repository was canceled'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}
