import type { Supported } from './policy-facts.ts'
import { instantOf } from './instant.ts'
import { currentCollection } from './origin.ts'
import type { StageView, VerificationView } from './views.ts'

const terminalPhases: ReadonlySet<string> = new Set([
  'Successful',
  'Failed',
  'Error',
  'Aborted',
  'Inconclusive',
])

/** Whether the verification has ended, in whatever way. */
export function isVerificationOver(verification: VerificationView): boolean {
  return terminalPhases.has(verification.phase ?? '')
}

/**
 * Whether the next Promotion of the Stage has to wait until what the Stage is at was verified; undefined when it need
 * not. It waits while a verification runs, and while one is sure to come: the Stage is healthy, or its health is about
 * to be looked at. A Stage that is unhealthy, or whose health cannot be told, takes the next Promotion at once: it may
 * bring the cure. So does one whose verification is not supported; the support gate answers there.
 */
export function verificationWait(
  stage: StageView,
  supports: Supported | undefined,
): { readonly since: number | undefined } | undefined {
  const collection = currentCollection(stage)
  const last = stage.status?.lastPromotion
  if (collection === undefined || last === undefined) return undefined
  const history = collection.verificationHistory ?? []
  const open = history.find((verification) => !isVerificationOver(verification))
  if (open !== undefined) return { since: instantOf(open.startTime) }
  if (history.length > 0) return undefined
  if (stage.spec.verification !== undefined && supports?.verification !== true) return undefined
  const health = stage.status?.health?.status
  if (health !== undefined && health !== 'Healthy') return undefined
  return { since: instantOf(last.finishedAt) }
}
