import { createHash, randomUUID } from 'node:crypto'
import { canonicalJson } from '../core/canonical-json.ts'
import { GantryError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { FinalPhase, StepStatus } from '../core/policy/next-step.ts'
import { stepContext } from './context.ts'
import { decide } from './decide.ts'
import type { Fence } from './fence.ts'
import type { PromotionInput } from './promotion.ts'
import type { Act, RunControl } from './perform-step.ts'
import { runStep } from './run-step.ts'
import { note, openSession, safeText } from './session.ts'
import type { EngineParts } from './session.ts'
import type { StepLog } from './step-log.ts'
import { definedOnly, newStep } from './step-record.ts'
import type { StepPlan, StepResult } from '../step.ts'

/** What a Promotion would do, found out by doing everything but what changes the world outside. */
export interface PromotionPlan {
  /** How it would end; Running when a step would wait for something. */
  readonly phase: FinalPhase | 'Running'
  readonly message?: string | undefined
  readonly steps: readonly PlannedStep[]
  /** SHA-256 of all that would be done: the same plan, the same hash. */
  readonly hash: string
}

export interface PlannedStep {
  readonly alias: string
  readonly uses: string
  readonly effect?: 'pure' | 'workspace' | 'remote' | undefined
  readonly status: StepStatus
  readonly message?: string | undefined
  /** Evaluated; secrets masked. */
  readonly config?: Json | undefined
  /** Remote steps: what would be done, in one line. */
  readonly summary?: string | undefined
  /** Remote steps: a unified diff of it, cut when it is huge. */
  readonly diff?: string | undefined
}

const maxDiffChars = 1024 * 1024

/**
 * Plans a Promotion in a workspace of its own. Pure and workspace steps run, remote ones are asked for their plan; one
 * that has none is named and nothing more. Nothing is recorded. Time stands still at `pinnedAt` (epoch milliseconds),
 * so that planning the same twice gives the same commits, and the same hash.
 */
export async function planPromotion(
  parts: EngineParts,
  promotion: PromotionInput,
  options: { readonly signal: AbortSignal; readonly pinnedAt: number },
): Promise<PromotionPlan> {
  const { signal, pinnedAt } = options
  const uid = `plan-${randomUUID()}`
  const clock = { ...parts.clock, now: () => pinnedAt }
  const still: EngineParts = { ...parts, clock }
  const session = openSession(still, { ...promotion, uid }, unfenced(), silentLog)
  const control: RunControl = { shutdown: signal, abort: new AbortController().signal }
  const plans = new Map<number, StepPlan>()
  const perform = async (act: Act, stop: AbortSignal): Promise<StepResult> => {
    const { index, kind, config, attempt } = act
    const context = stepContext(session, index, kind, { signal: stop, attempt, planning: true })
    if (kind.effect !== 'remote') return kind.run(context, config)
    const plan = (await kind.plan?.(context, config)) ?? { summary: `runs ${kind.kind}` }
    plans.set(index, plan)
    return { status: 'Succeeded', output: plan.output }
  }

  try {
    for (;;) {
      if (signal.aborted) throw new GantryError('Canceled', 'planning was canceled')
      const next = await decide(session, control)
      if (next.do === 'rest') throw new GantryError('Unavailable', next.message)
      if (next.do === 'settle')
        note(session, next.index, { ...(session.records[next.index] ?? newStep), ...next.record })
      else if (next.do === 'run') {
        const end = await runStep(session, next.index, false, control, perform)
        if (end.end === 'rest') throw new GantryError('Unavailable', end.message)
      } else {
        const waits = next.do === 'wait'
        const message = waits ? session.records[next.index]?.message : next.message
        return report(waits ? 'Running' : next.phase, message)
      }
    }
  } finally {
    await parts.workspaces.remove(uid)
  }

  function report(phase: PromotionPlan['phase'], message: string | undefined): PromotionPlan {
    const steps = session.records.map((record, index): PlannedStep => {
      const step = session.steps[index]
      const plan = plans.get(index)
      return definedOnly({
        alias: step?.alias ?? '',
        uses: step?.uses ?? '',
        effect: record?.effect,
        status: record?.status ?? 'Skipped',
        message: record?.message,
        config: record?.config?.shown,
        summary: plan === undefined ? undefined : safeText(session, plan.summary),
        diff:
          plan?.diff === undefined
            ? undefined
            : safeText(session, plan.diff).slice(0, maxDiffChars),
      })
    })
    const facts = canonicalJson({ phase, message: message ?? null, steps })
    const hash = createHash('sha256').update(facts).digest('hex')
    return definedOnly({ phase, message, steps, hash })
  }
}

/** Nothing is recorded, and nothing may be done. */
function unfenced(): Fence {
  const refused = (): Promise<never> =>
    Promise.reject(new GantryError('Internal', 'a plan does nothing outside its workspace'))
  return {
    draft: {},
    epoch: 0,
    previousEpoch: 0,
    lost: new AbortController().signal,
    record: () => Promise.resolve(),
    renew: refused,
    release: () => Promise.resolve(),
  }
}

const silentLog: StepLog = { say: () => undefined, flush: () => Promise.resolve() }
