import type { Actor } from '../core/actor.ts'
import type { Clock } from '../core/clock.ts'
import type { GantryError } from '../core/errors.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import type { Logger } from '../core/log.ts'
import type { Journal } from '../journal.ts'
import type { Ref, Store } from '../store.ts'
import type { CacheReader, Change } from './cache.ts'
import type { NewEvent } from './events.ts'

/**
 * A controller is data: which objects it looks after, what wakes it, and its phases in order. Everything else
 * (loading, drafting, finalizers, patching once, conditions, retries, deadlines) is the frame's: `reconcile.ts`.
 */
export interface Controller<T extends KubeObject = KubeObject> {
  /** As in `stage`; its actor is `controller:<name>`. */
  readonly name: string
  readonly kind: Kind<T>
  /** Objects worked on at a time; default 4. */
  readonly concurrency?: number | undefined
  /** How long one pass may take; default one minute. */
  readonly deadlineMs?: number | undefined
  /** Whether this controller looks after the object at all; default all of the kind. */
  selects?(object: T): boolean
  /** Changes of other objects that make objects of this kind worth a look. Its own kind wakes it without being named. */
  readonly wakes?: readonly Wake[] | undefined
  /** Kinds that phases read from the cache beside `kind` and those in `wakes`. */
  readonly reads?: readonly Kind[] | undefined
  /** What the cache need not keep of objects that this controller reads. */
  readonly slims?: readonly Slim[] | undefined
  /** Run in this order over one draft of the status. */
  readonly phases: Readonly<Record<string, Phase<T>>>
  readonly finalizer?: Finalizer<T> | undefined
  /**
   * Sets the conditions and observedGeneration after the phases, also after one that threw. Without it: Ready=True
   * `Synced`, or Ready=False with the error's code and Reconciling (it will be tried again) or Stalled (it will not help).
   */
  conclude?(ctx: ReconcileContext<T>, draft: StatusOf<T>, outcome: PassOutcome): void
  /** Called at the start with what makes an object worth a look: for work that goes on beside the queue. */
  connect?(wake: (ref: Ref) => void): void
  /** The object is gone: forget what was kept in memory about it. */
  gone?(ref: Ref): void
}

/**
 * A finalizer that the frame puts on objects. When the object is being deleted, or no longer wants the finalizer, these
 * phases run instead of the controller's, and then it is taken off.
 */
export interface Finalizer<T extends KubeObject = KubeObject> {
  readonly name: string
  /** Whether the object is to carry it; default always. */
  wanted?(object: T): boolean
  readonly phases: Readonly<Record<string, Phase<T>>>
}

/** The draft of an object's status: a plain copy, to be changed in place. */
export type StatusOf<T> = T extends { status?: infer S } ? NonNullable<S> : Record<string, unknown>

/**
 * One named step of a pass. It sees the object as it is, never what happened to it, and may be run any number of times.
 * Throwing ends the pass: what the draft says by then is still written.
 */
export type Phase<T extends KubeObject = KubeObject> = {
  // A method's parameters are bivariant: a Controller<Stage> is usable as a Controller, which the frame never calls
  // with anything but objects of the controller's own kind.
  run(ctx: ReconcileContext<T>, draft: StatusOf<T>): Promise<PhaseResult | undefined | void>
}['run']

export interface PhaseResult {
  /** Look again after so many milliseconds. Of all phases' wishes the soonest holds. */
  readonly requeueAfterMs?: number | undefined
  /** Look again at this moment, epoch milliseconds. */
  readonly requeueAt?: number | undefined
  /** What the object waits for. Lives in memory and is served, never written. */
  readonly waiting?: Waiting | readonly Waiting[] | undefined
  /** The later phases are not run in this pass. */
  readonly stop?: boolean | undefined
}

export interface Waiting {
  /** Stable, as in `SoakTime`. */
  readonly code: string
  /** A sentence. */
  readonly message: string
  /** Epoch milliseconds; default: when the frame first saw this code. */
  readonly since?: number | undefined
  /** When it may change by itself, epoch milliseconds. */
  readonly until?: number | undefined
}

/** Everything a phase may use. */
export interface ReconcileContext<T extends KubeObject = KubeObject> {
  /** Frozen, as the cache had it when the pass began. */
  readonly object: T
  readonly ref: Ref
  readonly clock: Clock
  /** Epoch milliseconds when the pass began: one moment for the whole pass. */
  readonly now: number
  /** Aborts at the deadline and at shut-down. */
  readonly signal: AbortSignal
  readonly store: Store
  readonly cache: CacheReader
  readonly journal: Journal
  readonly log: Logger
  /** Hand it to every write. */
  readonly actor: Actor
  /** Journals an event after the status is written; the actor is the controller unless the event names another. */
  emit(event: Omit<NewEvent, 'actor'> & { readonly actor?: string | undefined }): void
}

export interface PassOutcome {
  /** What a phase threw. */
  readonly error?: GantryError | undefined
  /** The name of that phase. */
  readonly failedPhase?: string | undefined
  readonly waiting: readonly Waiting[]
}

/** Changes of one kind, and the objects that they make worth a look. */
export interface Wake<S extends KubeObject = KubeObject> {
  readonly kind: Kind<S>
  /** Wait so long for further changes, so that many of them make one pass; for what is not urgent. */
  readonly afterMs?: number | undefined
  keys(change: Change<S>, cache: CacheReader): Iterable<Ref>
}

/**
 * What the cache keeps of objects of a kind: most of a large installation is history, and one copy of that is enough. A
 * controller that needs the rest of such an object reads it live.
 */
export interface Slim<S extends KubeObject = KubeObject> {
  readonly kind: Kind<S>
  /** The object, or a copy with less in it. Name, uid, version, and what indexes and wakes look at have to stay. */
  keep(object: S): S
}

/** Ties `keep` to the kind while you write. */
export function slim<S extends KubeObject>(kind: Kind<S>, keep: (object: S) => S): Slim<S> {
  return { kind, keep }
}

/** Ties `keys` to the kind while you write. */
export function wake<S extends KubeObject>(
  kind: Kind<S>,
  keys: (change: Change<S>, cache: CacheReader) => Iterable<Ref>,
  afterMs?: number,
): Wake<S> {
  return { kind, keys, afterMs }
}

/** Ties phases and hooks to the kind while you write. */
export function defineController<T extends KubeObject>(controller: Controller<T>): Controller<T> {
  return controller
}

/** The name and namespace of an object, as a reference. */
export function refOf(object: KubeObject): Ref {
  const { name, namespace } = object.metadata
  return namespace === undefined ? { name } : { namespace, name }
}
