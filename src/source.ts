import type { z } from 'zod'
import type { Clock } from './core/clock.ts'
import type { JsonObject } from './core/json.ts'
import type { Logger } from './core/log.ts'
import type { CredentialLookup } from './credential.ts'
import type { HttpCapability } from './step.ts'

/**
 * An artifact source: one file in `sources/`, whose name is the key of a Warehouse subscription. It looks at a remote
 * and answers with the artifacts that the subscription's policy lets through, best first.
 */
export interface Source {
  readonly kind: string
  readonly summary: string
  /** The subscription, without its `name`. */
  readonly subscription: z.ZodType
  readonly example: JsonObject
  /** Problems that a schema cannot say (a constraint or a regex that does not compile), as `field: sentence`. Pure. */
  check(subscription: unknown): readonly string[]
  /** The normalised address: two subscriptions with the same one look at the same remote. Pure. */
  remote(subscription: unknown): string
  discover(
    ctx: SourceContext,
    subscription: unknown,
    previous: Discovered | undefined,
  ): Promise<Discovered>
}

export interface SourceContext {
  readonly project: string
  readonly warehouse: string
  readonly credentials: CredentialLookup
  readonly http: HttpCapability
  readonly mirrors: MirrorCapability
  readonly cache: DigestCache
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** One fetched copy of a git repository for everyone who may read it. */
export interface MirrorCapability {
  /** The remote's refs, as `ls-remote` lists them: full ref name (peeled entries end in `^{}`) to object id. */
  refs(request: MirrorRequest): Promise<ReadonlyMap<string, string>>
  /** A mirror in which each of the wanted object ids is present; fetched only when one is missing. */
  open(request: MirrorRequest & { readonly wanted: readonly string[] }): Promise<{
    readonly gitDir: string
    release(): Promise<void>
  }>
}

export interface MirrorRequest {
  readonly project: string
  readonly repoURL: string
  readonly insecureSkipTLSVerify: boolean
  readonly signal: AbortSignal
}

/** Facts about immutable things (an image config by digest), on disk, bounded, safe to delete. */
export interface DigestCache {
  get(key: string): Promise<JsonObject | undefined>
  put(key: string, value: JsonObject): Promise<void>
}

/**
 * The entry of `status.discoveredArtifacts` that a subscription contributes: `list` says into which list it goes, and
 * `entry` is in the shape of that list (spec: `git[]`, `images[]`, `charts[]`, `results[]`).
 */
export interface Discovered {
  readonly list: 'git' | 'images' | 'charts' | 'results'
  readonly entry: JsonObject
}

export interface SourceDefinition<S extends z.ZodType> {
  kind: string
  summary: string
  subscription: S
  example: z.input<S> & JsonObject
  check(subscription: z.output<S>): readonly string[]
  remote(subscription: z.output<S>): string
  discover(
    ctx: SourceContext,
    subscription: z.output<S>,
    previous: Discovered | undefined,
  ): Promise<Discovered>
}

export function defineSource<S extends z.ZodType>(definition: SourceDefinition<S>): Source {
  const { subscription: schema, check, remote, discover } = definition
  return {
    kind: definition.kind,
    summary: definition.summary,
    subscription: schema,
    example: definition.example,
    check: (subscription) => check(schema.parse(subscription)),
    remote: (subscription) => remote(schema.parse(subscription)),
    discover: (ctx, subscription, previous) => discover(ctx, schema.parse(subscription), previous),
  }
}
