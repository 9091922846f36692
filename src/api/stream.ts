import { FreightKind } from '../core/kinds/freight.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import { StageKind } from '../core/kinds/stage.ts'
import { WarehouseKind } from '../core/kinds/warehouse.ts'
import { asGantryError } from '../core/errors.ts'
import type { Store, WatchEvent } from '../store.ts'
import type { Call, ServerSentEvent } from './operation.ts'

/** More undelivered changes than this and the client is told to start again: memory stays bounded. */
const maxWaiting = 20_000

const projectKinds: readonly Kind[] = [WarehouseKind, FreightKind, StageKind, PromotionKind]

/**
 * One multiplexed stream for the page: first everything there is, then `synced`, then each change, then so on. The id
 * of an event is the store's version, so a client that reconnects with Last-Event-ID misses nothing; one that was away
 * too long gets `reset` and starts anew.
 */
export async function* streamProject(
  call: Call,
  namespace: string | undefined,
): AsyncGenerator<ServerSentEvent> {
  const resume = call.headers.get('last-event-id') ?? call.query.get('resourceVersion') ?? undefined
  const stopping = new AbortController()
  const signal = AbortSignal.any([call.signal, stopping.signal])
  const queue = new EventQueue()
  const kinds = namespace === undefined ? [ProjectKind] : projectKinds
  let unsynced = resume === undefined ? kinds.length : 0
  signal.addEventListener('abort', () => queue.end(), { once: true })
  for (const kind of kinds) {
    void pump(call.parts.store, kind, { namespace, resourceVersion: resume }, signal, queue)
  }
  try {
    for await (const item of queue) {
      if ('error' in item) {
        yield { event: 'reset', data: JSON.stringify({ message: item.error.message }) }
        return
      }
      if (item.event.type !== 'BOOKMARK') {
        const { type, object, resourceVersion } = item.event
        yield {
          event: 'change',
          id: resourceVersion,
          data: JSON.stringify({ kind: item.kind, type, object: summarize(object) }),
        }
      } else if (unsynced > 0 && --unsynced === 0) {
        yield { event: 'synced', id: item.event.resourceVersion, data: '{}' }
      }
    }
  } finally {
    stopping.abort()
  }
}

type Item =
  | { readonly kind: string; readonly event: WatchEvent<KubeObject> }
  | { readonly error: Error }

async function pump(
  store: Store,
  kind: Kind,
  query: { namespace: string | undefined; resourceVersion: string | undefined },
  signal: AbortSignal,
  queue: EventQueue,
): Promise<void> {
  try {
    for await (const event of store.watch(kind, query, signal))
      queue.push({ kind: kind.kind, event })
  } catch (thrown) {
    if (!signal.aborted) queue.push({ error: asGantryError(thrown) })
  }
}

/** What the page draws: everything but bulky bookkeeping. */
function summarize(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

class EventQueue implements AsyncIterable<Item> {
  private items: Item[] = []
  private wake: (() => void) | undefined
  private ended = false

  push(item: Item): void {
    if (this.items.length >= maxWaiting)
      this.items = [{ error: new Error('this client reads too slowly') }]
    else this.items.push(item)
    this.wake?.()
  }

  end(): void {
    this.ended = true
    this.wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      const batch = this.items
      this.items = []
      yield* batch
      if (this.ended && this.items.length === 0) return
      if (this.items.length > 0) continue
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = undefined
    }
  }
}
