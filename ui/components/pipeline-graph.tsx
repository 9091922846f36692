import {
  Background,
  Controls,
  Handle,
  type NodeProps,
  Position,
  ReactFlow,
  useReactFlow,
  useStore,
} from '@xyflow/react'
import { useEffect, useMemo } from 'react'
import type { ProjectObjects } from '../api/types.ts'
import { Mark } from '../kit/mark.tsx'
import { Ago } from '../kit/time.tsx'
import type { ProjectSearch } from '../router.tsx'
import { type PipelineNode, layoutPipeline } from './pipeline-layout.ts'
import { currentFreight, stageState } from './stage-state.ts'
import { byAge, versionOf } from './version.ts'

interface PipelineGraphProps {
  readonly objects: ProjectObjects
  readonly selected: ProjectSearch
  readonly onOpen: (search: ProjectSearch) => void
}

/** The Project's flow, live: where everything is, at a glance. */
export function PipelineGraph({ objects, selected, onOpen }: PipelineGraphProps) {
  const selectedId = selected.stage
    ? `stage/${selected.stage}`
    : selected.warehouse && `warehouse/${selected.warehouse}`
  const { nodes, edges } = useMemo(() => layoutPipeline(objects, selectedId), [objects, selectedId])
  if (nodes.length === 0) {
    return (
      <p className="p-6 text-quiet">
        This project has no Warehouse and no Stage yet: apply some manifests.
      </p>
    )
  }
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      fitView
      fitViewOptions={fit}
      minZoom={0.1}
      nodesDraggable={false}
      nodesConnectable={false}
      onNodeClick={(_, node) => open(node, onOpen)}
    >
      <FitToSize nodeCount={nodes.length} />
      <Background color="var(--line)" />
      <Controls showInteractive={false} />
    </ReactFlow>
  )
}

const fit = { maxZoom: 1.1, padding: 0.1 }

/** Keeps the whole pipeline in sight when the inspector opens beside it, or when nodes come and go. */
function FitToSize({ nodeCount }: { nodeCount: number }) {
  const width = useStore((state) => state.width)
  const height = useStore((state) => state.height)
  const { fitView } = useReactFlow()
  useEffect(() => {
    void fitView(fit)
  }, [fitView, width, height, nodeCount])
  return null
}

function open(node: PipelineNode, onOpen: PipelineGraphProps['onOpen']): void {
  if (node.type === 'stage') onOpen({ stage: node.data.stage.metadata.name })
  else onOpen({ warehouse: node.data.warehouse.metadata.name })
}

const frame = 'h-full rounded-[10px] border bg-panel px-3 py-2 text-text'

function StageNode({
  data: { stage, objects },
  selected,
}: NodeProps<Extract<PipelineNode, { type: 'stage' }>>) {
  const { tone, word } = stageState(stage, objects)
  const freight = currentFreight(stage, objects)
  const since = freight[0]?.status?.currentlyIn?.[stage.metadata.name]?.since
  return (
    <div
      data-testid={`stage-${stage.metadata.name}`}
      className={`${frame} ${selected ? 'border-accent' : 'border-line'}`}
    >
      <Handle type="target" position={Position.Left} className="invisible" />
      <p className="truncate font-medium" title={stage.metadata.name}>
        {stage.metadata.name}
      </p>
      <p className="truncate font-mono text-base" data-testid="version">
        {freight.map(versionOf).join(' + ') || '—'}
      </p>
      <p className="truncate text-xs">
        <Mark tone={tone}>{word}</Mark>
        {since && (
          <span className="text-quiet">
            {' · '}
            <Ago at={since} />
          </span>
        )}
      </p>
      <Handle type="source" position={Position.Right} className="invisible" />
    </div>
  )
}

function WarehouseNode({
  data: { warehouse, objects },
  selected,
}: NodeProps<Extract<PipelineNode, { type: 'warehouse' }>>) {
  const [newest] = [...objects.freight.values()]
    .filter(({ origin }) => origin.name === warehouse.metadata.name)
    .sort(byAge)
  const ready = warehouse.status?.conditions?.find(({ type }) => type === 'Ready')
  return (
    <div className={`${frame} border-dashed ${selected ? 'border-accent' : 'border-line'}`}>
      <p className="truncate font-medium" title={warehouse.metadata.name}>
        {warehouse.metadata.name}
      </p>
      <p className="truncate font-mono text-base">{versionOf(newest) || '—'}</p>
      <p className="truncate text-xs">
        {ready?.status === 'False' ? (
          <Mark tone="bad">{ready.reason}</Mark>
        ) : (
          <Mark tone="good">watching</Mark>
        )}
      </p>
      <Handle type="source" position={Position.Right} className="invisible" />
    </div>
  )
}

const nodeTypes = { stage: StageNode, warehouse: WarehouseNode }
