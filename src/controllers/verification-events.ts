import type { Freight } from '../core/kinds/freight.ts'
import type { VerificationInfo } from '../core/kinds/freight-collection.ts'
import type { ReconcileContext } from '../runtime/controller.ts'
import { freightAnnotations } from '../runtime/events.ts'

type Tell = Pick<ReconcileContext, 'emit' | 'ref'>

const reasons: Readonly<Partial<Record<NonNullable<VerificationInfo['phase']>, string>>> = {
  Successful: 'FreightVerificationSucceeded',
  Failed: 'FreightVerificationFailed',
  Error: 'FreightVerificationErrored',
  Inconclusive: 'FreightVerificationInconclusive',
  Aborted: 'FreightVerificationAborted',
}

/** Tells that a verification has ended, once for each Freight. Says nothing of one that goes on. */
export function emitVerified(
  { emit, ref }: Tell,
  freight: readonly Freight[],
  verification: VerificationInfo,
  promotion: string | undefined,
): void {
  const reason = reasons[verification.phase ?? 'Pending']
  if (reason === undefined) return
  const { phase, message = '' } = verification
  for (const object of freight)
    emit({
      object,
      reason,
      message: message === '' ? `verification in stage ${ref.name} ended ${phase}` : message,
      actor: verification.actor,
      annotations: {
        ...freightAnnotations(object),
        'stage-name': ref.name,
        'promotion-name': promotion,
        'verification-start-time': verification.startTime,
        'verification-finish-time': verification.finishTime,
        'analysis-run-name': verification.analysisRun?.name,
      },
    })
}
