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
import { type Pipeline, type PipelineNode, pipelineNodes } from './pipeline-layout.ts'
import type { ProjectSearch } from './project-search.ts'
import { stageSummary, warehouseSummary } from './stage-state.ts'

interface PipelineGraphProps {
  readonly objects: ProjectObjects
  readonly pipeline: Pipeline
  readonly selected: ProjectSearch
  readonly onOpen: (search: ProjectSearch) => void
}

/** The Project's flow, live: where everything is, at a glance. */
export function PipelineGraph({ objects, pipeline, selected, onOpen }: PipelineGraphProps) {
  const selectedId = selected.stage
    ? `stage/${selected.stage}`
    : selected.warehouse && `warehouse/${selected.warehouse}`
  const nodes = useMemo(
    () => pipelineNodes(objects, pipeline, selectedId),
    [objects, pipeline, selectedId],
  )
  return (
    <ReactFlow
      nodes={nodes}
      edges={pipeline.edges}
      nodeTypes={nodeTypes}
      fitView
      fitViewOptions={fit}
      minZoom={0.1}
      onlyRenderVisibleElements={nodes.length > maxNodesAtOnce}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      onNodeClick={(_, node) => open(node, onOpen)}
    >
      <FitToSize nodeCount={nodes.length} />
      <Background color="var(--line)" />
      <Controls showInteractive={false} />
    </ReactFlow>
  )
}

/** More than these are only in the document while they are in sight. */
const maxNodesAtOnce = 200
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

const frame =
  'block h-full w-full cursor-pointer rounded-[10px] border bg-panel px-3 py-2 text-left text-text'

function StageNode({
  data: { stage, objects },
  selected,
}: NodeProps<Extract<PipelineNode, { type: 'stage' }>>) {
  const { name } = stage.metadata
  const { version, tone, word, since } = stageSummary(stage, objects)
  return (
    <>
      <Handle type="target" position={Position.Left} className="invisible" />
      <Handle type="target" id="back" position={Position.Bottom} className="invisible left-1/3!" />
      <button
        type="button"
        data-testid={`stage-${name}`}
        aria-label={`Stage ${name}, ${version || 'nothing yet'}, ${word}`}
        className={`${frame} ${selected ? 'border-accent' : 'border-line'}`}
      >
        <span className="block truncate font-medium" title={name}>
          {name}
        </span>
        <span className="block truncate font-mono text-base" data-testid="version">
          {version || '—'}
        </span>
        <span className="block truncate text-xs">
          <Mark tone={tone}>{word}</Mark>
          {since && (
            <span className="text-quiet">
              {' · '}
              <Ago at={since} />
            </span>
          )}
        </span>
      </button>
      <Handle type="source" position={Position.Right} className="invisible" />
      <Handle type="source" id="back" position={Position.Bottom} className="invisible left-2/3!" />
    </>
  )
}

function WarehouseNode({
  data: { warehouse, objects },
  selected,
}: NodeProps<Extract<PipelineNode, { type: 'warehouse' }>>) {
  const { name } = warehouse.metadata
  const { version, tone, word } = warehouseSummary(warehouse, objects)
  return (
    <>
      <button
        type="button"
        aria-label={`Warehouse ${name}, ${version || 'nothing yet'}, ${word}`}
        className={`${frame} border-dashed ${selected ? 'border-accent' : 'border-line'}`}
      >
        <span className="block truncate font-medium" title={name}>
          {name}
        </span>
        <span className="block truncate font-mono text-base">{version || '—'}</span>
        <span className="block truncate text-xs">
          <Mark tone={tone}>{word}</Mark>
        </span>
      </button>
      <Handle type="source" position={Position.Right} className="invisible" />
    </>
  )
}

const nodeTypes = { stage: StageNode, warehouse: WarehouseNode }
