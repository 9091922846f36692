import { controllerActor } from '../core/actor.ts'
import { cloneJson } from '../core/clone-json.ts'
import type { Clock } from '../core/clock.ts'
import { asGantryError, GantryError, hasCode } from '../core/errors.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import type { Logger } from '../core/log.ts'
import type { Journal, NewJournalRecord } from '../journal.ts'
import type { Ref, Store } from '../store.ts'
import type { Cache } from './cache.ts'
import { concludeReady } from './conclude.ts'
import type { Controller, Phase, ReconcileContext, StatusOf, Waiting } from './controller.ts'
import { eventRecord } from './events.ts'
import { mergePatch } from './merge-patch.ts'
import { writeStatus } from './status-writer.ts'

export interface FrameParts {
  readonly store: Store
  readonly cache: Cache
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
}

/** What one pass over one object came to. */
export interface Pass {
  /** Look again after so many milliseconds; absent: when something changes. */
  readonly lookAgainMs?: number | undefined
  readonly waiting: readonly Waiting[]
  /** Whether the object was written. */
  readonly wrote: boolean
  /** The version that it has then, when the cache holds it: its arrival is no news. */
  readonly ownVersion?: string | undefined
  readonly error?: GantryError | undefined
}

const rest: Pass = { waiting: [], wrote: false }

type AnyStatus = StatusOf<KubeObject>

/** One pass of a controller over one object: load, draft, phases, conclude, patch once, tell. */
export async function reconcile(
  controller: Controller,
  parts: FrameParts,
  ref: Ref,
  signal: AbortSignal,
): Promise<Pass> {
  const found = parts.cache.get(controller.kind, ref)
  if (found === undefined || controller.selects?.(found) === false) return rest
  const { finalizer } = controller
  const finalizers = found.metadata.finalizers ?? []
  const isDeleting = found.metadata.deletionTimestamp !== undefined
  if (finalizer === undefined)
    return isDeleting ? rest : runPass(controller, parts, ref, signal, found, controller.phases)
  const carried = finalizers.includes(finalizer.name)
  const wanted = !isDeleting && finalizer.wanted?.(found) !== false
  if (!wanted) {
    if (!carried) return rest
    const pass = await runPass(controller, parts, ref, signal, found, finalizer.phases)
    if (pass.error !== undefined || pass.lookAgainMs !== undefined) return pass
    await removeFinalizer(controller, parts, ref, finalizer.name)
    return rest
  }
  const object = carried
    ? found
    : await patchFinalizers(controller, parts, ref, found, [...finalizers, finalizer.name])
  return runPass(controller, parts, ref, signal, object, controller.phases)
}

async function patchFinalizers(
  controller: Controller,
  { store, cache }: FrameParts,
  ref: Ref,
  object: KubeObject,
  finalizers: readonly string[],
): Promise<KubeObject> {
  const { resourceVersion } = object.metadata
  const patch = { metadata: { resourceVersion, finalizers: [...finalizers] } }
  const actor = controllerActor(controller.name)
  const written = await store.patch(controller.kind, ref, patch, { actor })
  if (object.metadata.deletionTimestamp === undefined)
    cache.observe(controller.kind, resourceVersion, written)
  return written
}

/** On the live object: the pass before may have written its status. */
async function removeFinalizer(
  controller: Controller,
  parts: FrameParts,
  ref: Ref,
  finalizer: string,
): Promise<void> {
  const live = await parts.store.get(controller.kind, ref)
  if (live?.metadata.finalizers?.includes(finalizer) !== true) return
  const left = live.metadata.finalizers.filter((name) => name !== finalizer)
  await patchFinalizers(controller, parts, ref, live, left).catch((thrown: unknown) => {
    if (!hasCode(thrown, 'NotFound')) throw thrown
  })
}

async function runPass(
  controller: Controller,
  parts: FrameParts,
  ref: Ref,
  signal: AbortSignal,
  object: KubeObject,
  phases: Readonly<Record<string, Phase>>,
): Promise<Pass> {
  const { store, cache, journal, clock } = parts
  const actor = controllerActor(controller.name)
  const now = clock.now()
  const records: NewJournalRecord[] = []
  const ctx: ReconcileContext = {
    object,
    ref,
    clock,
    now,
    signal,
    store,
    cache,
    journal,
    log: parts.log.with({ controller: controller.name, ...ref }),
    actor,
    emit: (event) => {
      records.push(eventRecord({ ...event, actor: event.actor ?? actor.id }, now))
    },
  }
  const before = statusOf(object)
  const draft = cloneJson(before)
  const ran = await runPhases(ctx, draft, phases)
  // Neither a shut-down nor a lost race says anything about the object.
  if (hasCode(ran.error, 'Canceled', 'Conflict')) return ran
  const outcome = { error: ran.error, failedPhase: ran.failedPhase, waiting: ran.waiting }
  if (controller.conclude !== undefined) controller.conclude(ctx, draft, outcome)
  else if (controller.kind.hasStatus) concludeReady(ctx, draft, outcome)

  const difference = mergePatch(before, draft)
  let ownVersion: string | undefined
  if (difference !== undefined) {
    const write = await writeStatus(store, controller.kind, object, ref, difference, actor)
    if (write === undefined) return rest
    if (cache.observe(controller.kind, write.replaced, write.written))
      ownVersion = write.written.metadata.resourceVersion
  }
  if (records.length > 0) await journal.append(records)
  return { ...ran, wrote: difference !== undefined, ownVersion }
}

interface Ran extends Pass {
  readonly failedPhase?: string | undefined
}

async function runPhases(
  ctx: ReconcileContext,
  draft: AnyStatus,
  phases: Readonly<Record<string, Phase>>,
): Promise<Ran> {
  const waiting: Waiting[] = []
  let soonest = Number.POSITIVE_INFINITY
  for (const [name, phase] of Object.entries(phases))
    try {
      if (ctx.signal.aborted) throw asGantryError(ctx.signal.reason)
      const result = await phase(ctx, draft)
      if (!result) continue
      if (result.waiting !== undefined) waiting.push(...[result.waiting].flat())
      soonest = Math.min(
        soonest,
        result.requeueAfterMs ?? Number.POSITIVE_INFINITY,
        result.requeueAt === undefined ? Number.POSITIVE_INFINITY : result.requeueAt - ctx.now,
      )
      if (result.stop === true) break
    } catch (thrown) {
      return { waiting, wrote: false, error: asGantryError(thrown), failedPhase: name }
    }
  return soonest === Number.POSITIVE_INFINITY
    ? { waiting, wrote: false }
    : { waiting, wrote: false, lookAgainMs: Math.max(0, soonest) }
}

function statusOf(object: KubeObject): AnyStatus {
  if (!('status' in object)) return {}
  const { status } = object
  return typeof status === 'object' && status !== null ? { ...status } : {}
}
