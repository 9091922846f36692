import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { layoutInLayers } from './layer-layout.ts'

const spacing = { width: 100, height: 10, between: 5, ahead: 20 }
const way = (text: string): { source: string; target: string } => {
  const [source = '', target = ''] = text.split('>')
  return { source, target }
}

test('a Stage stands right of all that it takes Freight from, beside those of the same source', () => {
  const places = layoutInLayers(
    { ids: ['w', 'a', 'b', 'c', 'd'], ways: ['w>a', 'w>b', 'a>c', 'b>d', 'w>d'].map(way) },
    spacing,
  )
  const column = (id: string): number | undefined => places.get(id)?.x
  assert.deepEqual(['w', 'a', 'b', 'c', 'd'].map(column), [0, 120, 120, 240, 240])
  assert.ok((places.get('c')?.y ?? 0) < (places.get('d')?.y ?? 0))
})

test('Stages in a circle have places, and so has what is behind them', () => {
  const places = layoutInLayers(
    { ids: ['a', 'b', 'c'], ways: ['a>b', 'b>a', 'b>c'].map(way) },
    spacing,
  )
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => places.get(id)?.x),
    [0, 120, 240],
  )
})

test('whatever the graph, every node has a place of its own, and ways go to the right unless in circles', () => {
  const id = fc.integer({ min: 0, max: 12 }).map(String)
  const graph = fc.record({
    ids: fc.uniqueArray(id, { minLength: 1 }),
    pairs: fc.array(fc.tuple(id, id), { maxLength: 40 }),
    isAcyclic: fc.boolean(),
  })
  fc.assert(
    fc.property(graph, ({ ids, pairs, isAcyclic }) => {
      const known = new Set(ids)
      const all = pairs
        .filter(([a, b]) => known.has(a) && known.has(b) && (!isAcyclic || Number(a) < Number(b)))
        .map(([source, target]) => ({ source, target }))
      const ways = [...new Map(all.map((one) => [`${one.source}>${one.target}`, one])).values()]
      const places = layoutInLayers({ ids, ways }, spacing)
      assert.deepEqual([...places.keys()].sort(), [...ids].sort())
      assert.equal(new Set([...places.values()].map(({ x, y }) => `${x}/${y}`)).size, ids.length)
      if (!isAcyclic) return
      for (const { source, target } of ways)
        assert.ok((places.get(source)?.x ?? 0) < (places.get(target)?.x ?? 0))
    }),
  )
})
