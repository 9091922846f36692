import { asGantryError, hasCode } from '../core/errors.ts'
import { toTimestamp } from '../core/clock.ts'
import type { PromotionStatus } from '../core/kinds/promotion.ts'
import type { FinalPhase, LoopRecord } from '../core/policy/next-step.ts'
import type { OwnedWorkspace } from '../lib/workspace.ts'
import { decide } from './decide.ts'
import { createFences } from './fence.ts'
import type { Fence, FenceOptions } from './fence.ts'
import type { PromotionInput, PromotionRecords, RunResult } from './promotion.ts'
import { restDelayMs, runStep } from './run-step.ts'
import type { RunControl } from './perform-step.ts'
import { note, openSession, safeMessage, stepAt } from './session.ts'
import type { EngineParts, Session } from './session.ts'
import { createStepLog } from './step-log.ts'
import { newStep, writeSteps } from './step-record.ts'

/** Runs Promotions: one step after the other, recording what it is about to do and what came of it. */
export interface Engine {
  /**
   * Goes on with a Promotion from whatever its record says, until it ends, waits, is cut off, or turns out to be
   * another's. Failures of steps are results, not errors; it rejects only when the record cannot be written.
   * `begin` completes the status when the Promotion has not started yet.
   */
  run(
    promotion: PromotionInput,
    records: PromotionRecords,
    control: RunControl,
    begin?: (status: PromotionStatus) => void,
  ): Promise<RunResult>
  /**
   * The Promotion has ended, is gone or another's: removes its workspace and what is remembered of it. Never rejects: a
   * folder that cannot be removed is left for the next start.
   */
  forget(uid: string): Promise<void>
}

export interface EngineOptions extends EngineParts, FenceOptions {}

interface Kept {
  readonly epoch: number
  readonly owned: OwnedWorkspace
}

const defaultLeaseMs = 30_000

export function createEngine(options: EngineOptions): Engine {
  const { clock, journal, redactor, log, workspaces } = options
  const leaseMs = options.leaseMs ?? defaultLeaseMs
  const fences = createFences({ ...options, leaseMs })
  /** Workspaces that this process built and in which nothing went wrong, by uid. */
  const kept = new Map<string, Kept>()
  /** How often in a row the outside was to blame that a Promotion could not go on. */
  const rests = new Map<string, number>()

  const forget = async (uid: string): Promise<void> => {
    kept.delete(uid)
    rests.delete(uid)
    fences.forget(uid)
    await workspaces.remove(uid).catch((thrown: unknown) => {
      const error = asGantryError(thrown).message
      log.warn('the folder of a promotion is left until the next start', { uid, error })
    })
  }

  return {
    forget,
    async run(promotion, records, control, begin) {
      const { uid } = promotion
      const taken = await fences.take(uid, records, (draft) => {
        if (draft.phase === undefined || draft.phase === 'Pending') begin?.(draft)
        beginStatus(draft, clock.now())
      })
      if ('ended' in taken) return endedResult(taken.ended)
      if ('refused' in taken)
        return {
          state: 'elsewhere',
          message: taken.refused,
          since: clock.now(),
          until: taken.retryAt,
        }
      const { fence } = taken
      const stepLog = createStepLog({
        journal,
        subject: `Promotion/${promotion.project}/${promotion.name}`,
        clock,
        redactor,
        log,
      })
      const session = openSession(options, promotion, fence, stepLog)
      const mine = kept.get(uid)
      kept.delete(uid)
      if (mine !== undefined && mine.epoch === fence.previousEpoch)
        session.workspace = { owned: mine.owned, dirty: false }
      if (control.hurry === true) hurry(session)
      const stopBeating = keepAlive(fence, leaseMs, options)
      try {
        const result = await driveWithinBounds(session, control, rests)
        if (session.workspace?.dirty === false && result.state === 'waiting')
          kept.set(uid, { epoch: fence.epoch, owned: session.workspace.owned })
        return result
      } catch (thrown) {
        if (fence.lost.aborted && hasCode(thrown, 'Conflict'))
          return { state: 'elsewhere', message: asGantryError(thrown).message, until: undefined }
        throw thrown
      } finally {
        stopBeating()
        await stepLog.flush()
      }
    },
  }
}

/**
 * Ends a Promotion that has become too large to be recorded, and so could neither go on nor fail, as a failure of the step
 * that it is at.
 */
async function driveWithinBounds(
  session: Session,
  control: RunControl,
  rests: Map<string, number>,
): Promise<RunResult> {
  try {
    return await drive(session, control, rests)
  } catch (thrown) {
    if (!hasCode(thrown, 'TooLarge')) throw thrown
    const { records, parts } = session
    const index = Math.max(0, records.length - 1)
    const message = `what happened in step "${stepAt(session, index).alias}" does not fit into the record: ${thrown.message}`
    const { open: _open, wakeAt: _wakeAt, ...rest } = records[index] ?? newStep
    const finishedAt = parts.clock.now()
    records[index] = { ...rest, status: 'Errored', finishedAt, message }
    try {
      return await finish(session, 'Errored', message)
    } catch (again) {
      if (!hasCode(again, 'TooLarge')) throw again
      session.fence.draft.state = {}
      return finish(session, 'Errored', message)
    }
  }
}

