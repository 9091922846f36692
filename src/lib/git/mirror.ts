import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { GitRefs } from '../../core/git.ts'
import { hasErrno } from '../folder.ts'
import { layOutRepository } from './bare.ts'
import type { Git } from './git.ts'
import { isScattered, removeLeftovers } from './mirror-files.ts'
import { isSha256, parseRefs } from './refs.ts'
import type { ReachableRemote } from './remote.ts'
import { seedObjects } from './seed.ts'

export interface MirrorParts {
  readonly git: Git
  readonly clock: Clock
  /** Ends everything. Work is shared by many, so no single caller's signal may. */
  readonly signal: AbortSignal
  readonly lookTimeoutMs: number
  readonly fetchTimeoutMs: number
}

/** A bare copy of one repository, as one credential sees it. */
export interface Mirror {
  readonly dir: string
  /** As it was last asked for: a credential with the same fingerprint may hold a newer token. */
  remote: ReachableRemote
  isThere(): Promise<boolean>
  /** How many leases there are: what is lent is not removed. */
  lent: number
  /** Asks the remote for its refs. */
  look(): Promise<GitRefs>
  /** Sees to it that these objects are there, with all that they reach; resolves with whether it had to fetch. */
  bring(refs: GitRefs, wanted: readonly string[]): Promise<boolean>
  /** Fetches again what somebody deleted under it; resolves with whether something was. */
  mend(refs: GitRefs, wanted: readonly string[]): Promise<boolean>
  /** Takes over what a checkout has just pushed. */
  adopt(checkoutGitDir: string, branch: string, commit: string): Promise<void>
  /** Packs what has become many small files. */
  repackIfScattered(): Promise<void>
  /** Removes it, and says whether it did. */
  discardUnlessLent(): Promise<boolean>
  /** Settles when nothing is being written. */
  idle(): Promise<void>
}

/** A git server that advertises more refs than this is asked with the protocol that can filter. */
const manyRefs = 5000
const maxKnown = 20_000
const noBlobs = 'blob:none'

export interface MirrorPlace {
  readonly dir: string
  readonly remote: ReachableRemote
  /** Without the contents of files, where the server can leave them out. Never lent to checkouts. */
  readonly isBlobless: boolean
}

