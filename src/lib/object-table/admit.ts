import type { Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { type NewStoredRecord, toStored } from '../journal/record.ts'
import type {
  Admission,
  AdmissionOutcome,
  AdmissionRequest,
  StoreReader,
  WriteOptions,
} from '../../store.ts'

/** Lets everything in as it is. */
export const openAdmission: Admission = {
  admit: async ({ object }) => ({ object }),
}

/** Runs admission for one write and passes its warnings on. */
export async function admit(
  admission: Admission,
  request: Omit<AdmissionRequest, 'actor' | 'dryRun' | 'strict'>,
  reader: StoreReader,
  options: WriteOptions,
): Promise<AdmissionOutcome> {
  const { actor, dryRun = false, strict = false, warn } = options
  const outcome = await admission.admit({ ...request, actor, dryRun, strict }, reader)
  if (typeof outcome.object !== 'object' || outcome.object === null)
    throw new GantryError('Internal', `admission of a ${request.kind.kind} gave no object`)
  for (const warning of outcome.warnings ?? []) warn?.(warning)
  return outcome
}

/** Admission's facts, as the journal takes them. */
export function timed(outcome: AdmissionOutcome, clock: Clock): readonly NewStoredRecord[] {
  const time = Math.floor(clock.now())
  return (outcome.records ?? []).map((record) => toStored({ ...record, time }))
}
