import { hasCode } from '../../core/errors.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import { finalizer, labels } from '../../core/kinds/labels.ts'
import { isProjectNamespace, NamespaceKind } from '../../core/kinds/namespace.ts'
import type { CacheReader } from '../../runtime/cache.ts'
import {
  type Controller,
  defineController,
  type Phase,
  type ReconcileContext,
  refOf,
  wake,
} from '../../runtime/controller.ts'
import { ensureGone } from '../../runtime/ensure.ts'
import { hasFinalizer, isReplicaOf, isReplicated, isUpToDate, replicaOf } from './replica.ts'

export interface SharedResourcesOptions<T extends KubeObject> {
  /** Secret or ConfigMap. */
  readonly kind: Kind<T>
  /** Where the sources are; Kargo's default is `kargo-shared-resources`. */
  readonly sharedNamespace: string
}

/** Copies what asks for it from the shared namespace to every Project, and takes the copies back. */
export function sharedResourcesController<T extends KubeObject>(
  options: SharedResourcesOptions<T>,
): Controller<T> {
  const { kind, sharedNamespace } = options

  const replicate: Phase<T> = async (ctx) => {
    for (const namespace of projects(ctx.cache)) {
      const found = ctx.cache.get(kind, { namespace, name: ctx.ref.name })
      if (found !== undefined && !isReplicaOf(found, ctx.ref.name)) {
        ctx.log.info('an object of its own has this name: not copied', { namespace })
        continue
      }
      if (found === undefined || !isUpToDate(found, ctx.object)) await write(ctx, namespace, found)
    }
  }

  const write = async (
    ctx: ReconcileContext<T>,
    namespace: string,
    found: T | undefined,
  ): Promise<void> => {
    const replica = replicaOf(ctx.object, namespace, ctx.now)
    const { resourceVersion } = found?.metadata ?? {}
    const object = { ...replica, metadata: { ...replica.metadata, resourceVersion } }
    await (
      found === undefined
        ? ctx.store.create(kind, replica, { actor: ctx.actor })
        : ctx.store.update(kind, object, { actor: ctx.actor })
    ).catch((thrown: unknown) => {
      // Somebody was faster, or the Project is on its way out: the change wakes us.
      if (!hasCode(thrown, 'AlreadyExists', 'Conflict', 'NotFound', 'Forbidden')) throw thrown
    })
  }

  const takeBack: Phase<T> = async (ctx) => {
    for (const namespace of projects(ctx.cache)) {
      const found = ctx.cache.get(kind, { namespace, name: ctx.ref.name })
      if (found !== undefined && isReplicaOf(found, ctx.ref.name))
        await ensureGone(ctx, kind, refOf(found))
    }
  }

  return defineController<T>({
    name: `shared-${kind.plural}`,
    kind,
    selects: (object) =>
      object.metadata.namespace === sharedNamespace &&
      (isReplicated(object) || hasFinalizer(object)),
    wakes: [
      wake(NamespaceKind, (change, cache) =>
        change.type !== 'updated' || !isProjectNamespace(change.old ?? change.object)
          ? cache.list(kind, { namespace: sharedNamespace }).map(refOf)
          : [],
      ),
      wake(kind, ({ object }) => {
        const source = object.metadata.labels?.[labels.replicatedFrom]
        return source === undefined ? [] : [{ namespace: sharedNamespace, name: source }]
      }),
    ],
    phases: { replicate },
    finalizer: { name: finalizer, wanted: isReplicated, phases: { takeBack } },
    conclude: () => undefined,
  })
}

function projects(cache: CacheReader): readonly string[] {
  return cache
    .list(NamespaceKind)
    .filter(
      (namespace) =>
        isProjectNamespace(namespace) && namespace.metadata.deletionTimestamp === undefined,
    )
    .map(({ metadata }) => metadata.name)
}
