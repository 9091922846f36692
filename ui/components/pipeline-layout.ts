import { Graph, layout } from '@dagrejs/dagre'
import type { Edge, Node } from '@xyflow/react'
import type { ProjectObjects, Stage, Warehouse } from '../api/types.ts'

export type PipelineNode =
  | Node<{ stage: Stage; objects: ProjectObjects }, 'stage'>
  | Node<{ warehouse: Warehouse; objects: ProjectObjects }, 'warehouse'>

const size = { width: 216, height: 88 }

/** Warehouses on the left, each Stage to the right of what it takes Freight from. */
export function layoutPipeline(
  objects: ProjectObjects,
  selected: string | undefined,
): { nodes: PipelineNode[]; edges: Edge[] } {
  const edges = pipelineEdges(objects)
  const graph = new Graph({ multigraph: false })
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64, marginx: 24, marginy: 24 })
  graph.setDefaultEdgeLabel(() => ({}))
  const ids = [...warehouseIds(objects), ...stageIds(objects)]
  for (const id of ids) graph.setNode(id, { ...size })
  for (const edge of edges) graph.setEdge(edge.source, edge.target)
  layout(graph)
  const place = (id: string) => {
    const { x, y } = graph.node(id)
    return {
      id,
      position: { x: x - size.width / 2, y: y - size.height / 2 },
      selected: id === selected,
      ...size,
    }
  }
  const warehouses = [...objects.warehouses.values()].map((warehouse): PipelineNode => ({
    ...place(`warehouse/${warehouse.metadata.name}`),
    type: 'warehouse',
    data: { warehouse, objects },
  }))
  const stages = [...objects.stages.values()].map((stage): PipelineNode => ({
    ...place(`stage/${stage.metadata.name}`),
    type: 'stage',
    data: { stage, objects },
  }))
  return { nodes: [...warehouses, ...stages], edges }
}

function pipelineEdges(objects: ProjectObjects): Edge[] {
  const known = new Set([...warehouseIds(objects), ...stageIds(objects)])
  const edges = [...objects.stages.values()].flatMap((stage) =>
    stage.spec.requestedFreight.flatMap(({ origin, sources }) =>
      [
        ...(sources.direct ? [`warehouse/${origin.name}`] : []),
        ...(sources.stages ?? []).map((upstream) => `stage/${upstream}`),
      ].map((source) => ({ source, target: `stage/${stage.metadata.name}` })),
    ),
  )
  const unique = new Map(edges.map((edge) => [`${edge.source}->${edge.target}`, edge]))
  return [...unique]
    .filter(([, { source }]) => known.has(source))
    .map(([id, edge]) => ({ id, ...edge }))
}

function warehouseIds(objects: ProjectObjects): string[] {
  return [...objects.warehouses.keys()].sort().map((name) => `warehouse/${name}`)
}

function stageIds(objects: ProjectObjects): string[] {
  return [...objects.stages.keys()].sort().map((name) => `stage/${name}`)
}
