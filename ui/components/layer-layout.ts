export interface Place {
  readonly x: number
  readonly y: number
}

export interface LayerShape {
  readonly ids: readonly string[]
  readonly ways: readonly { readonly source: string; readonly target: string }[]
}

/** Pixels: of a node, and from one to the next. */
export interface Spacing {
  readonly width: number
  readonly height: number
  readonly between: number
  readonly ahead: number
}

/**
 * A plain layout for graphs of thousands of nodes, in time that grows with their number alone: each node one column to
 * the right of the last that it comes after, each column in the order of what its nodes come after. Ways back in a
 * circle are left out of account. Upper left corners.
 */
export function layoutInLayers(shape: LayerShape, spacing: Spacing): Map<string, Place> {
  const places = new Map<string, Place>()
  const order = new Map<string, number>()
  for (const [column, ids] of layersOf(shape).entries()) {
    const sorted = ids.toSorted((a, b) => (order.get(a.from) ?? 0) - (order.get(b.from) ?? 0))
    const step = spacing.height + spacing.between
    const top = (-sorted.length * step) / 2
    for (const [row, { id }] of sorted.entries()) {
      order.set(id, row)
      places.set(id, { x: column * (spacing.width + spacing.ahead), y: top + row * step })
    }
  }
  return places
}

interface Layered {
  readonly id: string
  /** The last of those that it comes after: it stands right of it. */
  readonly from: string
}

/** By columns from the left. Whatever waits for a circle is placed when nothing else is left, first come first served. */
function layersOf({ ids, ways }: LayerShape): Layered[][] {
  const after = Map.groupBy(ways, ({ source }) => source)
  const waiting = new Map(ids.map((id) => [id, 0]))
  for (const { target } of ways) waiting.set(target, (waiting.get(target) ?? 0) + 1)
  const layers: Layered[][] = []
  let layer = ids.filter((id) => waiting.get(id) === 0).map((id): Layered => ({ id, from: '' }))
  for (;;) {
    for (const { id } of layer) waiting.delete(id)
    if (layer.length === 0) {
      const [stuck] = waiting.keys()
      if (stuck === undefined) return layers
      waiting.delete(stuck)
      layer = [{ id: stuck, from: '' }]
    }
    layers.push(layer)
    const next: Layered[] = []
    for (const { id } of layer)
      for (const { target } of after.get(id) ?? []) {
        const left = waiting.get(target)
        if (left === undefined) continue
        waiting.set(target, left - 1)
        if (left === 1) next.push({ id: target, from: id })
      }
    layer = next
  }
}
