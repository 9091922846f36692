import type { ProjectObjects } from '../api/types.ts'
import { Mark } from '../kit/mark.tsx'
import { Ago } from '../kit/time.tsx'
import { type Pipeline, stagesInFlowOrder } from './pipeline-layout.ts'
import type { ProjectSearch } from './project-search.ts'
import { comingFreight, stageSummary, warehouseSummary } from './stage-state.ts'
import { versionOf } from './version.ts'

interface PipelineListProps {
  readonly objects: ProjectObjects
  readonly pipeline: Pipeline
  readonly onOpen: (search: ProjectSearch) => void
}

/** The graph where there is no room for one: Warehouses, then Stages as Freight flows, with what each has and awaits. */
export function PipelineList({ objects, pipeline, onOpen }: PipelineListProps) {
  const warehouses = [...objects.warehouses.values()].map((warehouse) => ({
    kind: 'Warehouse',
    name: warehouse.metadata.name,
    coming: '',
    since: undefined,
    ...warehouseSummary(warehouse, objects),
    search: { warehouse: warehouse.metadata.name },
  }))
  const stages = stagesInFlowOrder(objects, pipeline).map((stage) => ({
    kind: 'Stage',
    name: stage.metadata.name,
    coming: comingFreight(stage, objects).map(versionOf).join(' + '),
    ...stageSummary(stage, objects),
    search: { stage: stage.metadata.name },
  }))
  return (
    <ul>
      {[...warehouses, ...stages].map(
        ({ kind, name, version, tone, word, since, coming, search }) => (
          <li key={`${kind} ${name}`} className="border-b border-line bg-panel">
            <button
              type="button"
              data-testid={`${kind.toLowerCase()}-${name}`}
              className="w-full cursor-pointer px-4 py-2 text-left"
              onClick={() => onOpen(search)}
            >
              <span className="flex items-baseline gap-2">
                <span className="min-w-0 grow font-medium break-words">{name}</span>
                <span className="max-w-1/2 shrink-0 font-mono break-words">{version || '—'}</span>
              </span>
              <span className="flex flex-wrap items-baseline gap-x-2 text-xs">
                <Mark tone={tone}>{word}</Mark>
                <span className="grow text-quiet">
                  {kind === 'Warehouse' && 'Warehouse'}
                  {since && <Ago at={since} />}
                </span>
                {coming && <Mark tone="waiting">{coming} waits</Mark>}
              </span>
            </button>
          </li>
        ),
      )}
    </ul>
  )
}
