import type { GitRefs } from '../../core/git.ts'
import type { MirrorParts, MirrorPlace } from './mirror.ts'
import { writeRefs } from './mirror-refs.ts'
import { parseRefs, tipsOf } from './refs.ts'
import type { ReachableRemote } from './remote.ts'

/** What git does for a mirror. */
export interface MirrorCommands {
  /** Asks the remote for its refs. */
  look(): Promise<GitRefs>
  /** Those of the objects that are not in the mirror. */
  absent(ids: readonly string[]): Promise<ReadonlySet<string>>
  fetch(refs: GitRefs, refspecs: readonly string[]): Promise<void>
  /** Every branch and tag. */
  fetchAll(refs: GitRefs): Promise<void>
}

/** So many refs are asked for with the protocol that can filter, and kept in one file instead of one each. */
const manyRefs = 5000
const everything = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
const noBlobs = 'blob:none'

export function createMirrorCommands(
  { dir, isBlobless }: MirrorPlace,
  { git, signal, lookTimeoutMs, fetchTimeoutMs }: MirrorParts,
  remote: () => ReachableRemote,
): MirrorCommands {
  let refCount = 0
  /** The older protocol lists the refs in its first answer: one round trip instead of two. */
  const protocol = (count: number): Record<string, string> => ({
    'protocol.version': count > manyRefs ? '2' : '0',
  })

  const absent: MirrorCommands['absent'] = async (ids) => {
    if (ids.length === 0) return new Set()
    const { stdout } = await git.run({
      args: ['cat-file', '--batch-check=%(objectname)'],
      gitDir: dir,
      input: `${ids.join('\n')}\n`,
      // A line is an id and one word.
      maxOutputBytes: Math.max(1024, ids.length * 100),
      signal,
    })
    const lines = new Set(stdout.split('\n'))
    return new Set(ids.filter((id) => lines.has(`${id} missing`)))
  }

  const fetch = async (
    refs: GitRefs,
    args: readonly string[],
    input: string | undefined,
  ): Promise<void> => {
    const { url } = remote()
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
      remote: remote(),
      config: {
        // Said again, for a config that lost it.
        'core.bare': 'true',
        ...protocol(refs.refs.size),
        ...partial,
        // Kept as packs, which appear whole or not at all: an object that is there has what it reaches.
        'fetch.unpackLimit': '1',
      },
      input,
      timeoutMs: fetchTimeoutMs,
      signal,
    })
  }

  return {
    async look() {
      const { stdout } = await git.run({
        args: ['ls-remote', '--symref', '--', remote().url],
        remote: remote(),
        config: protocol(refCount),
        timeoutMs: lookTimeoutMs,
        maxOutputBytes: 256 * 1024 * 1024,
        signal,
      })
      const refs = parseRefs(stdout)
      refCount = refs.refs.size
      return refs
    },
    absent,
    fetch: (refs, refspecs) => fetch(refs, ['--', remote().url, ...refspecs], undefined),
    async fetchAll(refs) {
      if (refs.refs.size <= manyRefs)
        return fetch(refs, ['--prune', '--', remote().url, ...everything], undefined)
      const ids = await absent(tipsOf(refs))
      await fetch(refs, ['--stdin', '--', remote().url], [...ids, ''].join('\n'))
      await writeRefs(dir, refs)
    },
  }
}
