import { asGantryError } from '../core/errors.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { Store, WatchEvent } from '../store.ts'
import { EventQueue } from './event-queue.ts'
import type { Call, ServerSentEvent } from './operation.ts'
import { toProblem } from './problem.ts'
import { viewOf } from './show.ts'

interface Heard {
  readonly kind: Kind
  readonly event: WatchEvent<KubeObject>
}

/**
 * One multiplexed stream for the page: first everything there is, then `synced`, then each change, then so on. From
 * `synced` on the id of an event says how far each kind was told, so a client that reconnects with Last-Event-ID misses
 * nothing; one that was away too long, or was told of other kinds, gets `reset` and starts anew.
 */
export async function* streamKinds(
  call: Call,
  namespace: string | undefined,
  kinds: readonly Kind[],
): AsyncGenerator<ServerSentEvent> {
  const lastId = call.headers.get('last-event-id')
  const told = readProgress(lastId, kinds)
  if (lastId && told.size === 0) {
    const message = 'this stream tells of other kinds than before: begin anew'
    yield { event: 'reset', data: JSON.stringify({ message }) }
    return
  }
  // Whoever may list none of the kinds has the whole picture at once.
  if (kinds.length === 0) yield { event: 'synced', data: '{}' }
  const unsynced = new Set(told.size === 0 ? kinds.map(({ kind }) => kind) : [])
  const stopping = new AbortController()
  const signal = AbortSignal.any([call.signal, stopping.signal])
  const queue = new EventQueue<Heard>()
  signal.addEventListener('abort', () => queue.end(), { once: true })
  for (const kind of kinds) {
    const query = { namespace, resourceVersion: told.get(kind.kind) }
    void listen(call.parts.store, kind, query, signal, queue)
  }
  try {
    for await (const { kind, event } of queue) {
      told.set(kind.kind, event.resourceVersion)
      const isSynced = unsynced.size === 0
      const id = isSynced ? { id: writeProgress(told, kinds) } : {}
      if (event.type !== 'BOOKMARK') {
        const { type } = event
        const object = summarize((await viewOf(call, kind, namespace))(event.object))
        const data = JSON.stringify({ kind: kind.kind, type, object })
        yield { event: 'change', ...id, data }
      } else if (isSynced) {
        yield id
      } else if (unsynced.delete(kind.kind) && unsynced.size === 0) {
        yield { event: 'synced', id: writeProgress(told, kinds), data: '{}' }
      }
    }
  } catch (thrown) {
    const { problem } = toProblem(thrown, call.parts.redactor)
    yield { event: 'reset', data: JSON.stringify({ message: problem.error }) }
  } finally {
    stopping.abort()
  }
}

/** The version up to which each kind was told, in the order of the kinds: `12.40.9.40`. */
function writeProgress(told: ReadonlyMap<string, string>, kinds: readonly Kind[]): string {
  return kinds.map(({ kind }) => told.get(kind) ?? '').join('.')
}

/** Nothing when the id is not one of this stream's. */
function readProgress(id: string | null, kinds: readonly Kind[]): Map<string, string> {
  const versions = (id ?? '').split('.')
  const isOurs = versions.length === kinds.length && versions.every((text) => /^\d+$/.test(text))
  return new Map(isOurs ? kinds.map(({ kind }, index) => [kind, versions[index] ?? '']) : [])
}

async function listen(
  store: Store,
  kind: Kind,
  query: { namespace: string | undefined; resourceVersion: string | undefined },
  signal: AbortSignal,
  queue: EventQueue<Heard>,
): Promise<void> {
  try {
    for await (const event of store.watch(kind, query, signal)) await queue.push({ kind, event })
  } catch (thrown) {
    if (!signal.aborted) queue.fail(asGantryError(thrown))
  }
}

/** What the page draws: everything but bulky bookkeeping. */
function summarize(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
