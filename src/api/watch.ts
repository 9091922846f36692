import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { ListQuery, Ref, Store } from '../store.ts'
import { type Answer, type Call, ok } from './operation.ts'
import { countIn } from './query.ts'
import { viewOf } from './show.ts'
import { watchEvents } from './watch-events.ts'

/** What a list answers with, and what its watch lets through. */
export interface ListOptions<T extends KubeObject> {
  readonly namespace?: string | undefined
  /** An index here is one by what never changes of an object. */
  readonly query?: Omit<ListQuery, 'namespace' | 'limit' | 'continue'>
  /** A further filter, applied to lists and watches alike. */
  readonly keep?: (object: T) => boolean
  /** Whether `keep` looks only at what never changes of an object. */
  readonly isKeptForGood?: boolean
}

const pageSize = 500

/** `{items, metadata}` as Kubernetes has it, or, with `?watch=true`, the changes as server-sent events. */
export async function listOrWatch<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  options: ListOptions<T> = {},
): Promise<Answer> {
  if (call.query.get('watch') === 'true') {
    const { namespace, query, keep = () => true, isKeptForGood = false } = options
    const concerns = (object: T): boolean =>
      isIndexed(kind, object, query) && (!isKeptForGood || keep(object))
    const watched = { namespace, concerns, matches: keep }
    return { type: 'events', events: watchEvents(call, kind, watched) }
  }
  const limit = countIn(call, 'limit') ?? 0
  const page = await call.parts.store.list(kind, {
    ...options.query,
    namespace: options.namespace,
    ...(limit > 0 && { limit }),
    continue: call.query.get('continue') ?? undefined,
  })
  const view = await viewOf(call, kind, options.namespace)
  const items = options.keep ? page.items.filter(options.keep) : page.items
  return ok({
    apiVersion: kind.apiVersion,
    kind: `${kind.kind}List`,
    metadata: {
      resourceVersion: page.resourceVersion,
      ...(page.continue && { continue: page.continue }),
    },
    items: items.map(view),
  })
}

/** The changes of one object. Of others nothing is told: the right to read this one may be all that the caller has. */
export function watchOne<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  { namespace, name }: Ref,
): Answer {
  const concerns = ({ metadata }: T): boolean => metadata.name === name
  const matches = (): boolean => true
  return { type: 'events', events: watchEvents(call, kind, { namespace, concerns, matches }) }
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
