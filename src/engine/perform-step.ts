import { asGantryError, GantryError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Step, StepResult } from '../step.ts'
import type { Attempt } from './context.ts'
import { stepContext } from './context.ts'
import type { Session } from './session.ts'
import { stepAt } from './session.ts'
import { isTransient } from './step-config.ts'
import type { StepRecord } from './step-record.ts'

/** What can end a run from outside, and what is asked before a remote step acts. */
export interface RunControl {
  /** The process is to end: stop, and leave everything for whoever comes next. */
  readonly shutdown: AbortSignal
  /** The Promotion is to end; the reason is an Error whose message says who wants it. */
  readonly abort: AbortSignal
  /** Look at the step at work now, also when its time has not come. */
  readonly hurry?: boolean | undefined
  /** Judged on live reads before each remote step: undefined, or why the Promotion may no longer act. */
  readonly mayAct?: ((signal: AbortSignal) => Promise<string | undefined>) | undefined
}

/** How a step gets done; a plan replaces it. */
export type Perform = (act: Act, signal: AbortSignal) => Promise<StepResult>

export interface Act {
  readonly session: Session
  readonly index: number
  readonly kind: Step
  readonly config: Json
  readonly before: StepRecord
  readonly cutOff: boolean
  readonly attempt: Attempt
  readonly control: RunControl
}

export function notAllowed(why: string): StepResult {
  return { status: 'Errored', message: `may no longer be promoted: ${why}`, terminal: true }
}

/** Does the step; of a remote one whose earlier attempt may have had its effect, first asks whether it is there. */
export async function performStep(act: Act, signal: AbortSignal): Promise<StepResult> {
  const { session, index, kind, config, before, cutOff, attempt, control } = act
  // A remote step is judged as a whole; any other that acts on the way, right before it does.
  const judge = kind.effect === 'remote' ? undefined : () => judgeLater(control, signal)
  const context = stepContext(session, index, kind, { signal, attempt, judge })
  if (kind.effect === 'remote') {
    const { alias } = stepAt(session, index)
    if (cutOff || before.errorCount > 0) {
      const found = await lookForEffect(act, context)
      if (found !== undefined) {
        session.log.say(alias, before.attempts, 'its effect was there already: adopted', 'engine')
        return found
      }
    }
    // A new attempt was judged before its intent was recorded; this one has an intent already.
    const why = cutOff ? await judgeLater(control, signal) : undefined
    if (why !== undefined) return notAllowed(why)
  }
  return kind.run(context, config)
}

async function judgeLater(control: RunControl, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await control.mayAct?.(signal)
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (!isTransient(error) || signal.aborted) throw thrown
    throw new LookLater(`cannot tell yet whether it may go on: ${error.message}`)
  }
}

/** The result of an earlier attempt, when its effect is there; undefined when the step is to be run. */
async function lookForEffect(
  { kind, config, cutOff }: Act,
  context: ReturnType<typeof stepContext>,
): Promise<StepResult | undefined> {
  const unknown = (message: string): GantryError =>
    new GantryError('OutcomeUnknown', `outcome unknown: ${message}; look there, then promote again`)
  if (kind.find === undefined) {
    if (!cutOff) return undefined
    throw unknown(`it was cut off while "${kind.kind}" was at work, which cannot be looked up`)
  }
  try {
    const found = await kind.find(context, config)
    if (found.state === 'found') return found.result
    // An attempt that failed by its own account may be repeated: that is what its threshold asks for.
    if (found.state === 'unknown' && cutOff) throw unknown(found.message)
    return undefined
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (!cutOff || !error.retry || context.signal.aborted) throw thrown
    throw new LookLater(`cannot tell yet whether an earlier attempt took effect: ${error.message}`)
  }
}

/** Whether the effect is there cannot be told now, but may be later: the attempt stays open. */
export class LookLater extends GantryError {
  constructor(message: string) {
    super('Unavailable', message)
  }
}
