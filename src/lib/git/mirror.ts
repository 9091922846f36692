import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { GantryError, hasCode } from '../../core/errors.ts'
import type { GitRefs } from '../../core/git.ts'
import { layOutRepository } from './bare.ts'
import { isAboutNames } from './blame.ts'
import type { Git } from './git.ts'
import { createMirrorCommands } from './mirror-commands.ts'
import { discardFolder, formatOf, isScattered, isThere, removeLeftovers } from './mirror-files.ts'
import type { Limit } from './limit.ts'
import { isSha256 } from './refs.ts'
import type { ReachableRemote } from './remote.ts'
import { seedObjects } from './seed.ts'

export interface MirrorParts {
  readonly git: Git
  readonly clock: Clock
  /** Ends everything. Work is shared by many, so no single caller's signal may. */
  readonly signal: AbortSignal
  readonly lookTimeoutMs: number
  readonly fetchTimeoutMs: number
  /** By host: whoever only looks waits for others who do. */
  readonly fetchLimit: Limit
}

/** A bare copy of one repository, as one credential sees it. */
export interface Mirror {
  readonly dir: string
  /** As it was last asked for: a credential with the same fingerprint may hold a newer token. */
  remote: ReachableRemote
  isThere(): Promise<boolean>
  /** Checkouts that borrow objects from it: what is lent is not removed. Who still waits for its objects has none yet. */
  lent: number
  /** Looks that read in it: they read again when it was made anew, but it is not removed to make room. */
  readers: number
  /** Counts how often it was made anew. */
  readonly build: number
  /** Asks the remote for its refs. */
  look(): Promise<GitRefs>
  /**
   * Sees to it that these objects are there, with all that they reach, and counts one more who uses them; resolves with
   * whether it had to fetch.
   */
  bring(refs: GitRefs, wanted: readonly string[], use: MirrorUse): Promise<boolean>
  /** Fetches again what somebody deleted or damaged under it; resolves with whether something was. */
  mend(refs: GitRefs, wanted: readonly string[], found: FoundBroken): Promise<boolean>
  /** Takes over what a checkout has just pushed. */
  adopt(checkoutGitDir: string, branch: string, commit: string): Promise<void>
  /** Packs what has become many small files. */
  repackIfScattered(): Promise<void>
  /** Removes it, and says whether it did. */
  discardUnlessLent(): Promise<boolean>
  /** Settles when nothing is being written. */
  idle(): Promise<void>
}

export type MirrorUse = 'lent' | 'readers'

export interface FoundBroken {
  /** The `build` in which it was found. */
  readonly build: number
  /** What is there cannot be read: it is no use to look what is missing. */
  readonly isDamaged: boolean
  /** How many of its checkouts are the caller's, and may lose what they borrow: 0 or 1. */
  readonly own: number
}

/** Objects that somebody wants to be there. */
interface Wish {
  readonly refs: GitRefs
  readonly wanted: readonly string[]
  /** How many checkouts are the caller's, and may lose what they borrow. */
  readonly own: number
  /** Whoever only looks fetches in a slot of the host. */
  readonly mayFetch: boolean
}

/** `waits`: something is missing, and there is no slot of the host to fetch it in yet. */
type Brought = 'there' | 'fetched' | 'waits'

const maxKnown = 20_000

export interface MirrorPlace {
  readonly dir: string
  readonly remote: ReachableRemote
  /** Without the contents of files, where the server can leave them out. Never lent to checkouts. */
  readonly isBlobless: boolean
}

