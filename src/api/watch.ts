import { hasCode } from '../core/errors.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { ListQuery, Store } from '../store.ts'
import { type Answer, type Call, type ServerSentEvent, ok } from './operation.ts'

/** What a list answers with, and what its watch lets through. */
export interface ListOptions<T extends KubeObject> {
  readonly namespace?: string | undefined
  readonly query?: Omit<ListQuery, 'namespace' | 'limit' | 'continue'>
  /** A further filter, applied to lists and watches alike. */
  readonly keep?: (object: T) => boolean
  /** What a caller sees of an object (secrets masked). */
  readonly show?: (object: T) => KubeObject
}

const pageSize = 500

/** `{items, metadata}` as Kubernetes has it, or, with `?watch=true`, the changes as server-sent events. */
export async function listOrWatch<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  options: ListOptions<T> = {},
): Promise<Answer> {
  const show = options.show ?? ((object: T): KubeObject => object)
  if (call.query.get('watch') === 'true') {
    return { type: 'events', events: watchEvents(call, kind, options, show) }
  }
  const limit = Number(call.query.get('limit') ?? 0)
  const page = await call.parts.store.list(kind, {
    ...options.query,
    namespace: options.namespace,
    ...(limit > 0 && { limit }),
    continue: call.query.get('continue') ?? undefined,
  })
  const items = options.keep ? page.items.filter(options.keep) : page.items
  return ok({
    apiVersion: kind.apiVersion,
    kind: `${kind.kind}List`,
    metadata: {
      resourceVersion: page.resourceVersion,
      ...(page.continue && { continue: page.continue }),
    },
    items: items.map(show),
  })
}

/** Kargo's watch: one `{type, object}` a change; something that stops matching is DELETED; too old ends with `error`. */
async function* watchEvents<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  options: ListOptions<T>,
  show: (object: T) => KubeObject,
): AsyncGenerator<ServerSentEvent> {
  const matches = options.keep ?? ((): boolean => true)
  const seen = new Set<string>()
  const resourceVersion =
    call.query.get('resourceVersion') ?? call.headers.get('last-event-id') ?? undefined
  const stream = call.parts.store.watch(
    kind,
    { namespace: options.namespace, resourceVersion },
    call.signal,
  )
  try {
    for await (const event of stream) {
      if (event.type === 'BOOKMARK') continue
      const key = event.object.metadata.name
      const isMatch = matches(event.object) && isIndexed(kind, event.object, options.query)
      const type = isMatch ? event.type : 'DELETED'
      if (!isMatch && event.type !== 'DELETED' && resourceVersion === undefined && !seen.has(key))
        continue
      if (type === 'DELETED') seen.delete(key)
      else seen.add(key)
      yield {
        id: event.resourceVersion,
        data: JSON.stringify({ type, object: show(event.object) }),
      }
    }
  } catch (thrown) {
    if (!hasCode(thrown, 'Expired')) throw thrown
    yield {
      event: 'error',
      data: JSON.stringify({ code: 'out_of_range', message: thrown.message }),
    }
  }
}

function isIndexed<T extends KubeObject>(
  kind: Kind<T>,
  object: T,
  query: ListOptions<T>['query'],
): boolean {
  if (query?.index === undefined) return true
  return kind.indexKeys(object)[query.index.name]?.includes(query.index.key) ?? false
}

/** Every object of a list, page after page. */
export async function listAll<T extends KubeObject>(
  store: Pick<Store, 'list'>,
  kind: Kind<T>,
  query: ListQuery = {},
): Promise<readonly T[]> {
  const items: T[] = []
  let token: string | undefined
  do {
    const page = await store.list(kind, { ...query, limit: pageSize, continue: token })
    items.push(...page.items)
    token = page.continue
  } while (token !== undefined)
  return items
}
