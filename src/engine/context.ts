import { GantryError, hasCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { JsonObject } from '../core/json.ts'
import type { Step, StepCapabilities, StepContext } from '../step.ts'
import { contextOf, idempotencyKeyOf, note, previousOutput, stepAt } from './session.ts'
import type { Session } from './session.ts'
import { newStep } from './step-record.ts'
import type { Guarded } from './step-record.ts'

export interface Attempt {
  /** Set when the attempt is over: what the step still does then counts for nothing. */
  over: boolean
  /** The fence said no, whatever the step made of that. */
  refused: boolean
  /** The fence said yes at least once, so something may have been done. */
  acted: boolean
  /** Why the gate said no to an act in the middle of the step. */
  forbidden?: string | undefined
}

export interface ContextOptions {
  readonly signal: AbortSignal
  /** Absent in replay, where nothing may be recorded and nothing remote may be done. */
  readonly attempt?: Attempt | undefined
  /** Asked before each act of a step that was not judged as a whole: why it may not act, or undefined. */
  readonly judge?: (() => Promise<string | undefined>) | undefined
  /** Nothing outside the workspace may change. */
  readonly planning?: boolean | undefined
}

/** What a step gets to work with: the context and the capabilities that it declared, and no others. */
export function stepContext(
  session: Session,
  index: number,
  kind: Step,
  { signal, attempt, judge, planning = false }: ContextOptions,
): StepContext & StepCapabilities {
  const { parts, promotion, fence, log, hidden, workspace } = session
  const step = stepAt(session, index)
  if (workspace === undefined) throw new GantryError('Internal', 'there is no workspace yet')
  const record = session.records[index] ?? newStep
  const key = contextOf(promotion, step.alias, 'handle')
  const context: StepContext = {
    project: promotion.project,
    stage: promotion.stage,
    promotion: { name: promotion.name, uid: promotion.uid, actor: promotion.actor },
    alias: step.alias,
    images: promotion.references.flatMap(({ origin, images = [] }) =>
      images.map(({ repoURL = '', tag, digest }) => ({
        repoURL,
        tag,
        digest,
        origin: origin.name,
      })),
    ),
    previous: attempt === undefined ? undefined : previousOutput(session, step.alias),
    pinnedAt: record.startedAt ?? parts.clock.now(),
    idempotencyKey: idempotencyKeyOf(promotion, index, step.alias),
    replay: attempt === undefined,
    planning,
    get handle() {
      return revealHandle(session, session.records[index]?.handle, key)
    },
    async save(handle: JsonObject) {
      if (attempt === undefined) return
      assertLive(attempt)
      const kept = parts.vault.guard(handle, hidden.redactData(handle), key)
      const before = session.records[index] ?? newStep
      note(session, index, { ...before, handle: kept })
      try {
        await fence.record()
      } catch (thrown) {
        // What does not fit must not keep the next write from fitting.
        if (hasCode(thrown, 'TooLarge')) note(session, index, before)
        throw thrown
      }
    },
    say(line: string) {
      if (attempt?.over === false) log.say(step.alias, record.attempts, hidden.redact(line))
    },
    async fence() {
      if (attempt === undefined)
        throw new GantryError('Internal', `step "${step.alias}" must not act in a replay`)
      assertLive(attempt)
      const why = await judge?.()
      if (why !== undefined) {
        attempt.forbidden = why
        throw new GantryError('Forbidden', `may no longer be promoted: ${why}`)
      }
      try {
        await fence.renew()
      } catch (thrown) {
        if (hasCode(thrown, 'Conflict')) attempt.refused = true
        throw thrown
      }
      assertLive(attempt)
      attempt.acted = true
    },
    workspace: workspace.owned.workspace,
    clock: parts.clock,
    log: parts.log.with({ promotion: promotion.name, step: step.alias }),
    signal,
  }
  return withNeeds(context, kind, parts.capabilities)
}

function assertLive(attempt: Attempt): void {
  if (attempt.over) throw new GantryError('Canceled', 'this attempt of the step is over')
}

function revealHandle(
  session: Session,
  handle: Guarded | undefined,
  key: string,
): JsonObject | undefined {
  if (handle === undefined) return undefined
  const value = session.parts.vault.reveal(handle, key)
  return isJsonObject(value) ? value : undefined
}

function withNeeds(
  context: StepContext,
  kind: Step,
  capabilities: StepCapabilities,
): StepContext & StepCapabilities {
  const handed = Object.fromEntries(kind.needs.map((need) => [need, capabilities[need]]))
  // A step sees only the capabilities that it declared; `defineStep` holds its type to the same list.
  return Object.assign(context, handed) as StepContext as StepContext & StepCapabilities
}