export function createMirror(place: MirrorPlace, parts: MirrorParts): Mirror {
  const { dir, remote: first } = place
  const { git, signal } = parts
  /** Object ids that are known to be there. */
  const known = new Set<string>()
  let isReady = false
  let build = 0
  let tail: Promise<unknown> = Promise.resolve()
  let looks: Promise<unknown> = Promise.resolve()
  const commands = createMirrorCommands(place, parts, () => mirror.remote)

  /** One writer at a time; a failure is its caller's alone. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work)
    tail = result.catch(() => undefined)
    return result
  }

  /**
   * In a slot of the host, which is waited for without the turn: a promotion needs no slot and must not wait behind one.
   * Looks at one mirror ask for one slot after the other, so they take none from other mirrors to wait here.
   */
  const inSlot = <T>(work: () => Promise<T>): Promise<T> => {
    const result = looks.then(() => parts.fetchLimit(mirror.remote.address.host, work))
    looks = result.catch(() => undefined)
    return result
  }

  const remember = (ids: readonly string[]): void => {
    if (known.size + ids.length > maxKnown) known.clear()
    for (const id of ids) known.add(id)
  }

  const prepare = async ({ refs, own }: Wish): Promise<void> => {
    if (refs.refs.size > 0 && (await formatOf(dir)) === (isSha256(refs) ? 'sha1' : 'sha256')) {
      // Another repository is there now: nothing of the old one can be of use.
      if (mirror.lent > own)
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
    const absent = await commands.absent(unsure)
    remember(unsure.filter((id) => !absent.has(id)))
    return [...absent]
  }

  const fetchFrom = async (refs: GitRefs, wanted: readonly string[]): Promise<void> => {
    const { url } = mirror.remote
    // References to what is gone would stand in the way of new names; objects are never pruned.
    await commands.fetchAll(refs).catch(async (error: unknown) => {
      // A name that cannot be kept here (too long, in the way of another) is no reason to go without the objects.
      if (!isAboutNames(error) || (await missing(wanted)).length > 0) throw error
    })
    for (const id of await missing(wanted)) {
      await commands.fetch(refs, [`+${id}:refs/gantry/wanted/${id}`]).catch((cause: unknown) => {
        if (!hasCode(cause, 'NotFound')) throw cause
        throw new GantryError('NotFound', `${url} has no commit ${id}`, { cause })
      })
    }
  }

  const fetchMissing = async (wish: Wish): Promise<Brought> => {
    const { refs, wanted } = wish
    await prepare(wish)
    if ((await missing(wanted)).length === 0) return 'there'
    if (!wish.mayFetch) return 'waits'
    await fetchFrom(refs, wanted)
    const [left] = await missing(wanted)
    if (left !== undefined)
      throw new GantryError('NotFound', `${mirror.remote.url} has no commit ${left}`)
    return 'fetched'
  }

  const discard = async (): Promise<void> => {
    isReady = false
    build += 1
    known.clear()
    await discardFolder(dir)
  }

  /** A mirror is only a cache: one that is damaged is thrown away once. */
  const makeAnew = async (wish: Wish, cause: unknown): Promise<Brought> => {
    if (mirror.lent > wish.own)
      throw new GantryError(
        'Unavailable',
        `the mirror of ${mirror.remote.url} is damaged and is made anew when the promotions that use it have ended`,
        { cause },
      )
    await discard()
    return fetchMissing(wish)
  }

  const fetchOrMakeAnew = async (wish: Wish): Promise<Brought> => {
    try {
      return await fetchMissing(wish)
    } catch (error) {
      if (!hasCode(error, 'Internal')) throw error
      return makeAnew(wish, error)
    }
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
    readers: 0,
    get build() {
      return build
    },
    isThere: async () => isReady || isThere(join(dir, 'HEAD')),
    look: () => commands.look(),
    async bring(refs, wanted, use) {
      if (isReady) await touch()
      if (isReady && wanted.every((id) => known.has(id))) {
        mirror[use] += 1
        return false
      }
      const bringNow = (mayFetch: boolean): Promise<Brought> =>
        inTurn(async () => {
          const brought = await fetchOrMakeAnew({ refs, wanted, own: 0, mayFetch })
          // Within its turn: nobody may remove it in between.
          if (brought !== 'waits') mirror[use] += 1
          return brought
        })
      const brought = await bringNow(use === 'lent')
      return (brought === 'waits' ? await inSlot(() => bringNow(true)) : brought) === 'fetched'
    },
    async mend(refs, wanted, { build: foundIn, isDamaged, own }) {
      const wish: Wish = { refs, wanted, own, mayFetch: own > 0 }
      const mended = await inTurn(async (): Promise<Brought> => {
        if (foundIn !== build) {
          // Somebody else found it broken too, and it was made anew since.
          const brought = await fetchMissing(wish)
          return brought === 'there' ? 'fetched' : brought
        }
        await touch()
        known.clear()
        if (!isReady) await discard()
        else if (isDamaged) return makeAnew(wish, undefined)
        return fetchOrMakeAnew(wish)
      })
      if (mended !== 'waits') return mended === 'fetched'
      // Whoever came in between may have fetched it: it was missing all the same.
      await inSlot(() => inTurn(() => fetchOrMakeAnew({ ...wish, mayFetch: true })))
      return true
    },
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
        if (mirror.lent + mirror.readers > 0) return false
        await discard()
        return true
      }),
    idle: () => looks.then(() => tail).then(() => undefined),
  }
  return mirror
}
