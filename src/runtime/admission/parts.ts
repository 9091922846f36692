import type { z } from 'zod'
import type { Actor } from '../../core/actor.ts'
import type { Clock } from '../../core/clock.ts'
import type { KnownNames } from '../../core/expr/unknown-names.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import type { SourceSettings } from '../../core/source-settings.ts'
import type { Supported } from '../../core/policy/policy-facts.ts'
import type { JsonRecord, StoreReader } from '../../store.ts'
import type { Authorizer } from '../authorizer.ts'

/** What admission wants to know of a source: how its subscriptions are written. Every `Source` is one. */
export interface SubscriptionRules {
  readonly subscription: z.ZodType
  /** Fields that were read once, each with what to do instead. */
  readonly former?: Readonly<Record<string, string>> | undefined
  /** Whether a subscription needs a name. */
  readonly requiresName?: boolean | undefined
  /** Problems that the schema cannot say, as `field: sentence`. */
  check(subscription: unknown, settings?: SourceSettings): readonly string[]
  /** What is most likely a mistake but might work, as `field: sentence`. */
  doubts?: ((subscription: unknown) => readonly string[]) | undefined
  /** The normalised address. */
  remote(subscription: unknown): string
}

/** What admission wants to know of a kind of step. Every `Step` is one. */
export interface StepRules {
  /** Of its config once templates are evaluated. */
  readonly config: z.ZodType
  /** Fields that were read once, each with what to do instead. */
  readonly former?: Readonly<Record<string, string>> | undefined
  /** Where its config holds expressions without delimiters. */
  readonly expressions: readonly {
    readonly path: string
    readonly names?: KnownNames | undefined
  }[]
}

/** What admission is made of; `serve.ts` hands it over. */
export interface AdmissionParts {
  readonly clock: Clock
  /** So many random bytes. */
  random(bytes: number): Uint8Array
  /** Sources by the key of their subscriptions. */
  readonly sources: ReadonlyMap<string, SubscriptionRules>
  /** What the operator says about all subscriptions; default: nothing special. */
  readonly sourceSettings?: SourceSettings | undefined
  /** The kinds of step there are. Others are warned of, for they may come with a later version. */
  readonly stepKinds: ReadonlySet<string>
  /** What the kinds of step say about their configs. Every `Step` is such; default: nothing. */
  readonly stepRules?: ReadonlyMap<string, StepRules> | undefined
  readonly authorizer: Authorizer
  /** What the gate kernel may count on: see `mayPromote`. */
  readonly supports?: Supported | undefined
}

/** One create or update of an object or its status, as the file of its kind sees it. */
export interface Write<T extends KubeObject = KubeObject> {
  readonly operation: 'CREATE' | 'UPDATE'
  readonly kind: Kind<T>
  /** Checked against the kind's schema; may be changed in place or replaced. */
  readonly object: T
  /** Absent on CREATE. Frozen. */
  readonly old: T | undefined
  /** Whether anything but metadata and status is new or changed. */
  readonly isSpecChanged: boolean
  readonly actor: Actor
  readonly reader: StoreReader
  readonly parts: AdmissionParts
  /** Tells the writer something without refusing; a sentence. */
  warn(warning: string): void
  /** What is most likely a mistake but might work: a warning, or a refusal where the writer asked for strictness. */
  doubt(field: string, why: string): void
  /** Creates this too, in the same transaction, unless it is there. */
  also<K extends KubeObject>(kind: Kind<K>, object: K): void
  /** Journals this when the write succeeds. */
  record(record: JsonRecord): void
}

/** The deletion of an object. */
export type Removal<T extends KubeObject = KubeObject> = Pick<
  Write<T>,
  'kind' | 'actor' | 'reader' | 'parts' | 'warn' | 'record'
> & { readonly object: T }

/** What admission does for one kind. Each part throws to refuse. */
export interface KindAdmission<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>
  /** Before a create or update of everything but the status; answers the object to be stored. */
  admit?(write: Write<T>): Promise<T> | T
  /** Before a new status. */
  admitStatus?(write: Write<T>): Promise<void> | void
  /** Before a deletion is asked for. */
  remove?(removal: Removal<T>): Promise<void> | void
}

/** Keeps kinds with their types while they are written down. */
export function defineAdmission<T extends KubeObject>(admission: KindAdmission<T>): KindAdmission {
  // Erases T, which method bivariance allows: the dispatcher hands each kind only objects of that kind.
  return admission
}