/** The loop: asks what is next, does it, until nothing is to be done now. */
async function drive(
  session: Session,
  control: RunControl,
  rests: Map<string, number>,
): Promise<RunResult> {
  const { parts, fence, promotion } = session
  for (;;) {
    if (fence.lost.aborted) throw fence.lost.reason
    if (control.abort.aborted) return abort(session, control.abort.reason)
    if (control.shutdown.aborted) {
      await fence.release()
      return { state: 'stopped' }
    }
    const next = await decide(session, control)
    if (next.do === 'finish') return finish(session, next.phase, next.message)
    if (next.do === 'settle') {
      note(session, next.index, { ...(session.records[next.index] ?? newStep), ...next.record })
      sayStatus(session, next.index, next.record)
      continue
    }
    if (next.do === 'wait') {
      const { message } = session.records[next.index] ?? newStep
      const { alias } = stepAt(session, next.index)
      return wait(session, next.until, message ?? `step "${alias}" is not done yet`)
    }
    const end =
      next.do === 'rest'
        ? { end: 'rest' as const, message: next.message, retryAfterMs: undefined }
        : await runStep(session, next.index, next.cutOff, control)
    if (end.end !== 'rest') {
      if (end.end === 'recorded') rests.delete(promotion.uid)
      continue
    }
    const count = (rests.get(promotion.uid) ?? 0) + 1
    rests.set(promotion.uid, count)
    const until = parts.clock.now() + (end.retryAfterMs ?? restDelayMs(count))
    return wait(session, until, `${end.message}; will be tried again`)
  }
}

async function wait(session: Session, until: number, message: string): Promise<RunResult> {
  const { fence, parts } = session
  const since = parts.clock.now()
  const shown = safeMessage(session, message)
  fence.draft.message = shown
  await fence.release()
  return { state: 'waiting', since, until, message: shown }
}

async function finish(
  session: Session,
  phase: FinalPhase,
  message: string | undefined,
): Promise<RunResult> {
  const { fence, parts, steps, records } = session
  const { draft } = fence
  draft.phase = phase
  draft.message = message
  draft.finishedAt = toTimestamp(parts.clock.now())
  if (phase !== 'Aborted') draft.currentStep = Math.max(0, steps.length - 1)
  if (phase !== 'Succeeded') draft.healthChecks = undefined
  // Nobody goes on from here: what only a resume needs, secrets above all, is not kept longer.
  for (const [index, record] of records.entries())
    if (record !== undefined) {
      const { config: _config, handle: _handle, sealedOutput: _sealed, ...rest } = record
      records[index] = rest
    }
  writeSteps(draft, steps, records)
  delete draft.gantry?.['watches']
  await session.log.flush()
  await fence.release()
  return { state: 'ended', phase, message }
}

/** Ends the Promotion where it stands; effects that happened are not undone. */
async function abort(session: Session, reason: unknown): Promise<RunResult> {
  const { parts, records } = session
  const message = asGantryError(reason).message
  const index = records.findLastIndex((record) => record?.status === 'Running')
  const record = records[index]
  if (record !== undefined) {
    const { open: _open, wakeAt: _wakeAt, ...rest } = record
    const finishedAt = parts.clock.now()
    note(session, index, { ...rest, status: 'Aborted', finishedAt, message })
    sayStatus(session, index, { ...rest, status: 'Aborted', message })
  }
  return finish(session, 'Aborted', message)
}

function sayStatus(session: Session, index: number, record: LoopRecord): void {
  const { alias } = stepAt(session, index)
  const attempts = session.records[index]?.attempts ?? 0
  const why = record.message === undefined ? '' : `: ${record.message}`
  session.log.say(alias, attempts, `${record.status ?? ''}${why}`, 'engine')
}

/** Running and started, whatever it was before. A record without our part begins anew, and keeps its outputs. */
function beginStatus(draft: PromotionStatus, now: number): void {
  draft.phase = 'Running'
  draft.startedAt ??= toTimestamp(now)
  if (draft.gantry?.['steps'] === undefined) {
    draft.stepExecutionMetadata = []
    draft.currentStep = 0
    draft.healthChecks = undefined
    draft.gantry = { ...draft.gantry, steps: [] }
  }
}

function endedResult({ phase, message }: PromotionStatus): RunResult {
  const ended =
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Aborted' ? phase : 'Errored'
  return { state: 'ended', phase: ended, message }
}

/** Whatever a step waits for, it is looked at now. */
function hurry({ records }: Session): void {
  for (const [index, record] of records.entries())
    if (record?.wakeAt !== undefined) {
      const { wakeAt: _wakeAt, ...rest } = record
      records[index] = rest
    }
}

/** Renews the lease while a run lasts, so that a long step does not lose it. */
function keepAlive(fence: Fence, leaseMs: number, { clock, log }: EngineOptions): () => void {
  let cancel = (): void => undefined
  let stopped = false
  const beat = (): void => {
    cancel = clock.after(leaseMs / 3, () => {
      fence.record().then(
        () => {
          if (!stopped) beat()
        },
        (error: unknown) => {
          if (stopped) return
          log.warn('could not renew the fence of a promotion', { error: String(error) })
          if (!fence.lost.aborted) beat()
        },
      )
    })
  }
  beat()
  return () => {
    stopped = true
    cancel()
  }
}
