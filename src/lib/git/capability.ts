import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitCapability } from '../../core/git.ts'
import { untilAborted } from '../until-aborted.ts'
import { isDamage } from './blame.ts'
import type { Git } from './git.ts'
import type { Mirrors } from './mirrors.ts'
import { handOut } from './remote.ts'

export interface GitCapabilityOptions {
  readonly git: Git
  readonly mirrors: Pick<Mirrors, 'borrow' | 'adopt' | 'mend'>
  readonly identity: GitCapability['identity']
  readonly pushIntegration: GitCapability['pushIntegration']
}

/** What git steps are handed: git, mirrors and the installation's choices in one. */
export function createGitCapability(options: GitCapabilityOptions): GitCapability {
  const { git, mirrors, identity, pushIntegration } = options
  return {
    async borrow(request) {
      const lease = await mirrors.borrow(request)
      return { ...lease, remote: handOut(lease.remote) }
    },
    remote: async (request) => handOut(await git.remote(request)),
    async run(request) {
      try {
        return await git.run(request)
      } catch (error) {
        // Caches may be deleted at any time, also the mirror that a checkout borrows from.
        if (request.gitDir === undefined) throw error
        const { mirror, isThere } = await mirrorOf(request.gitDir)
        const isDamaged = isDamage(error)
        if (isThere && !isDamaged) throw error
        if (!(await mirrors.mend(mirror, isDamaged, request.signal))) throw error
        return git.run(request)
      }
    },
    adopt: (...call) => mirrors.adopt(...call),
    exclusive: createTurns(),
    identity,
    pushIntegration,
  }
}

/** The mirror that a repository borrows from, or is, and whether its objects are still there. */
async function mirrorOf(gitDir: string): Promise<{ mirror: string; isThere: boolean }> {
  const alternates = join(gitDir, 'objects', 'info', 'alternates')
  const [objects = ''] = (await readFile(alternates, 'utf8').catch(() => '')).split('\n')
  const mirror = objects === '' ? gitDir : dirname(objects)
  const isThere = await stat(join(mirror, 'objects', 'pack')).then(
    () => true,
    () => false,
  )
  return { mirror, isThere }
}

/** One piece of work at a time per key, in the order of asking; whoever is canceled while waiting loses its turn. */
export function createTurns(): GitCapability['exclusive'] {
  const tails = new Map<string, Promise<void>>()
  return async (key, signal, work) => {
    const before = tails.get(key) ?? Promise.resolve()
    const mine = Promise.withResolvers<void>()
    const tail = before.then(() => mine.promise)
    tails.set(key, tail)
    try {
      await untilAborted(before, signal, () => new GantryError('Canceled', 'the wait was canceled'))
      return await work()
    } finally {
      mine.resolve()
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key)
      })
    }
  }
}
