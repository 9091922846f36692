import { useMutation } from '@tanstack/react-query'
import { annotations } from '../../src/core/kinds/labels.ts'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { call, projectPath } from '../api/client.ts'
import type { ProjectObjects, Promotion } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark, toneOf } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { useNow } from '../kit/now.ts'
import { Ago, formatSpan } from '../kit/time.tsx'
import { Panel, Section } from './panel.tsx'
import type { ProjectSearch } from './project-search.ts'
import { StepLog } from './step-log.tsx'
import { shorten, versionOf } from './version.ts'

interface PromotionPanelProps {
  readonly project: string
  readonly name: string
  readonly objects: ProjectObjects
  readonly onOpen: (search: ProjectSearch) => void
  readonly onClose: () => void
}

/** A promotion as a story: each step with its time, what it put out, and what went wrong. */
export function PromotionPanel({ project, name, objects, onOpen, onClose }: PromotionPanelProps) {
  const promotion = objects.promotions.get(name)
  const abort = useMutation({
    mutationFn: () => call('POST', projectPath(project, 'promotions', name, 'abort')),
  })
  if (promotion === undefined) {
    return (
      <Panel kind="Promotion" title={name} onClose={onClose}>
        <p>Waiting for the server to show this promotion; it may also have been deleted.</p>
      </Panel>
    )
  }
  const { status, spec } = promotion
  return (
    <Panel
      kind="Promotion"
      title={`${versionOf(objects.freight.get(spec.freight ?? ''))} to ${spec.stage}`}
      onClose={onClose}
    >
      <p className="flex items-center gap-3">
        <span data-testid="phase">
          <Mark tone={toneOf(status?.phase)}>{status?.phase ?? 'Pending'}</Mark>
        </span>
        <span className="text-quiet">
          <Ago at={promotion.metadata.creationTimestamp} />
          {actorOf(promotion)}
        </span>
      </p>
      {status?.message && !isSaidByStep(promotion) && (
        <p className="break-words">{status.message}</p>
      )}
      {!isTerminal(promotion) && (
        <Button look="danger" disabled={abort.isPending} onClick={() => abort.mutate()}>
          Abort
        </Button>
      )}
      {abort.error && <Notice title="Not aborted" message={abort.error.message} />}
      <Section title="Steps">
        <Steps promotion={promotion} />
      </Section>
      <Section title="Log">
        <StepLog project={project} promotion={promotion} />
      </Section>
      <Section title="About">
        <p className="font-mono text-xs break-all text-quiet">{name}</p>
        <Button className="mt-2" onClick={() => onOpen({ stage: spec.stage })}>
          Stage {spec.stage}
        </Button>
      </Section>
    </Panel>
  )
}

/** The message of a promotion that failed is that of its step, which says it where it happened. */
function isSaidByStep({ status }: Promotion): boolean {
  return (status?.stepExecutionMetadata ?? []).some(({ message }) => message === status?.message)
}

function actorOf(promotion: Promotion): string {
  const actor = promotion.metadata.annotations?.[annotations.createActor]
  return actor === undefined ? '' : ` by ${actor}`
}

function Steps({ promotion }: { promotion: Promotion }) {
  const done = new Map(
    (promotion.status?.stepExecutionMetadata ?? []).map((meta) => [meta.alias, meta]),
  )
  return (
    <ol className="flex flex-col">
      {(promotion.spec.steps ?? []).map((step, index) => {
        const alias = step.as ?? `step-${index + 1}`
        const meta = done.get(alias)
        const status = meta?.status ?? (meta?.startedAt === undefined ? undefined : 'Running')
        return (
          <li
            key={alias}
            data-testid={`step-${step.uses}`}
            className="border-l-2 border-line py-1 pl-3"
          >
            <div className="flex items-baseline gap-2">
              <Mark tone={toneOf(status)}>{step.uses}</Mark>
              <span className="grow truncate text-xs text-quiet">{step.as}</span>
              <span className="text-xs text-quiet">
                <Duration meta={meta} />
              </span>
            </div>
            {meta?.message && <p className="text-xs break-words">{meta.message}</p>}
            <CommitOf output={promotion.status?.state?.[alias]} />
          </li>
        )
      })}
    </ol>
  )
}

/** How long a step took, or has taken so far. */
function Duration({
  meta,
}: {
  meta: { startedAt?: string | undefined; finishedAt?: string | undefined } | undefined
}) {
  const now = useNow(1000)
  if (meta?.startedAt === undefined) return null
  const end = meta.finishedAt === undefined ? now : Date.parse(meta.finishedAt)
  return formatSpan(end - Date.parse(meta.startedAt))
}

function CommitOf({ output }: { output: unknown }) {
  if (typeof output !== 'object' || output === null || !('commit' in output)) return null
  const { commit } = output
  return typeof commit === 'string' ? (
    <p className="font-mono text-xs text-quiet">commit {shorten(commit)}</p>
  ) : null
}
