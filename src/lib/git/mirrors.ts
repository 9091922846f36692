import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
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
import { hasErrno } from '../folder.ts'
import { checkedId } from './address.ts'
import { layOutRepository } from './bare.ts'
import { createFlights } from './flights.ts'
import type { Git, ReachableRemote } from './git.ts'
import { isSha256, parseRefs, tipsOf } from './refs.ts'
import { seedObjects } from './seed.ts'

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

interface Mirror {
  readonly dir: string
  /** As it was last asked for: a credential with the same fingerprint may hold a newer token. */
  remote: ReachableRemote
  /** The server advertises so many refs that the protocol that can filter them is the better one. */
  isHuge: boolean
  /** How many leases there are: what is lent is not removed. */
  lent: number
  /** Object ids that are known to be there with all that they reach. */
  readonly known: Set<string>
  isReady: boolean
  /** The last of the writes to this mirror; each waits for the one before. */
  tail: Promise<void>
}

/** A git server that advertises more refs than this is asked with the protocol that can filter. */
const manyRefs = 5000
const maxKnown = 20_000

/**
 * One bare mirror per address, TLS settings and credential. Each use asks the remote first, with its own credential:
 * that proves access, and when nothing changed nothing is fetched. Mirrors are caches: safe to delete.
 */
export function createMirrors(options: MirrorOptions): Mirrors {
  const { folder, git, clock, log } = options
  const mirrors = new Map<string, Mirror>()
  const closing = new AbortController()
  const tidying = { last: Number.NEGATIVE_INFINITY, tail: Promise.resolve() }

  const mirrorFor = (remote: ReachableRemote): Mirror => {
    const known = mirrors.get(remote.key)
    if (known !== undefined) {
      known.remote = remote
      return known
    }
    const name = createHash('sha256').update(remote.key).digest('hex').slice(0, 40)
    const mirror: Mirror = {
      dir: join(folder, `${name}.git`),
      remote,
      isHuge: false,
      lent: 0,
      known: new Set(),
      isReady: false,
      tail: Promise.resolve(),
    }
    mirrors.set(remote.key, mirror)
    return mirror
  }

  // Shared by everyone with the same key, so no single caller's signal may end it.
  const looks = createFlights<GitRefs>(async (key) => {
    const mirror = mirrors.get(key)
    if (mirror === undefined) throw new GantryError('Internal', 'nobody asked for these refs')
    const { stdout } = await git.run({
      args: ['ls-remote', '--symref', '--', mirror.remote.url],
      remote: mirror.remote,
      config: protocolFor(mirror),
      timeoutMs: options.lookTimeoutMs ?? 60_000,
      maxOutputBytes: 256 * 1024 * 1024,
      signal: closing.signal,
    })
    const refs = parseRefs(stdout)
    mirror.isHuge = refs.refs.size > manyRefs
    return refs
  })

  const lookAt = (remote: ReachableRemote, signal: AbortSignal): Promise<GitRefs> =>
    until(looks.join(mirrorFor(remote).remote.key), signal)

  /** One writer at a time; a failure is its caller's alone. */
  const inTurn = <T>(mirror: Mirror, work: () => Promise<T>): Promise<T> => {
    const result = mirror.tail.then(work)
    mirror.tail = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  const run = (mirror: Mirror, args: readonly string[], more: Partial<Parameters<Git['run']>[0]>) =>
    git.run({ args, gitDir: mirror.dir, signal: closing.signal, ...more })

  const prepare = async (mirror: Mirror, refs: GitRefs): Promise<void> => {
    if (mirror.isReady) return
    const isThere = await stat(join(mirror.dir, 'HEAD')).then(
      () => true,
      () => false,
    )
    if (!isThere) {
      await rm(mirror.dir, { recursive: true, force: true })
      await layOutRepository(mirror.dir, {
        head: `ref: refs/heads/${refs.defaultBranch ?? 'main'}`,
        isSha256: isSha256(refs),
      })
    }
    mirror.isReady = true
  }

  const missing = async (mirror: Mirror, ids: readonly string[]): Promise<string[]> => {
    const unsure = ids.filter((id) => !mirror.known.has(id))
    if (unsure.length === 0) return []
    const { stdout } = await run(mirror, ['cat-file', '--batch-check=%(objectname)'], {
      input: `${unsure.join('\n')}\n`,
    })
    const absent = new Set(
      stdout
        .split('\n')
        .filter((line) => line.endsWith(' missing'))
        .map((line) => line.slice(0, -' missing'.length)),
    )
    remember(
      mirror,
      unsure.filter((id) => !absent.has(id)),
    )
    return unsure.filter((id) => absent.has(id))
  }

  const remember = (mirror: Mirror, ids: readonly string[]): void => {
    if (mirror.known.size + ids.length > maxKnown) mirror.known.clear()
    for (const id of ids) mirror.known.add(id)
  }

  const fetchInto = async (
    mirror: Mirror,
    refspecs: readonly string[],
    more: readonly string[] = [],
  ): Promise<void> => {
    await run(
      mirror,
      [
        'fetch',
        '--quiet',
        '--force',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        ...more,
        '--',
        mirror.remote.url,
        ...refspecs,
      ],
      {
        remote: mirror.remote,
        config: protocolFor(mirror),
        timeoutMs: options.fetchTimeoutMs ?? 30 * 60_000,
      },
    )
  }

  const fetchMissing = async (
    mirror: Mirror,
    refs: GitRefs,
    wanted: readonly string[],
  ): Promise<void> => {
    await prepare(mirror, refs)
    if ((await missing(mirror, wanted)).length === 0) return
    const started = clock.monotonic()
    await fetchInto(
      mirror,
      ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'],
      // References to what is gone would stand in the way of new names; objects are never pruned.
      ['--prune'],
    )
    for (const id of await missing(mirror, wanted)) {
      await fetchInto(mirror, [`+${id}:refs/gantry/wanted/${id}`]).catch((cause: unknown) => {
        if (hasCode(cause, 'Unreachable', 'Timeout', 'Unauthorized', 'Canceled')) throw cause
        throw new GantryError('NotFound', `${mirror.remote.url} has no commit ${id}`, { cause })
      })
    }
    const left = await missing(mirror, wanted)
    if (left.length > 0) {
      throw new GantryError('NotFound', `${mirror.remote.url} has no commit ${left[0] ?? ''}`)
    }
    remember(
      mirror,
      tipsOf(refs).filter((id) => wanted.includes(id)),
    )
    log.debug('mirror fetched', {
      repo: mirror.remote.url,
      elapsedMs: Math.round(clock.monotonic() - started),
    })
    tidy()
  }

  /** A mirror that git itself finds broken is thrown away once: it is only a cache. */
  const bringUpToDate = async (
    mirror: Mirror,
    refs: GitRefs,
    wanted: readonly string[],
  ): Promise<void> => {
    try {
      await fetchMissing(mirror, refs, wanted)
    } catch (error) {
      if (!hasCode(error, 'Internal') || mirror.lent > 1) throw error
      log.warn('a mirror is broken and is fetched anew', { repo: mirror.remote.url })
      await discard(mirror)
      await fetchMissing(mirror, refs, wanted)
    }
  }

  const discard = async (mirror: Mirror): Promise<void> => {
    mirror.isReady = false
    mirror.known.clear()
    const trash = `${mirror.dir}.trash`
    await rm(trash, { recursive: true, force: true })
    await rename(mirror.dir, trash).catch((error: unknown) => {
      if (!hasErrno(error, 'ENOENT')) throw error
    })
    await rm(trash, { recursive: true, force: true })
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
    const release = async (): Promise<void> => {
      if (isBack) return
      isBack = true
      mirror.lent -= 1
    }
    try {
      const isKnown = mirror.isReady && wanted.every((id) => mirror.known.has(id))
      if (!isKnown) {
        await until(
          inTurn(mirror, () => bringUpToDate(mirror, refs, wanted)),
          signal,
        )
      }
      const now = new Date(clock.now())
      await utimes(mirror.dir, now, now).catch(() => undefined)
      return { mirror, release }
    } catch (error) {
      await release()
      throw error
    }
  }

  const tidy = (): void => {
    if (clock.monotonic() - tidying.last < (options.tidyEveryMs ?? 60_000)) return
    tidying.last = clock.monotonic()
    tidying.tail = tidying.tail.then(sweep).catch((error: unknown) => {
      log.warn('could not tidy the mirrors', { error: String(error) })
    })
  }

  /** Packs what has become many small files, and removes what is beyond the cap. */
  const sweep = async (): Promise<void> => {
    for (const mirror of mirrors.values()) {
      if (mirror.isReady) await inTurn(mirror, () => repackIfScattered(mirror))
    }
    const found = await measure(folder)
    let total = found.reduce((sum, { bytes }) => sum + bytes, 0)
    const byDir = new Map([...mirrors.values()].map((mirror) => [mirror.dir, mirror]))
    for (const { dir, bytes } of found.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= (options.maxBytes ?? 10 * 1024 ** 3)) return
      const mirror = byDir.get(dir)
      if (mirror === undefined) await rm(dir, { recursive: true, force: true })
      else if (!(await inTurn(mirror, () => discardUnlessLent(mirror)))) continue
      total -= bytes
      log.info('mirror removed to keep within the cap', { bytes })
    }
  }

  const discardUnlessLent = async (mirror: Mirror): Promise<boolean> => {
    if (mirror.lent > 0) return false
    await discard(mirror)
    return true
  }

  const repackIfScattered = async (mirror: Mirror): Promise<void> => {
    if (!(await isScattered(mirror.dir))) return
    // Unreachable objects are kept, so this takes nothing from whoever borrows.
    await run(mirror, ['repack', '-a', '-d', '-k', '-q'], { timeoutMs: 30 * 60_000 })
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
      return {
        ...refs,
        gitDir: mirror.dir,
        remote,
        release,
      }
    },
    async adopt(remote, checkoutGitDir, branch, commit) {
      const mirror = 'key' in remote ? mirrors.get(String(remote.key)) : undefined
      if (mirror?.isReady !== true) return
      try {
        await inTurn(mirror, () => adoptCommit(mirror, checkoutGitDir, branch, commit))
      } catch (error) {
        log.debug('a pushed commit was not adopted', { error: String(error) })
      }
    },
    async close() {
      closing.abort()
      await Promise.all([...mirrors.values()].map((mirror) => mirror.tail))
      await tidying.tail
    },
  }

  async function adoptCommit(
    mirror: Mirror,
    checkoutGitDir: string,
    branch: string,
    commit: string,
  ): Promise<void> {
    const isWhole = await seedObjects(checkoutGitDir, mirror.dir, checkedId(commit))
    if (!isWhole) return
    const ref = join(mirror.dir, 'refs', 'heads', ...branch.split('/'))
    await mkdir(join(ref, '..'), { recursive: true })
    await writeFile(`${ref}.lock`, `${commit}\n`, { flag: 'wx' })
    await rename(`${ref}.lock`, ref)
    remember(mirror, [commit])
  }
}

