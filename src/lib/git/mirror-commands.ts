import type { GitRefs } from '../../core/git.ts'
import type { MirrorParts, MirrorPlace } from './mirror.ts'
import { parseRefs } from './refs.ts'
import type { ReachableRemote } from './remote.ts'

/** What git does for a mirror. */
export interface MirrorCommands {
  /** Asks the remote for its refs. */
  look(): Promise<GitRefs>
  /** Those of the objects that are not in the mirror. */
  absent(ids: readonly string[]): Promise<ReadonlySet<string>>
  fetch(refs: GitRefs, ...args: readonly string[]): Promise<void>
}

/** A git server that advertises more refs than this is asked with the protocol that can filter. */
const manyRefs = 5000
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
    async absent(ids) {
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
    },
    async fetch(refs, ...args) {
      const { url } = remote()
      // Said for this command alone: no other one is ever to fetch what is missing by itself. A server that cannot
      // filter sends everything, which is as good.
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
        // Kept as packs, which appear whole or not at all: an object that is there has what it reaches.
        // Said again, for a config that lost it.
        config: {
          'core.bare': 'true',
          ...protocol(refs.refs.size),
          ...partial,
          'fetch.unpackLimit': '1',
        },
        timeoutMs: fetchTimeoutMs,
        signal,
      })
    },
  }
}
