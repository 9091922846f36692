import type { Actor } from './core/actor.ts'
import type { JsonObject } from './core/json.ts'
import type { Kind, KubeObject } from './core/kinds/kind.ts'
import type { LabelSelector } from './core/label-selector.ts'
import type { JournalKind } from './journal.ts'

export type { LabelSelector } from './core/label-selector.ts'

/**
 * Where objects live: the seam between Gantry and its two homes, with Kubernetes semantics because that is the harder
 * one. Everything that comes out is frozen and may be shared; everything that goes in is copied. Writes are
 * acknowledged after they are durable. Errors are GantryErrors: NotFound, AlreadyExists, Conflict (stale
 * resourceVersion), Invalid and Forbidden (admission), TooLarge (1.5 MiB), Expired (watch), Unavailable (can no longer
 * write).
 */
export interface Store extends StoreReader {
  /**
   * Creates an object through admission. `metadata.generateName` is honoured when the name is empty. Sets uid,
   * resourceVersion, generation 1 and creationTimestamp; status is dropped for kinds with a status subresource.
   */
  create<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions): Promise<T>
  /**
   * Replaces an object through admission, all but its status. `metadata.resourceVersion`, when set, must be the live
   * one. uid, creationTimestamp and deletionTimestamp cannot be changed. An update that changes nothing writes nothing.
   * Removing the last finalizer of an object that is being deleted deletes it.
   */
  update<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions): Promise<T>
  /** Replaces only the status (and nothing else), compare-and-swap when `metadata.resourceVersion` is set. */
  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T, options: WriteOptions): Promise<T>
  /** RFC 7386 merge patch of everything but status. `metadata.resourceVersion` inside the patch makes it a compare-and-swap. */
  patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: Ref,
    patch: JsonObject,
    options: WriteOptions,
  ): Promise<T>
  /** The same for `{ status: ... }`; anything else in the patch but `metadata.resourceVersion` is ignored. */
  patchStatus<T extends KubeObject>(
    kind: Kind<T>,
    ref: Ref,
    patch: JsonObject,
    options: WriteOptions,
  ): Promise<T>
  /**
   * Deletes, through admission. With finalizers, or a Namespace with anything in it, it only sets deletionTimestamp
   * (`deleting`), which moves generation too: controllers have work to do. Dependants go by ownerReference, the contents
   * of a Namespace with it: soon after, not at once.
   */
  delete(kind: Kind, ref: Ref, options: DeleteOptions): Promise<'deleted' | 'deleting'>
  /**
   * Changes in order, from just after `resourceVersion`; without one, first an ADDED for everything there is, then a
   * BOOKMARK. Further BOOKMARKs come while only other objects change, so that a quiet watch can be resumed. Throws
   * Expired, on the first step or later, when the version is too old or the reader too slow. Ends when the signal aborts.
   */
  watch<T extends KubeObject>(
    kind: Kind<T>,
    query: WatchQuery,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>
  /** Resolves with the error when the store can no longer write; the process then exits. Never resolves otherwise. */
  readonly failed: Promise<Error>
  close(): Promise<void>
}

/** The reading half; admission gets only this, inside the write transaction. */
export interface StoreReader {
  get<T extends KubeObject>(kind: Kind<T>, ref: Ref): Promise<T | undefined>
  list<T extends KubeObject>(kind: Kind<T>, query?: ListQuery): Promise<ListPage<T>>
}

export interface Ref {
  readonly namespace?: string | undefined
  readonly name: string
}

export interface WriteOptions {
  readonly actor: Actor
  /** Everything happens but the write. */
  readonly dryRun?: boolean | undefined
  /** What is most likely a mistake is refused, not only warned of. */
  readonly strict?: boolean | undefined
  /** Receives admission's warnings, each a sentence. */
  readonly warn?: ((warning: string) => void) | undefined
}

export interface DeleteOptions extends WriteOptions {
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
}

export interface ListQuery {
  readonly namespace?: string | undefined
  readonly labels?: LabelSelector | undefined
  /** Objects whose `kind.indexKeys(object)[name]` holds `key`. */
  readonly index?: { readonly name: string; readonly key: string } | undefined
  /** At most this many; the page's `continue` goes on. */
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}

/**
 * Sorted by namespace, then name. `resourceVersion` is a valid start for a watch. `continue` never expires: it names a
 * place, not a snapshot, and all pages carry the first one's version, so a watch from there brings what they missed.
 */
export interface ListPage<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
  readonly continue?: string | undefined
}

export interface WatchQuery {
  readonly namespace?: string | undefined
  readonly resourceVersion?: string | undefined
}

export type WatchEvent<T> =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
      readonly object: T
      readonly resourceVersion: string
    }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

/**
 * Defaults, validates, names and authorises one write. Called inside the write transaction, exactly once per write, so
 * it may read (through `reader`, which sees every write before it) but must not wait for anything else.
 */
export interface Admission {
  admit(request: AdmissionRequest, reader: StoreReader): Promise<AdmissionOutcome>
}

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly subresource: '' | 'status'
  readonly kind: Kind
  readonly actor: Actor
  readonly dryRun: boolean
  readonly strict: boolean
  /** The object as it would be stored; on DELETE the stored one. Unfrozen: the outcome may be this very object, changed. */
  readonly object: KubeObject
  /** The stored object; absent on CREATE. */
  readonly old?: KubeObject | undefined
}

export interface AdmissionOutcome {
  readonly object: KubeObject
  /** Objects to be created in the same transaction when they are not there yet (a Project's Namespace). */
  readonly also?: readonly { readonly kind: Kind; readonly object: KubeObject }[]
  /** Facts to be journaled when the write succeeds (Events). */
  readonly records?: readonly JsonRecord[]
  readonly warnings?: readonly string[]
}

/** A journal record without time: see `journal.ts`. */
export interface JsonRecord {
  readonly kind: JournalKind
  readonly subject: string
  readonly payload: JsonObject
}
