import { memo } from 'react'
import type { StageLookup } from '../../src/core/policy/views.ts'
import type { Freight, Stage } from '../api/types.ts'
import { Ago } from '../kit/time.tsx'
import { FreightCell, isWanted } from './freight-cell.tsx'
import type { ProjectSearch } from './project-search.ts'
import type { PromoteRequest } from './promote-dialog.tsx'
import { versionOf } from './version.ts'

export interface FreightViewProps {
  readonly freight: readonly Freight[]
  /** In flow order. */
  readonly stages: readonly Stage[]
  readonly lookup: StageLookup
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
}

export interface FreightItemProps extends Omit<FreightViewProps, 'freight'> {
  readonly item: Freight
}

/** Freight down, Stages across in flow order: what is where, and what has been where. */
export function FreightTable({ freight, stages, ...actions }: FreightViewProps) {
  return (
    <table className="w-full border-separate border-spacing-0 text-left whitespace-nowrap [&_td]:border-b [&_td]:border-line [&_th]:border-b [&_th]:border-line">
      <thead className="sticky top-0 z-20 bg-panel">
        <tr className="h-9 text-quiet">
          <th className="sticky left-0 bg-panel px-4 font-normal">Freight</th>
          {stages.map(({ metadata: { name } }) => (
            <th key={name} className="px-3 font-normal">
              <button
                type="button"
                className="max-w-48 cursor-pointer truncate hover:underline"
                title={name}
                onClick={() => actions.onOpen({ stage: name })}
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
          <FreightTableRow key={item.metadata.name} item={item} stages={stages} {...actions} />
        ))}
      </tbody>
    </table>
  )
}

/** Drawn anew only when the Freight itself changes: with many Stages a row is long. */
const FreightTableRow = memo(function FreightTableRow({
  item,
  stages,
  lookup,
  onOpen,
  onPromote,
}: FreightItemProps) {
  return (
    <tr className="h-9">
      <th scope="row" className="sticky left-0 z-10 bg-panel px-4 font-normal">
        <button
          type="button"
          className="cursor-pointer hover:underline"
          onClick={() => onOpen({ freight: item.metadata.name })}
        >
          <span className="font-mono">{versionOf(item)}</span>{' '}
          <span className="text-quiet">{item.alias}</span>
        </button>
      </th>
      {stages.map((stage) => (
        <td key={stage.metadata.name} className="px-3">
          {isWanted(item, stage) ? (
            <FreightCell freight={item} stage={stage} lookup={lookup} onPromote={onPromote} />
          ) : (
            <span className="text-quiet">·</span>
          )}
        </td>
      ))}
      <td className="px-4 text-right text-quiet">
        <Ago at={item.discoveredAt ?? item.metadata.creationTimestamp} />
      </td>
    </tr>
  )
})
