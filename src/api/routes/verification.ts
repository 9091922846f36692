import { GantryError } from '../../core/errors.ts'
import { annotations } from '../../core/kinds/labels.ts'
import type { VerificationInfo } from '../../core/kinds/freight-collection.ts'
import { type Stage, StageKind } from '../../core/kinds/stage.ts'
import { isVerificationOver } from '../../core/policy/verification-gate.ts'
import { type Answer, type Call, operation } from '../operation.ts'
import { annotate, getOrThrow, okShown, projectRef } from './objects.ts'

const item = '/v1beta1/projects/:project/stages/:stage/verification'
const access = { verb: 'patch', resource: 'stages', name: 'stage' } as const
const tag = 'verification'

export const verificationOperations = [
  operation({
    method: 'POST',
    path: item,
    summary: 'Verify the current Freight of a Stage again.',
    tag,
    access,
    answers: { status: 200, kind: 'Stage' },
    handle: reverify,
  }),
  operation({
    method: 'POST',
    path: `${item}/abort`,
    summary: 'Abort the running verification of a Stage; nothing happens when it has ended.',
    tag,
    access,
    answers: { status: 200, kind: 'Stage' },
    handle: abort,
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/projects/:project/analysis-runs/:name/logs',
    summary: 'The logs of the jobs of an AnalysisRun: not kept here.',
    tag,
    access: { verb: 'get', group: 'argoproj.io', resource: 'analysisruns', name: 'name' },
    answers: { status: 200 },
    handle: () =>
      Promise.reject(
        new GantryError(
          'NotSupported',
          'logs of analysis jobs are not served: no address of a log store can be configured',
        ),
      ),
  }),
]

async function reverify(call: Call): Promise<Answer> {
  const { id } = await currentVerification(call)
  return askFor(call, annotations.reverify, id)
}

async function abort(call: Call): Promise<Answer> {
  const { id, verification, stage } = await currentVerification(call)
  return isVerificationOver(verification)
    ? okShown(call, StageKind, stage)
    : askFor(call, annotations.abort, id)
}

/** The latest verification of what the Stage is at, or Conflict. */
async function currentVerification(
  call: Call,
): Promise<{ id: string; verification: VerificationInfo; stage: Stage }> {
  const ref = projectRef(call, 'stage')
  const stage = await getOrThrow(call, StageKind, ref)
  const current = stage.status?.freightHistory?.[0]
  if (current === undefined) {
    throw new GantryError('Conflict', `stage ${ref.name} has no Freight that could be verified`)
  }
  const verification = current.verificationHistory?.[0]
  if (verification?.id === undefined || verification.id === '') {
    throw new GantryError('Conflict', `the Freight in stage ${ref.name} was never verified`)
  }
  return { id: verification.id, verification, stage }
}

/** Asks the Stage's controller by an annotation that names the verification it is about. */
async function askFor(call: Call, annotation: string, id: string): Promise<Answer> {
  const request = JSON.stringify({ id, actor: call.actor.id })
  const ref = projectRef(call, 'stage')
  return okShown(call, StageKind, await annotate(call, StageKind, ref, { [annotation]: request }))
}
