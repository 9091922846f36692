import type { z } from 'zod'
import type { Clock } from './core/clock.ts'
import { GantryError } from './core/errors.ts'
import type { KnownNames } from './core/expr/unknown-names.ts'
import type { GitCapability } from './core/git.ts'
import type { HttpCapability } from './core/http.ts'
import type { JsonObject } from './core/json.ts'
import type { Logger } from './core/log.ts'
import { describeIssues } from './core/schema-issues.ts'
import type { Workspace } from './core/workspace.ts'
import type { YamlCapability } from './core/yaml.ts'
import type { CredentialLookup } from './credential.ts'

/**
 * A promotion step: one file in `steps/`, whose name is its kind. From the definition come validation, types, the
 * reference page, the page's form and the command's help.
 */
export interface Step {
  readonly kind: string
  readonly summary: string
  /**
   * `pure`: computes an output. `workspace`: changes files below the workspace; replayed after a restart with its
   * recorded config, pinned time and handle, and must then build the same files. `remote`: changes the world outside;
   * never replayed, always asked to `find` its effect first when it is unknown whether an attempt took effect.
   */
  readonly effect: 'pure' | 'workspace' | 'remote'
  /** Workspace steps: a run that fails leaves the workspace as it found it. */
  readonly atomic: boolean
  readonly defaults: { readonly timeoutMs: number; readonly errorThreshold: number }
  readonly needs: readonly (keyof StepCapabilities)[]
  readonly config: z.ZodType
  readonly output: z.ZodType
  readonly example: JsonObject
  /** Fields that older releases of Kargo read, each with what to do instead, as in `write message`. */
  readonly former: Readonly<Record<string, string>>
  /** Config keys whose values are secrets and are masked wherever config is shown, as dotted paths. */
  readonly sensitive: readonly string[]
  /** Where the config holds expressions without delimiters, so that mistakes are found when a Stage is applied. */
  readonly expressions: readonly ConfigExpression[]
  /** Inside a task the output's keys are also published as the task's own, under the alias of the task. */
  readonly taskOutput: boolean
  /** The config, checked and defaulted; throws GantryError Invalid with Kargo's wording `invalid <kind> config: ...`. */
  parse(config: unknown): unknown
  run(ctx: StepContext & StepCapabilities, config: unknown): Promise<StepResult>
  /** Remote steps: is the effect of an earlier attempt already there? */
  find?(ctx: StepContext & StepCapabilities, config: unknown): Promise<FindResult>
  /** Remote steps: what would be done, without doing it. */
  plan?(ctx: StepContext & StepCapabilities, config: unknown): Promise<StepPlan>
  /** Remote steps that also move the workspace (a push that rebased): bring it to where success left it. */
  restore?(ctx: StepContext & StepCapabilities, config: unknown, output: JsonObject): Promise<void>
}

/** One place of a config for an expression without delimiters. */
export interface ConfigExpression {
  /** Dotted; `[]` stands for every entry of a list, as in `outputs[].fromExpression`. */
  readonly path: string
  /** The names that it sees; absent where only the run knows them. */
  readonly names?: Pick<KnownNames, 'variables' | 'entries'> | undefined
}

export type StepStatus = 'Running' | 'Succeeded' | 'Failed' | 'Errored' | 'Aborted' | 'Skipped'

export interface StepResult<Output = JsonObject> {
  readonly status: StepStatus
  readonly output?: Output | undefined
  /**
   * With Failed or Errored: the error, without which a Failed is no failure yet (the step is looked at again, as with
   * Running) and an Errored gets one. Else a remark.
   */
  readonly message?: string | undefined
  /** With Failed or Errored: never retried. */
  readonly terminal?: boolean | undefined
  /** With Running: look again after this many milliseconds. */
  readonly retryAfterMs?: number | undefined
  /**
   * With Running: names of what it waits for (a pull request's URL, an application), by which webhooks and watches find
   * the Promotion.
   */
  readonly watches?: readonly string[] | undefined
  /** With Succeeded: how the Stage's health is to be checked from now on. */
  readonly health?: { readonly uses: string; readonly config: JsonObject } | undefined
}

export type FindResult =
  | { readonly state: 'found'; readonly result: StepResult }
  /** Nothing happened: run it. */
  | { readonly state: 'absent' }
  /** It cannot be known: the step ends Errored with this message. */
  | { readonly state: 'unknown'; readonly message: string }

export interface StepPlan {
  /** One line: what would be done. */
  readonly summary: string
  /** A unified diff, when there is one. */
  readonly diff?: string | undefined
  /** The output that later steps may count on; what cannot be known yet is left out. */
  readonly output?: JsonObject | undefined
}

