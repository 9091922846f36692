import { isJsonObject } from '../../core/json.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import { type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { type Warehouse, WarehouseKind } from '../../core/kinds/warehouse.ts'
import { normChart, normGit, normImage } from '../../core/repo-url.ts'
import type { PullRequestTarget, ReceivedTarget, RemoteTarget } from '../../receiver.ts'
import type { Source } from '../../source.ts'
import type { WebhookParts } from './parts.ts'

/** An object that is to be looked at now. */
export interface Chosen {
  readonly kind: Kind
  readonly object: KubeObject
}

type Where = Pick<WebhookParts, 'objects' | 'sources'>

/** Whatever these targets are news for, each once; within the Project, or everywhere. */
export function selectTargets(
  parts: Where,
  targets: readonly ReceivedTarget[],
  project: string | undefined,
): readonly Chosen[] {
  const chosen = targets.flatMap((target): Chosen[] =>
    target.type === 'pull-request'
      ? waiting(parts, target, project).map((object) => ({ kind: PromotionKind, object }))
      : subscribed(parts, target, project).map((object) => ({ kind: WarehouseKind, object })),
  )
  return unique(chosen)
}

/** Each object once. */
export function unique(chosen: readonly Chosen[]): readonly Chosen[] {
  const byKey = new Map(
    chosen.map((each) => [`${each.kind.kind}/${refKey(each.object.metadata)}`, each]),
  )
  return [...byKey.values()]
}

function subscribed(
  { objects, sources }: Where,
  target: RemoteTarget,
  namespace: string | undefined,
): Warehouse[] {
  const keys = target.repoURLs.flatMap((url) => [normGit(url), normImage(url), normChart(url)])
  const found = new Set(
    [...new Set(keys)].flatMap((key) =>
      objects.list(WarehouseKind, { namespace, index: { name: 'url', key } }),
    ),
  )
  const byKind = new Map(sources.map((source) => [source.kind, source]))
  return [...found].filter(
    (warehouse) =>
      warehouse.metadata.deletionTimestamp === undefined &&
      warehouse.spec.subscriptions.some((entry) => isConcerned(entry, target, byKind)),
  )
}

function isConcerned(
  subscription: Warehouse['spec']['subscriptions'][number],
  target: RemoteTarget,
  sources: ReadonlyMap<string, Source>,
): boolean {
  return Object.entries(subscription).some(([kind, body]) => {
    const concerns = sources.get(kind)?.concerns
    if (concerns === undefined || !isJsonObject(body)) return false
    try {
      return concerns(body, target)
    } catch {
      // What is wrong with a subscription is for its Warehouse to say.
      return true
    }
  })
}

/** Running Promotions that said they wait for the pull request, or that noted its address down. */
function waiting(
  { objects }: Where,
  { urls }: PullRequestTarget,
  namespace: string | undefined,
): Promotion[] {
  const running = objects
    .list(PromotionKind, { namespace, index: { name: 'terminal', key: 'false' } })
    .filter(({ status }) => status?.phase === 'Running')
  const watching = new Set(
    urls.flatMap((key) =>
      objects.list(PromotionKind, { namespace, index: { name: 'watches', key } }),
    ),
  )
  return running.filter(
    (promotion) => watching.has(promotion) || holdsText(promotion.status?.state, new Set(urls), 0),
  )
}

/** Outputs go no deeper where a pull request is noted. */
const maxDepth = 6

function holdsText(value: unknown, texts: ReadonlySet<string>, depth: number): boolean {
  if (typeof value === 'string') return texts.has(value)
  if (typeof value !== 'object' || value === null || depth > maxDepth) return false
  return Object.values(value).some((child) => holdsText(child, texts, depth + 1))
}