/** The older protocol lists the refs in its first answer: one round trip instead of two. */
function protocolFor(mirror: Mirror): Record<string, string> {
  return { 'protocol.version': mirror.isHuge ? '2' : '0' }
}

/** The promise's result, or the signal's reason if that comes first; the work itself goes on for others. */
function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(canceled())
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(canceled())
    signal.addEventListener('abort', onAbort, { once: true })
    const end = (): void => signal.removeEventListener('abort', onAbort)
    promise.finally(end).then(resolve, reject)
  })
}

function canceled(): GantryError {
  return new GantryError('Canceled', 'the wait for a git repository was canceled')
}

interface MirrorSize {
  readonly dir: string
  readonly bytes: number
  readonly usedAt: number
}

async function measure(folder: string): Promise<MirrorSize[]> {
  const names = await readdir(folder).catch(() => [])
  const sizes: MirrorSize[] = []
  for (const name of names.filter((entry) => entry.endsWith('.git'))) {
    const dir = join(folder, name)
    const own = await stat(dir).catch(() => undefined)
    if (own === undefined) continue
    sizes.push({ dir, usedAt: own.mtimeMs, bytes: await bytesOf(join(dir, 'objects')) })
  }
  return sizes
}

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await bytesOf(path)
    else bytes += (await stat(path).catch(() => undefined))?.size ?? 0
  }
  return bytes
}

/** Many packs or many loose objects make every read slower. One of 256 folders stands for all. */
async function isScattered(dir: string): Promise<boolean> {
  const packs = await readdir(join(dir, 'objects', 'pack')).catch(() => [])
  if (packs.filter((name) => name.endsWith('.pack')).length > 30) return true
  const loose = await readdir(join(dir, 'objects', '17')).catch(() => [])
  return loose.length > 20
}
