import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type {
  GitBorrow,
  GitCapability,
  GitLease,
  GitRefs,
  MirrorCapability,
  MirrorLease,
} from '../../core/git.ts'
import type { Logger } from '../../core/log.ts'
import { untilAborted } from '../until-aborted.ts'
import { checkedId } from './address.ts'
import { isDamage } from './blame.ts'
import { createFlights } from './flights.ts'
import type { Git } from './git.ts'
import { createLimit } from './limit.ts'
import { measureMirrors, removeTrash } from './mirror-files.ts'
import { createMirror, type Mirror, type MirrorUse } from './mirror.ts'
import { createReads } from './reads.ts'
import { tipsOf } from './refs.ts'
import { type ReachableRemote, reachable } from './remote.ts'

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
  /** Lists of refs at a time on one host. Default 16. */
  readonly maxLooksPerHost?: number | undefined
  /** Fetches for looks at a time on one host; promotions do not wait for those. Default 8. */
  readonly maxFetchesPerHost?: number | undefined
  /** Reads in mirrors at a time. Default: twice the processors. */
  readonly maxReads?: number | undefined
  /** Size and layout are looked at after a fetch, at most this often. Default 1 minute. */
  readonly tidyEveryMs?: number | undefined
}

export interface Mirrors extends MirrorCapability {
  borrow(request: GitBorrow): Promise<GitLease>
  adopt: GitCapability['adopt']
  /**
   * Brings back the mirror that lies, or lay, at this place when somebody deleted or damaged it under the one checkout
   * that asks. Resolves with whether something was missing.
   */
  mend(gitDir: string, isDamaged: boolean, signal: AbortSignal): Promise<boolean>
  /** Waits for what is under way and starts nothing more. */
  close(): Promise<void>
}

/** Tells the mirror without file contents from the whole one. */
const bloblessMark = 'blobless'

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
    fetchLimit: createLimit(options.maxFetchesPerHost ?? 8),
  }
  const lookLimit = createLimit(options.maxLooksPerHost ?? 16)
  const looks = createFlights((key): Promise<GitRefs> => {
    const mirror = mirrors.get(key)
    if (mirror === undefined) throw new GantryError('Internal', 'nobody asked for these refs')
    return lookLimit(mirror.remote.address.host, () => mirror.look())
  })

  const reads = createReads({
    git,
    signal: closing.signal,
    maxAtATime: options.maxReads ?? availableParallelism() * 2,
  })

  const mirrorFor = (remote: ReachableRemote, isBlobless = false): Mirror => {
    const key = isBlobless ? `${remote.key} ${bloblessMark}` : remote.key
    const known = mirrors.get(key)
    if (known !== undefined) {
      known.remote = remote
      return known
    }
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40)
    const mirror = createMirror({ dir: join(folder, `${name}.git`), remote, isBlobless }, parts)
    mirrors.set(key, mirror)
    return mirror
  }

  /** A whole mirror serves those who need less of it too. */
  const readingMirror = async (remote: ReachableRemote, isBlobless: boolean): Promise<Mirror> => {
    const whole = mirrorFor(remote)
    return isBlobless && !(await whole.isThere()) ? mirrorFor(remote, true) : whole
  }

  /** Which remote answered with which refs: nobody can make up such an answer. */
  const answers = new WeakMap<ReadonlyMap<string, string>, { key: string; refs: GitRefs }>()

  const lookAt = async (remote: ReachableRemote, signal: AbortSignal): Promise<GitRefs> => {
    mirrorFor(remote)
    const refs = await until(looks.join(remote.key), signal)
    answers.set(refs.refs, { key: remote.key, refs })
    return refs
  }

  const lend = async (
    mirror: Mirror,
    refs: GitRefs,
    wanted: readonly string[],
    { to, signal }: { to: MirrorUse; signal: AbortSignal },
  ): Promise<() => Promise<void>> => {
    for (const id of wanted) checkedId(id)
    let isBack = false
    const release = (): Promise<void> => {
      if (!isBack) mirror[to] -= 1
      isBack = true
      return Promise.resolve()
    }
    const started = clock.monotonic()
    const bringing = mirror.bring(refs, wanted, to)
    let hasFetched: boolean
    try {
      hasFetched = await until(bringing, signal)
    } catch (error) {
      // Whoever gave up waiting has no use for it when it comes.
      void bringing.then(release, () => undefined)
      throw error
    }
    if (hasFetched) {
      const elapsedMs = Math.round(clock.monotonic() - started)
      log.debug('mirror fetched', { repo: mirror.remote.url, elapsedMs })
      tidy()
    }
    return release
  }

  let lastTidy = Number.NEGATIVE_INFINITY
  let tidying = removeTrash(folder).catch((error: unknown) => {
    log.warn('could not tidy the mirrors', { error: String(error) })
  })
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
      const answer = request.refs && answers.get(request.refs)
      const refs = answer?.key === remote.key ? answer.refs : await lookAt(remote, request.signal)
      const mirror = await readingMirror(remote, request.blobless === true)
      const release = await lend(mirror, refs, request.wanted, {
        to: 'readers',
        signal: request.signal,
      })
      const lease: MirrorLease = {
        gitDir: mirror.dir,
        release,
        async git(args, { signal, ...how }) {
          const { build } = mirror
          const read = (): Promise<string> => until(reads.read(mirror.dir, args, how), signal)
          try {
            return await read()
          } catch (error) {
            if (!hasCode(error, 'Internal', 'Unavailable')) throw error
            const found = { build, isDamaged: isDamage(error), own: 0 }
            if (!(await until(mirror.mend(refs, request.wanted, found), signal))) throw error
            return read()
          }
        },
      }
      return lease
    },
    async borrow(request) {
      const remote = await git.remote(request)
      const refs = await lookAt(remote, request.signal)
      const wanted = request.wanted?.(refs) ?? tipsOf(refs)
      const mirror = mirrorFor(remote)
      const release = await lend(mirror, refs, wanted, { to: 'lent', signal: request.signal })
      return { ...refs, gitDir: mirror.dir, remote, release }
    },
    async adopt(remote, checkoutGitDir, branch, commit) {
      try {
        const mirror = mirrors.get(reachable(remote).key)
        await mirror?.adopt(checkoutGitDir, branch, checkedId(commit))
      } catch (error) {
        log.debug('a pushed commit was not adopted', { error: String(error) })
      }
    },
    async mend(gitDir, isDamaged, signal) {
      const mirror = [...mirrors.values()].find(({ dir }) => dir === gitDir)
      if (mirror === undefined) return false
      const { build } = mirror
      const refs = await lookAt(mirror.remote, signal)
      return until(mirror.mend(refs, tipsOf(refs), { build, isDamaged, own: 1 }), signal)
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
  return untilAborted(
    promise,
    signal,
    () => new GantryError('Canceled', 'the wait for a git repository was canceled'),
  )
}
