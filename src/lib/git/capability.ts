import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { GantryError } from '../../core/errors.ts'
import type { GitCapability } from '../../core/git.ts'
import type { Git } from './git.ts'
import type { Mirrors } from './mirrors.ts'

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
    borrow: (request) => mirrors.borrow(request),
    remote: (request) => git.remote(request),
    async run(request) {
      try {
        return await git.run(request)
      } catch (error) {
        // Caches may be deleted at any time, also the mirror that a checkout borrows from.
        const lost = request.gitDir === undefined ? undefined : await lostMirror(request.gitDir)
        if (lost === undefined || !(await mirrors.mend(lost, request.signal))) throw error
        return git.run(request)
      }
    },
    adopt: (...call) => mirrors.adopt(...call),
    exclusive: createTurns(),
    identity,
    pushIntegration,
  }
}

/** The mirror that a repository borrows from, when it is no longer there. */
async function lostMirror(gitDir: string): Promise<string | undefined> {
  const alternates = join(gitDir, 'objects', 'info', 'alternates')
  const [objects = ''] = (await readFile(alternates, 'utf8').catch(() => '')).split('\n')
  const mirror = objects === '' ? gitDir : dirname(objects)
  const isThere = await stat(join(mirror, 'objects', 'pack')).then(
    () => true,
    () => false,
  )
  return isThere ? undefined : mirror
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
      await Promise.race([before, whenAborted(signal)])
      return await work()
    } finally {
      mine.resolve()
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key)
      })
    }
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new GantryError('Canceled', 'the wait was canceled'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
