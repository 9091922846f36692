import { useMutation } from '@tanstack/react-query'
import { call, projectPath } from '../api/client.ts'
import type { ProjectObjects, Promotion } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Dialog } from '../kit/dialog.tsx'
import { Notice } from '../kit/notice.tsx'
import { ArtifactChanges } from './artifact-changes.tsx'
import { useExplanation } from './explanation.ts'
import { Reasons } from './reasons.tsx'
import { currentFreight } from './stage-state.ts'
import { versionOf } from './version.ts'

/** That somebody wants a piece of Freight in a Stage. */
export interface PromoteRequest {
  readonly stage: string
  readonly freight: string
}

interface PromoteDialogProps {
  readonly project: string
  readonly request: PromoteRequest
  readonly objects: ProjectObjects
  readonly onClose: () => void
  readonly onStarted: (promotion: string) => void
}

/** The effect first, then one button. Whether it may be pressed is the server's word. */
export function PromoteDialog({
  project,
  request,
  objects,
  onClose,
  onStarted,
}: PromoteDialogProps) {
  const freight = objects.freight.get(request.freight)
  const stage = objects.stages.get(request.stage)
  const version = `${freight?.metadata.resourceVersion}/${stage?.metadata.resourceVersion}`
  const { data: explanation, error } = useExplanation(
    project,
    request.stage,
    request.freight,
    version,
  )
  const verdict = explanation?.freight?.find((entry) => entry.freight === request.freight)
  const start = useMutation({
    mutationFn: () =>
      call<Promotion>('POST', projectPath(project, 'stages', request.stage, 'promotions'), {
        freight: request.freight,
      }),
    onSuccess: (promotion) => onStarted(promotion.metadata.name),
  })
  if (freight === undefined || stage === undefined) return null
  const current = currentFreight(stage, objects).find(
    ({ origin }) => origin.name === freight.origin.name,
  )
  const isAllowed = verdict?.allowed ?? false
  return (
    <Dialog title={`Promote ${versionOf(freight)} to ${request.stage}`} open onClose={onClose}>
      <ArtifactChanges from={current} to={freight} />
      {verdict !== undefined && !isAllowed && (
        <div className="mt-4">
          <p className="mb-1 text-quiet">Not possible yet</p>
          <Reasons reasons={verdict.blockers} />
        </div>
      )}
      {error && (
        <div className="mt-4">
          <Notice title="Cannot say whether it may be" message={error.message} />
        </div>
      )}
      {start.error && (
        <div className="mt-4">
          <Notice title="The promotion was not started" message={start.error.message} />
        </div>
      )}
      <div className="mt-6 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          look="primary"
          disabled={!isAllowed || start.isPending}
          title={
            isAllowed
              ? undefined
              : (verdict?.blockers.map(({ message }) => message).join('; ') ?? 'being judged')
          }
          onClick={() => start.mutate()}
        >
          Promote to {request.stage}
        </Button>
      </div>
    </Dialog>
  )
}
