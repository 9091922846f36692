import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type { WatchEvent } from '../../store.ts'
import { createBreath } from '../breath.ts'
import type { ChangeLog } from './change-log.ts'
import { type Entry, typed } from './entry.ts'

export interface WatchSource {
  readonly log: ChangeLog
  /** The last committed version of the whole store. */
  committed(): number
  /** Whether the store was closed; throws when it can no longer answer. */
  isEnded(): boolean
}

export interface WatchStart {
  readonly namespace: string | undefined
  /** What there is, when the watcher wants to be told first. */
  readonly initial: readonly Entry[] | undefined
  /** The version of `initial`, or the one to go on from. */
  readonly seq: number
  /** Position in the log of the first change to be told. */
  readonly position: number
}

/** A watcher that heard nothing for this many versions of other objects gets a BOOKMARK, so that it can resume later. */
export const bookmarkEvery = 1000

/** The events of one watcher. It holds a position in the log, never a queue. */
export async function* watchChanges<T extends KubeObject>(
  kind: Kind<T>,
  source: WatchSource,
  start: WatchStart,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const { log } = source
  let { position, seq: told } = start
  let wake = (): void => undefined
  const stopListening = log.listen(() => wake())
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    if (start.initial !== undefined) {
      const pause = createBreath()
      for (const entry of start.initial) {
        await pause()
        if (signal.aborted || source.isEnded()) return
        yield eventOf(kind, 'ADDED', entry)
      }
      yield { type: 'BOOKMARK', resourceVersion: String(start.seq) }
    }
    while (!signal.aborted && !source.isEnded()) {
      const change = log.at(position)
      if (change !== undefined) {
        position += 1
        if (start.namespace !== undefined && change.entry.namespace !== start.namespace) continue
        told = change.seq
        yield eventOf(kind, change.type, change.entry)
      } else if (source.committed() - told >= bookmarkEvery) {
        told = source.committed()
        yield { type: 'BOOKMARK', resourceVersion: String(told) }
      } else {
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stopListening()
  }
}

function eventOf<T extends KubeObject>(
  kind: Kind<T>,
  type: 'ADDED' | 'MODIFIED' | 'DELETED',
  entry: Entry,
): WatchEvent<T> {
  return { type, object: typed(kind, entry.object), resourceVersion: String(entry.seq) }
}
