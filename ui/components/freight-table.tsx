import { isControlFlow } from '../../src/core/policy/origin.ts'
import type { Freight, ProjectObjects, Stage } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark } from '../kit/mark.tsx'
import { Ago } from '../kit/time.tsx'
import type { PromoteRequest } from '../pages/project.tsx'
import type { ProjectSearch } from '../router.tsx'
import { layoutPipeline } from './pipeline-layout.ts'
import { byAge, versionOf } from './version.ts'

interface FreightTableProps {
  readonly objects: ProjectObjects
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
}

const maxRows = 50

/** Freight down, Stages across in flow order: what is where, and what has been where. */
export function FreightTable({ objects, onOpen, onPromote }: FreightTableProps) {
  const freight = [...objects.freight.values()].sort(byAge).slice(0, maxRows)
  const stages = stagesInFlowOrder(objects)
  if (freight.length === 0)
    return <p className="p-4 text-quiet">No Freight yet: no Warehouse has found a version.</p>
  return (
    <table className="w-full border-collapse text-left whitespace-nowrap">
      <thead className="sticky top-0 bg-panel">
        <tr className="h-9 border-b border-line text-quiet">
          <th className="px-4 font-normal">Freight</th>
          {stages.map(({ metadata: { name } }) => (
            <th key={name} className="px-3 font-normal">
              <button
                type="button"
                className="cursor-pointer hover:underline"
                onClick={() => onOpen({ stage: name })}
              >
                {name}
              </button>
            </th>
          ))}
          <th className="px-4 text-right font-normal">Seen</th>
        </tr>
      </thead>
      <tbody>
        {freight.map((item) => (
          <tr key={item.metadata.name} className="h-9 border-b border-line">
            <th scope="row" className="px-4 font-normal">
              <span className="font-mono">{versionOf(item)}</span>{' '}
              <span className="text-quiet">{item.alias}</span>
            </th>
            {stages.map((stage) => (
              <td key={stage.metadata.name} className="px-3">
                <Cell freight={item} stage={stage} onPromote={onPromote} />
              </td>
            ))}
            <td className="px-4 text-right text-quiet">
              <Ago at={item.discoveredAt ?? item.metadata.creationTimestamp} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell({
  freight,
  stage,
  onPromote,
}: { freight: Freight; stage: Stage } & Pick<FreightTableProps, 'onPromote'>) {
  const name = stage.metadata.name
  const isWanted = stage.spec.requestedFreight.some(
    ({ origin }) => origin.name === freight.origin.name,
  )
  if (!isWanted) return <span className="text-quiet">·</span>
  const since = freight.status?.currentlyIn?.[name]?.since
  if (since !== undefined) return <Mark tone="good">here</Mark>
  const wasHere = freight.status?.verifiedIn?.[name] !== undefined
  if (isControlFlow(stage))
    return <Mark tone={wasHere ? 'good' : 'none'}>{wasHere ? 'passed' : 'not yet'}</Mark>
  return (
    <span className="flex items-center gap-2">
      {wasHere && <span className="text-quiet">was here</span>}
      <Button
        size="small"
        aria-label={`Promote ${versionOf(freight)} to ${name}`}
        onClick={() => onPromote({ stage: name, freight: freight.metadata.name })}
      >
        Promote
      </Button>
    </span>
  )
}

function stagesInFlowOrder(objects: ProjectObjects): readonly Stage[] {
  return layoutPipeline(objects, undefined)
    .nodes.sort((a, b) => a.position.x - b.position.x || a.position.y - b.position.y)
    .flatMap((node) => (node.type === 'stage' ? [node.data.stage] : []))
}