/** What every step gets. Time, randomness and network come only through here. */
export interface StepContext {
  readonly project: string
  readonly stage: string
  readonly promotion: { readonly name: string; readonly uid: string; readonly actor: string }
  /** The step's alias, as in `outputs.<alias>`; `task::inner` inside a task. */
  readonly alias: string
  /** The images of every Freight that the Promotion brings, in order; absent where nobody knows. */
  readonly images?: readonly FreightImage[] | undefined
  /** What this alias has put out before, in an earlier run of the same step. */
  readonly previous: JsonObject | undefined
  /**
   * When this step first started, epoch milliseconds. Recorded, so it is the same in every retry and replay: anything
   * that ends in content (a commit's date) uses this and never the clock.
   */
  readonly pinnedAt: number
  /** Stable over retries and restarts, different for every step of every Promotion. */
  readonly idempotencyKey: string
  /** True when a finished step is run again only to rebuild its files. */
  readonly replay: boolean
  /** True while a plan is made: workspace steps work as ever but must not touch the world outside. */
  readonly planning?: boolean | undefined
  /**
   * A small durable note of the effect under way (a commit id about to be pushed, the commits that were checked out).
   * `save` returns after it is recorded; `handle` is what was last saved, also after a restart and in replay.
   */
  readonly handle: JsonObject | undefined
  save(handle: JsonObject): Promise<void>
  /** A line for the step's log in the journal; redacted. */
  say(line: string): void
  /**
   * To be called right before an irreversible act: it renews the fence and throws Conflict when it is lost. In a step
   * that is not remote it also asks whether the Freight may still be promoted; such a step finds what an earlier attempt
   * did by itself, from its `handle`.
   */
  fence(): Promise<void>
  readonly workspace: Workspace
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** An image of the Promotion's Freight. */
export interface FreightImage {
  readonly repoURL: string
  readonly tag?: string | undefined
  readonly digest?: string | undefined
  /** The Warehouse that the Freight comes from. */
  readonly origin: string
}

/** What a step can ask for in `needs`. `serve.ts` hands over the real ones. */
export interface StepCapabilities {
  readonly credentials: CredentialLookup
  /** Guarded fetch: address rules, redirects without credentials, size and time bounds. */
  readonly http: HttpCapability
  readonly git: GitCapability
  /** Reading and editing YAML of any length without holding up everything else. */
  readonly yaml: YamlCapability
}

type Needed<N extends keyof StepCapabilities> = StepContext & Pick<StepCapabilities, N>

export interface StepDefinition<
  C extends z.ZodType,
  O extends z.ZodType,
  N extends keyof StepCapabilities,
> {
  kind: string
  summary: string
  effect: Step['effect']
  atomic?: boolean
  timeoutMs?: number
  errorThreshold?: number
  needs?: readonly N[]
  config: C
  output: O
  example: z.input<C> & JsonObject
  former?: Readonly<Record<string, string>>
  sensitive?: readonly string[]
  expressions?: readonly ConfigExpression[]
  taskOutput?: boolean
  run(ctx: Needed<N>, config: z.output<C>): Promise<StepResult<z.input<O> & JsonObject>>
  find?(ctx: Needed<N>, config: z.output<C>): Promise<FindResult>
  plan?(ctx: Needed<N>, config: z.output<C>): Promise<StepPlan>
  restore?(ctx: Needed<N>, config: z.output<C>, output: JsonObject): Promise<void>
}

/** Ties `run` and `example` to the schemas while you write, and returns the erased type. */
export function defineStep<
  C extends z.ZodType,
  O extends z.ZodType,
  const N extends keyof StepCapabilities = never,
>(definition: StepDefinition<C, O, N>): Step {
  const { kind, config: schema, run, find, plan, restore } = definition
  const parse = (config: unknown): z.output<C> => {
    const parsed = schema.safeParse(config)
    if (parsed.success) return parsed.data
    throw new GantryError(
      'Invalid',
      `invalid ${kind} config: ${describeIssues(parsed.error, config).join('; ')}`,
    )
  }
  return {
    kind,
    summary: definition.summary,
    effect: definition.effect,
    atomic: definition.atomic ?? false,
    defaults: {
      timeoutMs: definition.timeoutMs ?? 0,
      errorThreshold: definition.errorThreshold ?? 1,
    },
    needs: definition.needs ?? [],
    config: schema,
    output: definition.output,
    example: definition.example,
    former: definition.former ?? {},
    sensitive: definition.sensitive ?? [],
    expressions: definition.expressions ?? [],
    taskOutput: definition.taskOutput ?? false,
    parse,
    run: (ctx, config) => run(ctx, parse(config)),
    ...(find && { find: (ctx: FullContext, config: unknown) => find(ctx, parse(config)) }),
    ...(plan && { plan: (ctx: FullContext, config: unknown) => plan(ctx, parse(config)) }),
    ...(restore && {
      restore: (ctx: FullContext, config: unknown, output: JsonObject) =>
        restore(ctx, parse(config), output),
    }),
  }
}

type FullContext = StepContext & StepCapabilities
