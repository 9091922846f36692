import type { ProjectObjects } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark, toneOf } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { Ago } from '../kit/time.tsx'
import { useExplanation } from './explanation.ts'
import { GonePanel, Panel, Section } from './panel.tsx'
import type { ProjectSearch } from './project-search.ts'
import type { PromoteRequest } from './promote-dialog.tsx'
import { Reasons } from './reasons.tsx'
import { currentFreight, promotionsOf, stageState } from './stage-state.ts'
import { versionOf } from './version.ts'

interface StagePanelProps {
  readonly project: string
  readonly name: string
  readonly objects: ProjectObjects
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
  readonly onClose: () => void
}

const maxHistory = 20
const maxExplained = 5

export function StagePanel({
  project,
  name,
  objects,
  onOpen,
  onPromote,
  onClose,
}: StagePanelProps) {
  const stage = objects.stages.get(name)
  const newest = [...objects.freight.values()]
    .map(({ metadata }) => metadata.resourceVersion)
    .join(',')
  const { data, error } = useExplanation(
    project,
    name,
    undefined,
    `${stage?.metadata.resourceVersion}/${newest}`,
  )
  if (stage === undefined) return <GonePanel kind="Stage" title={name} onClose={onClose} />
  const { tone, word } = stageState(stage, objects)
  const current = currentFreight(stage, objects)
  const next = (data?.freight ?? []).filter(
    ({ freight }) => !current.some(({ metadata }) => metadata.name === freight),
  )
  const problems = (stage.status?.conditions ?? []).filter(
    ({ type, status }) =>
      (type === 'Ready' || type === 'Stalled') && status === (type === 'Ready' ? 'False' : 'True'),
  )
  const history = promotionsOf(name, objects).slice(0, maxHistory)
  // What stands above is not said again.
  const sentences = (data?.sentences ?? []).filter(
    (sentence) => !problems.some(({ message }) => message && sentence.endsWith(message)),
  )
  return (
    <Panel kind="Stage" title={name} onClose={onClose}>
      <p>
        <span className="font-mono">{current.map(versionOf).join(' + ') || 'nothing yet'}</span>{' '}
        <Mark tone={tone}>{word}</Mark>
      </p>
      {problems.map(({ reason, message }) => (
        <p key={reason} className="text-quiet break-words">
          {reason}: {message}
        </p>
      ))}
      <Section title="Next">
        {error && <Notice title="Cannot say what is next" message={error.message} />}
        {sentences.map((sentence) => (
          <p key={sentence} className="mb-1 text-quiet break-words">
            {sentence}
          </p>
        ))}
        {next.length === 0 && <p className="text-quiet">Nothing newer to promote.</p>}
        <ul className="flex flex-col gap-3">
          {next.slice(0, maxExplained).map(({ freight, allowed, blockers }) => (
            <li key={freight}>
              <div className="flex items-center gap-2">
                <span className="grow font-mono">{versionOf(objects.freight.get(freight))}</span>
                <Button
                  look={allowed ? 'primary' : 'quiet'}
                  disabled={!allowed}
                  title={allowed ? undefined : blockers.map(({ message }) => message).join('; ')}
                  onClick={() => onPromote({ stage: name, freight })}
                >
                  Promote
                </Button>
              </div>
              <Reasons reasons={blockers} />
            </li>
          ))}
        </ul>
      </Section>
      <Section title="History">
        {history.length === 0 && <p className="text-quiet">No promotion yet.</p>}
        <ul>
          {history.map((promotion) => (
            <li key={promotion.metadata.name}>
              <button
                type="button"
                className="flex h-9 w-full cursor-pointer items-center gap-2 text-left hover:underline"
                onClick={() => onOpen({ promotion: promotion.metadata.name })}
              >
                <Mark tone={toneOf(promotion.status?.phase)}>
                  {promotion.status?.phase ?? 'New'}
                </Mark>
                <span className="grow truncate font-mono">
                  {versionOf(objects.freight.get(promotion.spec.freight ?? ''))}
                </span>
                <span className="text-quiet">
                  <Ago at={promotion.metadata.creationTimestamp} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Section>
    </Panel>
  )
}
