import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { PromotionStep } from '../core/kinds/promotion-step.ts'
import type { ExpressionVariable } from '../core/kinds/shared.ts'
import type { Logger } from '../core/log.ts'
import { parseDuration } from '../core/duration.ts'
import type { KindLookup, LoopStep } from '../core/policy/next-step.ts'
import { createRedactor, type Redactor } from '../core/redact.ts'
import type { Journal } from '../journal.ts'
import type { OwnedWorkspace, Workspaces } from '../lib/workspace.ts'
import type { Step, StepCapabilities } from '../step.ts'
import type { Evaluator } from './evaluator.ts'
import type { Fence } from './fence.ts'
import type { PromotionInput } from './promotion.ts'
import type { StepLog } from './step-log.ts'
import { readSteps, writeSteps } from './step-record.ts'
import type { StepRecord } from './step-record.ts'
import { hiddenStrings, maskAll, stringsIn } from './vault.ts'
import type { Vault } from './vault.ts'

/** What the engine is made of; `serve.ts` hands over the real parts. */
export interface EngineParts {
  readonly clock: Clock
  readonly log: Logger
  readonly journal: Pick<Journal, 'append'>
  readonly redactor: Redactor
  readonly vault: Vault
  readonly evaluator: Evaluator
  /** The step kinds that are there, by kind. */
  readonly kinds: ReadonlyMap<string, Step>
  readonly capabilities: StepCapabilities
  readonly workspaces: Workspaces
  /** How long a step may take to end once its signal aborted; default 10 s. */
  readonly stepGraceMs?: number | undefined
}

/** A step as the engine runs it. */
export interface EngineStep extends LoopStep {
  readonly vars: readonly ExpressionVariable[]
  readonly config: Json | undefined
}

/** One run over one Promotion by the holder of its fence. */
export interface Session {
  readonly parts: EngineParts
  readonly promotion: PromotionInput
  readonly fence: Fence
  readonly steps: readonly EngineStep[]
  readonly records: (StepRecord | undefined)[]
  /** The outputs as they really are. */
  readonly outputs: Record<string, Json>
  readonly log: StepLog
  /** What configs were computed to from secrets: it is masked in whatever this Promotion says and puts out. */
  readonly hidden: Redactor
  /** Absent until a step needs it. `dirty`: an attempt was cut off or failed in it. */
  workspace: { readonly owned: OwnedWorkspace; dirty: boolean } | undefined
}

/** Larger outputs do not belong in an object. */
const maxOutputBytes = 256 * 1024
/** Of all steps together: a Promotion that cannot be recorded could not even fail, and its Stage holds a copy. */
const maxOutputsBytes = 512 * 1024
const maxMessageChars = 4096

export function openSession(
  parts: EngineParts,
  promotion: PromotionInput,
  fence: Fence,
  log: StepLog,
): Session {
  const steps = promotion.steps.map(engineStep)
  const records = readSteps(fence.draft)
  const outputs: Record<string, Json> = Object.assign(Object.create(null), {
    ...fence.draft.state,
  })
  for (const [index, { alias, uses }] of steps.entries()) {
    const sealed = records[index]?.sealedOutput
    const shown = outputs[alias]
    if (shown === undefined) continue
    if (sealed !== undefined)
      outputs[alias] = parts.vault.reveal({ shown, sealed }, contextOf(promotion, alias, 'output'))
    publishToTask(parts, outputs, uses, alias)
  }
  const hidden = createRedactor()
  for (const [index, { alias }] of steps.entries()) {
    const config = records[index]?.config
    if (config?.sealed === undefined) continue
    const value = parts.vault.reveal(config, contextOf(promotion, alias, 'config'))
    const made = { shown: [], sealed: config.made }
    const known = parts.vault.reveal(made, contextOf(promotion, alias, 'made'))
    hide(hidden, value, config.shown, stringsIn(known))
  }
  return { parts, promotion, fence, steps, records, outputs, log, hidden, workspace: undefined }
}

/** Masks from now on what of a config is not shown, and the parts of it that were made from secrets. */
export function hide(hidden: Redactor, value: Json, shown: Json, made: readonly string[]): void {
  for (const text of made) hidden.add(text)
  for (const text of hiddenStrings(value, shown)) {
    // An address with a secret in its query is none itself: the rest of it may be told.
    const isKnown = /^https?:/i.test(text) && hidden.redact(text) !== text
    if (!isKnown) hidden.add(text)
  }
}

/** The text without secrets, and without what was made from them. */
export function safeText({ parts, hidden }: Session, text: string): string {
  return parts.redactor.redact(hidden.redact(text))
}

