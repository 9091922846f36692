import { asGantryError } from '../core/errors.ts'
import { judged, nextStep } from '../core/policy/next-step.ts'
import type { Next } from '../core/policy/next-step.ts'
import type { RunControl } from './perform-step.ts'
import { isTransient, scopeOf } from './step-config.ts'
import { kindLookup, safeMessage } from './session.ts'
import type { Session } from './session.ts'

export type Decision =
  | Exclude<Next, { do: 'judge' }>
  | { readonly do: 'rest'; readonly message: string }

/** What is next, with the condition of the step evaluated where there is one. */
export async function decide(session: Session, control: RunControl): Promise<Decision> {
  const { parts, steps, records } = session
  const kinds = kindLookup(session)
  const next = nextStep(steps, records, kinds, parts.clock.now())
  if (next.do !== 'judge') return next
  const { index } = next
  const judge = (condition: { value: unknown } | { error: string }): Decision => {
    const after = judged(steps, records, kinds, index, condition)
    // A condition is judged once: what follows is never to judge again.
    return after.do === 'judge' ? { do: 'wait', index, until: parts.clock.now() } : after
  }
  try {
    const { value } = await parts.evaluator.condition(scopeOf(session, index, control.shutdown))
    return judge({ value })
  } catch (thrown) {
    const error = asGantryError(thrown)
    if (isTransient(error)) return { do: 'rest', message: error.message }
    return judge({ error: safeMessage(session, error.message) })
  }
}
