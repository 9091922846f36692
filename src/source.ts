import type { z } from 'zod'
import type { Clock } from './core/clock.ts'
import type { DocumentCapability } from './core/documents.ts'
import type { HttpCapability } from './core/http.ts'
import type { MirrorCapability } from './core/git.ts'
import type { JsonObject } from './core/json.ts'
import type { Logger } from './core/log.ts'
import type { RequestMeter } from './core/meter.ts'
import type { DigestCache, RegistryCapability } from './core/registry.ts'
import { defaultSourceSettings, type SourceSettings } from './core/source-settings.ts'
import type { CredentialLookup } from './credential.ts'
import type { RemoteTarget } from './receiver.ts'

/**
 * An artifact source: one file in `sources/`, whose name is the key of a Warehouse subscription. It looks at a remote
 * and answers with the artifacts that the subscription's policy lets through, best first.
 */
export interface Source {
  readonly kind: string
  readonly summary: string
  /** The list of `status.discoveredArtifacts` that its results go into. */
  readonly list: ArtifactList
  /** The subscription, without its `name`. */
  readonly subscription: z.ZodType
  readonly example: JsonObject
  /** Fields that older releases of Kargo read, each with what to do instead, as in `write constraint`. */
  readonly former: Readonly<Record<string, string>>
  /** Its artifacts are told apart by the subscription's name alone, which is then required. */
  readonly requiresName?: boolean | undefined
  /** Looks at one remote share what is done there, so that many may go on at the same time; else one after another. */
  readonly isShared?: boolean | undefined
  /** Problems that a schema cannot say (a constraint or a regex that does not compile), as `field: sentence`. Pure. */
  check(subscription: unknown, settings?: SourceSettings): readonly string[]
  /** What is most likely a mistake but might work (names in expressions that nothing has), as `field: sentence`. Pure. */
  doubts?: ((subscription: unknown) => readonly string[]) | undefined
  /** The normalised address: two subscriptions with the same one look at the same remote. Pure. */
  remote(subscription: unknown): string
  discover(
    ctx: SourceContext,
    subscription: unknown,
    previous: Discovered | undefined,
  ): Promise<Discovered>
  /**
   * Positive when `a` is the better of two artifacts of the entry's list by the subscription's strategy, negative when
   * it is the worse; undefined when the strategy knows no order between them. Pure.
   */
  rank(subscription: unknown, a: JsonObject, b: JsonObject): number | undefined
  /**
   * Whether a look may find something new after what a webhook tells of. Absent: never woken by webhooks. True where the
   * payload leaves it open. Pure.
   */
  concerns?: ((subscription: unknown, target: RemoteTarget) => boolean) | undefined
}

export interface SourceContext {
  readonly project: string
  readonly warehouse: string
  readonly credentials: CredentialLookup
  readonly http: HttpCapability
  readonly mirrors: MirrorCapability
  readonly registries: RegistryCapability
  readonly documents: DocumentCapability
  readonly cache: DigestCache
  readonly clock: Clock
  readonly settings: SourceSettings
  /**
   * On the clock's monotonic scale, when this look was asked for: what somebody else read later than that is as good as
   * one's own look, so that many subscriptions to one remote cost one request.
   */
  readonly since?: number | undefined
  /** Handed on with every request, so that users see what a look costs. */
  readonly meter?: RequestMeter | undefined
  readonly log: Logger
  readonly signal: AbortSignal
}

export type ArtifactList = 'git' | 'images' | 'charts' | 'results'

/**
 * The entry of `status.discoveredArtifacts` that a subscription contributes, in the shape of the source's list: best
 * artifact first, under `commits`, `references`, `versions` or `artifactReferences`.
 */
export interface Discovered {
  readonly list: ArtifactList
  readonly entry: JsonObject
}

export interface SourceDefinition<S extends z.ZodType> {
  kind: string
  summary: string
  list: ArtifactList
  subscription: S
  example: z.input<S> & JsonObject
  former?: Readonly<Record<string, string>>
  requiresName?: boolean
  isShared?: boolean
  check(subscription: z.output<S>, settings: SourceSettings): readonly string[]
  doubts?(subscription: z.output<S>): readonly string[]
  remote(subscription: z.output<S>): string
  discover(
    ctx: SourceContext,
    subscription: z.output<S>,
    previous: Discovered | undefined,
  ): Promise<Discovered>
  rank(subscription: z.output<S>, a: JsonObject, b: JsonObject): number | undefined
  concerns?(subscription: z.output<S>, target: RemoteTarget): boolean
}

export function defineSource<S extends z.ZodType>(definition: SourceDefinition<S>): Source {
  const { subscription: schema, check, doubts, remote, discover, rank, concerns } = definition
  return {
    kind: definition.kind,
    summary: definition.summary,
    list: definition.list,
    subscription: schema,
    example: definition.example,
    former: definition.former ?? {},
    requiresName: definition.requiresName,
    isShared: definition.isShared,
    check: (subscription, settings = defaultSourceSettings) =>
      check(schema.parse(subscription), settings),
    doubts: doubts && ((subscription) => doubts(schema.parse(subscription))),
    remote: (subscription) => remote(schema.parse(subscription)),
    discover: (ctx, subscription, previous) => discover(ctx, schema.parse(subscription), previous),
    rank: (subscription, a, b) => rank(schema.parse(subscription), a, b),
    concerns: concerns && ((subscription, target) => concerns(schema.parse(subscription), target)),
  }
}
