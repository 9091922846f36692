import { memo } from 'react'
import { Ago } from '../kit/time.tsx'
import { FreightCell, isWanted } from './freight-cell.tsx'
import type { FreightItemProps, FreightViewProps } from './freight-table.tsx'
import { versionOf } from './version.ts'

/** The table of Freight where there is no room for one: each piece with the Stages that ask for its kind. */
export function FreightList({ freight, stages, ...actions }: FreightViewProps) {
  return (
    <ul>
      {freight.map((item) => (
        <FreightListItem key={item.metadata.name} item={item} stages={stages} {...actions} />
      ))}
    </ul>
  )
}

const FreightListItem = memo(function FreightListItem({
  item,
  stages,
  lookup,
  onOpen,
  onPromote,
}: FreightItemProps) {
  return (
    <li className="border-b border-line px-4 py-1">
      <h3>
        <button
          type="button"
          className="flex min-h-11 w-full cursor-pointer flex-wrap items-center gap-x-2 text-left"
          onClick={() => onOpen({ freight: item.metadata.name })}
        >
          <span className="font-mono break-all">{versionOf(item)}</span>
          <span className="grow text-quiet">{item.alias}</span>
          <span className="text-quiet">
            <Ago at={item.discoveredAt ?? item.metadata.creationTimestamp} />
          </span>
        </button>
      </h3>
      <dl>
        {stages
          .filter((stage) => isWanted(item, stage))
          .map((stage) => (
            <div key={stage.metadata.name} className="flex min-h-12 items-center gap-3">
              <dt className="min-w-0 grow break-words">{stage.metadata.name}</dt>
              <dd className="shrink-0">
                <FreightCell freight={item} stage={stage} lookup={lookup} onPromote={onPromote} />
              </dd>
            </div>
          ))}
      </dl>
    </li>
  )
})
