import { Graph, layout } from '@dagrejs/dagre'
import { type Edge, MarkerType, type Node, type XYPosition } from '@xyflow/react'
import { useMemo } from 'react'
import type { ProjectObjects, Stage, Warehouse } from '../api/types.ts'
import { layoutInLayers } from './layer-layout.ts'

export type PipelineNode =
  | Node<{ stage: Stage; objects: ProjectObjects }, 'stage'>
  | Node<{ warehouse: Warehouse; objects: ProjectObjects }, 'warehouse'>

/** Where everything stands, in the order in which Freight flows. */
export interface Pipeline {
  readonly places: ReadonlyMap<string, XYPosition>
  readonly edges: Edge[]
}

interface Shape {
  readonly ids: readonly string[]
  readonly ways: readonly Way[]
}

type Way = Pick<Edge, 'id' | 'source' | 'target'>

const size = { width: 216, height: 88 }

/** Warehouses on the left, each Stage to the right of what it takes Freight from; laid out anew when that changes. */
export function usePipeline(objects: ProjectObjects): Pipeline {
  const shape = JSON.stringify(shapeOf(objects))
  return useMemo(() => layoutPipeline(JSON.parse(shape)), [shape])
}

export function pipelineNodes(
  objects: ProjectObjects,
  { places }: Pipeline,
  selected: string | undefined,
): PipelineNode[] {
  return [...places].flatMap(([id, position]): PipelineNode[] => {
    const [kind, name = ''] = id.split('/')
    const place = { id, position, selected: id === selected, ...size }
    if (kind === 'warehouse') {
      const warehouse = objects.warehouses.get(name)
      return warehouse ? [{ ...place, type: 'warehouse', data: { warehouse, objects } }] : []
    }
    const stage = objects.stages.get(name)
    return stage ? [{ ...place, type: 'stage', data: { stage, objects } }] : []
  })
}

export function stagesInFlowOrder(objects: ProjectObjects, { places }: Pipeline): readonly Stage[] {
  return [...places.keys()].flatMap((id) => {
    const [kind, name = ''] = id.split('/')
    return kind === 'stage' ? (objects.stages.get(name) ?? []) : []
  })
}

const between = 24
const ahead = 64
/** More than these are laid out plainly: dagre takes a second for a thousand, and a minute for ten thousand. */
const maxNodesForDagre = 400

function layoutPipeline(shape: Shape): Pipeline {
  const isLarge = shape.ids.length > maxNodesForDagre
  const found = isLarge ? layoutInLayers(shape, { ...size, between, ahead }) : layoutFinely(shape)
  const places = new Map([...found].sort(([, a], [, b]) => a.x - b.x || a.y - b.y))
  return { places, edges: shape.ways.map((way) => edgeOf(way, places)) }
}

function layoutFinely({ ids, ways }: Shape): ReadonlyMap<string, XYPosition> {
  const graph = new Graph({ multigraph: false })
  graph.setGraph({ rankdir: 'LR', nodesep: between, ranksep: ahead, marginx: 24, marginy: 24 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of ids) graph.setNode(id, { ...size })
  for (const { source, target } of ways) graph.setEdge(source, target)
  layout(graph)
  return new Map(
    ids.map((id): [string, XYPosition] => {
      const { x, y } = graph.node(id)
      return [id, { x: x - size.width / 2, y: y - size.height / 2 }]
    }),
  )
}

/** A way back, in a circle of Stages, runs beneath them: straight, it would hide behind them. */
function edgeOf(way: Way, places: Pipeline['places']): Edge {
  const isForward = (places.get(way.source)?.x ?? 0) < (places.get(way.target)?.x ?? 0)
  if (isForward) return { ...way }
  return {
    ...way,
    type: 'smoothstep',
    sourceHandle: 'back',
    targetHandle: 'back',
    markerEnd: { type: MarkerType.ArrowClosed, color: 'var(--quiet)' },
  }
}

function shapeOf(objects: ProjectObjects): Shape {
  const ids = [
    ...[...objects.warehouses.keys()].sort().map((name) => `warehouse/${name}`),
    ...[...objects.stages.keys()].sort().map((name) => `stage/${name}`),
  ]
  const known = new Set(ids)
  const ways = [...objects.stages.values()].flatMap((stage) =>
    stage.spec.requestedFreight.flatMap(({ origin, sources }) =>
      [
        ...(sources.direct ? [`warehouse/${origin.name}`] : []),
        ...(sources.stages ?? []).map((upstream) => `stage/${upstream}`),
      ].map((source) => ({ source, target: `stage/${stage.metadata.name}` })),
    ),
  )
  const unique = new Map(ways.map((way) => [`${way.source}->${way.target}`, way]))
  return {
    ids,
    ways: [...unique]
      .filter(([, { source }]) => known.has(source))
      .map(([id, way]) => ({ id, ...way })),
  }
}
