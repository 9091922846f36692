import { useMemo, useState } from 'react'
import type { StageLookup } from '../../src/core/policy/views.ts'
import type { ProjectObjects, Stage } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { FreightList } from './freight-list.tsx'
import { FreightTable, type FreightViewProps } from './freight-table.tsx'
import { type Pipeline, stagesInFlowOrder } from './pipeline-layout.ts'
import { byAge } from './version.ts'

interface FreightSectionProps extends Pick<FreightViewProps, 'onOpen' | 'onPromote'> {
  readonly objects: ProjectObjects
  readonly pipeline: Pipeline
  readonly isNarrow: boolean
}

const rowsAtOnce = 50
const stagesAtOnce = 60

/** The newest Freight and where it is; more of it when asked for. */
export function FreightSection(props: FreightSectionProps) {
  const { objects, pipeline, isNarrow, ...actions } = props
  const [rows, setRows] = useState(rowsAtOnce)
  const [columns, setColumns] = useState(stagesAtOnce)
  const stages = stagesInFlowOrder(objects, pipeline)
  // What Freight has to do with a Stage depends on its specification alone, which seldom changes.
  const specs = stages.map(({ metadata: { uid, generation } }) => `${uid}/${generation}`).join()
  const { lasting, lookup } = useMemo(() => lastingStages(stages), [specs])
  const shown = useMemo(() => lasting.slice(0, columns), [lasting, columns])
  const all = [...objects.freight.values()].sort(byAge)
  if (all.length === 0)
    return <p className="p-4 text-quiet">No Freight yet: no Warehouse has found a version.</p>
  const freight = all.slice(0, rows)
  const View = isNarrow ? FreightList : FreightTable
  return (
    <>
      <View freight={freight} stages={shown} lookup={lookup} {...actions} />
      {all.length > rows && (
        <More what="Freight" onMore={() => setRows(rows + rowsAtOnce)}>
          The newest {rows} of {all.length} are shown.
        </More>
      )}
      {stages.length > columns && (
        <More what="Stages" onMore={() => setColumns(columns + stagesAtOnce)}>
          The first {columns} of {stages.length} Stages are shown, in the order of the flow.
        </More>
      )}
    </>
  )
}

interface MoreProps {
  readonly what: string
  readonly onMore: () => void
  readonly children: React.ReactNode
}

function More({ what, onMore, children }: MoreProps) {
  return (
    <p className="sticky left-0 flex w-fit items-center gap-3 px-4 py-2 text-quiet">
      {children}
      <Button size="small" onClick={onMore}>
        Show more {what}
      </Button>
    </p>
  )
}

function lastingStages(stages: readonly Stage[]): {
  readonly lasting: readonly Stage[]
  readonly lookup: StageLookup
} {
  const byName = new Map(stages.map((stage) => [stage.metadata.name, stage]))
  return { lasting: stages, lookup: (name) => byName.get(name) }
}