/** The same, cut when it is a whole log: it stands in the object, in what is derived from it and in the journal. */
export function safeMessage(session: Session, text: string): string {
  const safe = safeText(session, text)
  return safe.length <= maxMessageChars
    ? safe
    : `${safe.slice(0, maxMessageChars - 3).toWellFormed()}...`
}

/** The value without secrets, and without what was made from them. */
export function safeData({ parts, hidden }: Session, value: Json): Json {
  return parts.redactor.redactData(hidden.redactData(value))
}

function engineStep(step: PromotionStep, index: number): EngineStep {
  const timeout = step.retry?.timeout
  return {
    alias: step.as ?? `step-${index + 1}`,
    uses: step.uses ?? '',
    if: step.if,
    continueOnError: step.continueOnError,
    timeoutMs: timeout === undefined ? undefined : (parseDuration(timeout) ?? 0),
    errorThreshold: step.retry?.errorThreshold,
    vars: step.vars ?? [],
    config: step.config,
  }
}

/** The n-th step; asking for one that is not there is a mistake of ours. */
export function stepAt(session: Session, index: number): EngineStep {
  const step = session.steps[index]
  if (step === undefined) throw new GantryError('Internal', `there is no step ${index}`)
  return step
}

/** What the loop must know of a step kind. */
export function kindLookup({ parts }: Session): KindLookup {
  return (uses) => parts.kinds.get(uses)?.defaults
}

/** Puts a step's record into the draft; `fence.record()` makes it last. */
export function note(session: Session, index: number, record: StepRecord): void {
  const { records, fence, steps } = session
  for (let at = records.length; at < index; at++) records[at] = undefined
  records[index] = record
  fence.draft.currentStep = index
  writeSteps(fence.draft, steps, records)
}

/** Takes a step's output into the draft. Returns what is to be kept of it beside, sealed. */
export function takeOutput(
  session: Session,
  index: number,
  output: unknown,
  isSecret: boolean,
): string | undefined {
  const { parts, promotion, fence, outputs, hidden } = session
  const { alias, uses } = stepAt(session, index)
  const value = asJson(output)
  const bytes = Buffer.byteLength(JSON.stringify({ ...outputs, [alias]: value }))
  if (bytes > maxOutputsBytes)
    throw tooLarge('the outputs of all steps together are', maxOutputsBytes)
  const shown = hidden.redactData(isSecret ? maskAll(value) : value)
  const guarded = parts.vault.guard(value, shown, contextOf(promotion, alias, 'output'))
  outputs[alias] = value
  publishToTask(parts, outputs, uses, alias)
  const state = { ...fence.draft.state, [alias]: guarded.shown }
  publishToTask(parts, state, uses, alias)
  fence.draft.state = state
  return guarded.sealed
}

/** A step in a task may publish its output's keys as the task's. */
function publishToTask(
  parts: EngineParts,
  outputs: Record<string, Json | undefined>,
  uses: string,
  alias: string,
): void {
  const end = alias.lastIndexOf('::')
  if (end < 0 || parts.kinds.get(uses)?.taskOutput !== true) return
  const output = outputs[alias]
  if (!isJsonObject(output)) return
  const task = alias.slice(0, end)
  const before = outputs[task]
  outputs[task] = { ...(isJsonObject(before) ? before : {}), ...output }
}

/** What binds a sealed value to its place. */
export function contextOf(promotion: PromotionInput, alias: string, what: string): string {
  return `promotion/${promotion.uid}/${alias}/${what}`
}

/** The same in every retry and after every restart, and different for every step of every Promotion. */
export function idempotencyKeyOf(promotion: PromotionInput, index: number, alias: string): string {
  return createHash('sha256')
    .update(`${promotion.uid}\n${index}\n${alias}`)
    .digest('hex')
    .slice(0, 32)
}

/** As JSON carries it; integers of any kind become numbers. Throws TooLarge. */
export function asJson(output: unknown): Json {
  if (output === undefined) return null
  const text = JSON.stringify(output, (_, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  )
  if (text === undefined) return null
  if (Buffer.byteLength(text) > maxOutputBytes)
    throw tooLarge("the step's output is", maxOutputBytes)
  return JSON.parse(text) as Json
}

/** The output a step with this alias left, as an object; undefined when it left none. */
export function previousOutput(session: Session, alias: string): JsonObject | undefined {
  const output = session.outputs[alias]
  return isJsonObject(output) ? structuredClone(output) : undefined
}

function tooLarge(what: string, bytes: number): GantryError {
  return new GantryError(
    'TooLarge',
    `${what} larger than ${bytes / 1024} KiB; write to a file of the workspace instead`,
  )
}
