import type { Freight, ProjectObjects, Stage } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Ago } from '../kit/time.tsx'
import { artifactsOf } from './artifact-changes.tsx'
import { FreightCell, isWanted } from './freight-cell.tsx'
import { GonePanel, Panel, Section } from './panel.tsx'
import { type Pipeline, stagesInFlowOrder } from './pipeline-layout.ts'
import type { ProjectSearch } from './project-search.ts'
import type { PromoteRequest } from './promote-dialog.tsx'
import { versionOf } from './version.ts'

interface FreightPanelProps {
  readonly name: string
  readonly objects: ProjectObjects
  readonly pipeline: Pipeline
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
  readonly onClose: () => void
}

/** A piece of Freight: what is in it, and how it stands with each Stage that asks for its kind. */
export function FreightPanel(props: FreightPanelProps) {
  const { name, objects, pipeline, onOpen, onPromote, onClose } = props
  const freight = objects.freight.get(name)
  if (freight === undefined) return <GonePanel kind="Freight" title={name} onClose={onClose} />
  const { origin, alias, discoveredAt, metadata } = freight
  const stages = stagesInFlowOrder(objects, pipeline).filter((stage) => isWanted(freight, stage))
  return (
    <Panel kind="Freight" title={versionOf(freight)} onClose={onClose}>
      <p className="text-quiet">
        {alias}, seen <Ago at={discoveredAt ?? metadata.creationTimestamp} />
      </p>
      <Section title="Artifacts">
        <dl>
          {artifactsOf(freight).map((artifact) => (
            <div key={`${artifact.name} ${artifact.version}`} className="mb-2">
              <dt className="break-all text-quiet">{artifact.name}</dt>
              <dd className="font-mono break-all">{artifact.version}</dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title="Stages">
        {stages.length === 0 && <p className="text-quiet">No Stage asks for it.</p>}
        <ul>
          {stages.map((stage) => (
            <li key={stage.metadata.name} className="mb-2 flex min-h-9 items-center gap-3">
              <div className="min-w-0 grow break-words">
                <p>{stage.metadata.name}</p>
                <p className="text-xs text-quiet">
                  <Record freight={freight} stage={stage} />
                </p>
              </div>
              <FreightCell
                freight={freight}
                stage={stage}
                lookup={(name) => objects.stages.get(name)}
                onPromote={onPromote}
              />
            </li>
          ))}
        </ul>
      </Section>
      <Section title="About">
        <p className="font-mono text-xs break-all text-quiet">{name}</p>
        <Button className="mt-2" onClick={() => onOpen({ warehouse: origin.name })}>
          Warehouse {origin.name}
        </Button>
      </Section>
    </Panel>
  )
}

/** What the Freight remembers of a Stage. */
function Record({ freight: { status }, stage }: { freight: Freight; stage: Stage }) {
  const { name } = stage.metadata
  const records = [
    { word: 'came', at: status?.currentlyIn?.[name]?.since },
    { word: 'verified', at: status?.verifiedIn?.[name]?.verifiedAt },
    { word: 'approved', at: status?.approvedFor?.[name]?.approvedAt },
  ].filter(({ at }) => at !== undefined)
  return records.map(({ word, at }, index) => (
    <span key={word}>
      {index > 0 && ' · '}
      {word} <Ago at={at} />
    </span>
  ))
}