export function createMirror(place: MirrorPlace, parts: MirrorParts): Mirror {
  const { dir, remote: first, isBlobless } = place
  const { git, signal } = parts
  /** Object ids that are known to be there. */
  const known = new Set<string>()
  let isReady = false
  let tail: Promise<unknown> = Promise.resolve()

  /** One writer at a time; a failure is its caller's alone. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work)
    tail = result.catch(() => undefined)
    return result
  }

  let refCount = 0
  /** The older protocol lists the refs in its first answer: one round trip instead of two. */
  const protocol = (): Record<string, string> => ({
    'protocol.version': refCount > manyRefs ? '2' : '0',
  })

  const remember = (ids: readonly string[]): void => {
    if (known.size + ids.length > maxKnown) known.clear()
    for (const id of ids) known.add(id)
  }

  const prepare = async (refs: GitRefs): Promise<void> => {
    refCount = refs.refs.size
    if (refCount > 0 && (await formatOf(dir)) === (isSha256(refs) ? 'sha1' : 'sha256')) {
      // Another repository is there now: nothing of the old one can be of use.
      if (mirror.lent > 1)
        throw new GantryError(
          'Unavailable',
          `${mirror.remote.url} was replaced by a repository of another format while promotions use the old one`,
        )
      await discard()
    }
    if (isReady) return
    if (await isThere(join(dir, 'HEAD'))) await removeLeftovers(dir)
    else {
      await rm(dir, { recursive: true, force: true })
      await layOutRepository(dir, {
        head: `ref: refs/heads/${refs.defaultBranch ?? 'main'}`,
        isSha256: isSha256(refs),
      })
    }
    isReady = true
  }

  const missing = async (ids: readonly string[]): Promise<string[]> => {
    const unsure = ids.filter((id) => !known.has(id))
    if (unsure.length === 0) return []
    const { stdout } = await git.run({
      args: ['cat-file', '--batch-check=%(objectname)'],
      gitDir: dir,
      input: `${unsure.join('\n')}\n`,
      signal,
    })
    const lines = new Set(stdout.split('\n'))
    const absent = unsure.filter((id) => lines.has(`${id} missing`))
    remember(unsure.filter((id) => !absent.includes(id)))
    return absent
  }

  const fetch = async (...args: readonly string[]): Promise<void> => {
    const { url } = mirror.remote
    // Said for this command alone: no other one is ever to fetch what is missing by itself. A server that cannot filter
    // sends everything, which is as good.
    const partial: Record<string, string> = isBlobless
      ? { [`remote.${url}.promisor`]: 'true', [`remote.${url}.partialclonefilter`]: noBlobs }
      : {}
    await git.run({
      args: [
        'fetch',
        '--quiet',
        '--force',
        '--no-tags',
        '--no-write-fetch-head',
        ...(isBlobless ? [`--filter=${noBlobs}`] : []),
        ...args,
      ],
      gitDir: dir,
      remote: mirror.remote,
      // Kept as packs, which appear whole or not at all: an object that is there has what it reaches.
      config: { ...protocol(), ...partial, 'fetch.unpackLimit': '1' },
      timeoutMs: parts.fetchTimeoutMs,
      signal,
    })
  }

  const fetchMissing = async (refs: GitRefs, wanted: readonly string[]): Promise<boolean> => {
    await prepare(refs)
    if ((await missing(wanted)).length === 0) return false
    const { url } = mirror.remote
    // References to what is gone would stand in the way of new names; objects are never pruned.
    const all = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
    await fetch('--prune', '--', url, ...all)
    for (const id of await missing(wanted)) {
      await fetch('--', url, `+${id}:refs/gantry/wanted/${id}`).catch((cause: unknown) => {
        if (hasCode(cause, 'Unreachable', 'Timeout', 'Unauthorized', 'Canceled')) throw cause
        throw new GantryError('NotFound', `${url} has no commit ${id}`, { cause })
      })
    }
    const [left] = await missing(wanted)
    if (left !== undefined) throw new GantryError('NotFound', `${url} has no commit ${left}`)
    return true
  }

  const discard = async (): Promise<void> => {
    isReady = false
    known.clear()
    const trash = `${dir}.trash`
    await rm(trash, { recursive: true, force: true })
    await rename(dir, trash).catch((error: unknown) => {
      if (!hasErrno(error, 'ENOENT')) throw error
    })
    await rm(trash, { recursive: true, force: true })
  }

  /** Marks it as used; someone may have deleted it under us, as one may with a cache. */
  const touch = async (): Promise<void> => {
    const now = new Date(parts.clock.now())
    const isGone = await Promise.all([
      utimes(dir, now, now),
      stat(join(dir, 'HEAD')),
      stat(join(dir, 'objects', 'pack')),
    ]).then(
      () => false,
      () => true,
    )
    if (!isGone) return
    isReady = false
    known.clear()
  }

  const mirror: Mirror = {
    dir,
    remote: first,
    lent: 0,
    isThere: async () => isReady || isThere(join(dir, 'HEAD')),
    async look() {
      const { stdout } = await git.run({
        args: ['ls-remote', '--symref', '--', mirror.remote.url],
        remote: mirror.remote,
        config: protocol(),
        timeoutMs: parts.lookTimeoutMs,
        maxOutputBytes: 256 * 1024 * 1024,
        signal,
      })
      const refs = parseRefs(stdout)
      refCount = refs.refs.size
      return refs
    },
    async bring(refs, wanted) {
      if (isReady) await touch()
      if (isReady && wanted.every((id) => known.has(id))) return false
      return inTurn(async () => {
        try {
          return await fetchMissing(refs, wanted)
        } catch (error) {
          // A mirror that git itself finds broken is thrown away once: it is only a cache.
          if (!hasCode(error, 'Internal') || mirror.lent > 1) throw error
          await discard()
          return fetchMissing(refs, wanted)
        }
      })
    },
    mend: (refs, wanted) =>
      inTurn(async () => {
        await touch()
        known.clear()
        if (isReady && (await missing(wanted)).length === 0) return false
        if (!isReady) await discard()
        return fetchMissing(refs, wanted)
      }),
    adopt: (checkoutGitDir, branch, commit) =>
      inTurn(async () => {
        if (!isReady || !(await seedObjects(checkoutGitDir, dir, commit))) return
        const ref = join(dir, 'refs', 'heads', ...branch.split('/'))
        await mkdir(dirname(ref), { recursive: true })
        await writeFile(`${ref}.lock`, `${commit}\n`, { flag: 'wx' })
        await rename(`${ref}.lock`, ref)
        remember([commit])
      }),
    repackIfScattered: () =>
      inTurn(async () => {
        if (!isReady || !(await isScattered(dir))) return
        // Unreachable objects are kept, so this takes nothing from whoever borrows.
        const args = ['repack', '--geometric=2', '-d', '-q', '--no-write-bitmap-index']
        await git.run({ args, gitDir: dir, timeoutMs: parts.fetchTimeoutMs, signal })
      }),
    discardUnlessLent: () =>
      inTurn(async () => {
        if (mirror.lent > 0) return false
        await discard()
        return true
      }),
    idle: () => tail.then(() => undefined),
  }
  return mirror
}

/** The object format of a repository that is there. */
async function formatOf(dir: string): Promise<'sha1' | 'sha256' | undefined> {
  const config = await readFile(join(dir, 'config'), 'utf8').catch(() => undefined)
  if (config === undefined) return undefined
  return /^\s*objectformat\s*=\s*sha256/imu.test(config) ? 'sha256' : 'sha1'
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}
