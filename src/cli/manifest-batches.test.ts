import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BatchLimits, batchesOf } from './manifest-batches.ts'

const kargo = 'kargo.akuity.io/v1alpha1'
const kinds: Record<string, string> = { Namespace: 'v1', ConfigMap: 'v1', Thing: 'example.com/v1' }

function manifest(kind: string, name: string, namespace?: string, padding = 0): { value: unknown } {
  const metadata = { name, ...(namespace !== undefined && { namespace }) }
  const value = { apiVersion: kinds[kind] ?? kargo, kind, metadata, padding: 'x'.repeat(padding) }
  return { value }
}

function names(batches: ReturnType<typeof batchesOf<{ value: unknown }>>): string[][] {
  return batches.map((batch) =>
    batch.map(({ manifest: { value } }) => {
      const { kind, metadata } = value as { kind: string; metadata: { name: string } }
      return `${kind}/${metadata.name}`
    }),
  )
}

const dump = [
  manifest('Stage', 'test', 'a'),
  manifest('Stage', 'test', 'b'),
  manifest('Thing', 'x', 'b'),
  manifest('Warehouse', 'web', 'a'),
  manifest('Project', 'b'),
  manifest('ClusterPromotionTask', 'shared'),
  manifest('Project', 'a'),
  manifest('Namespace', 'a'),
]

test('what fits into one request is sent as it is', () => {
  const [only, ...others] = batchesOf(dump, 'create', { maxBytes: 10_000, maxManifests: 100 })
  assert.deepEqual(others, [])
  assert.deepEqual(
    only?.map((entry) => entry.manifest),
    dump,
  )
  assert.deepEqual(batchesOf([], 'create', { maxBytes: 10, maxManifests: 1 }), [])
})

test('in several requests the shared comes first, and each Project before what is in it', () => {
  const limits = { maxBytes: 10_000, maxManifests: 3 }
  assert.deepEqual(names(batchesOf(dump, 'create', limits)), [
    ['ClusterPromotionTask/shared', 'Project/a', 'Namespace/a'],
    ['Warehouse/web', 'Stage/test', 'Project/b'],
    ['Thing/x', 'Stage/test'],
  ])
  assert.deepEqual(names(batchesOf(dump, 'delete', limits)), [
    ['Stage/test', 'Warehouse/web', 'Namespace/a'],
    ['Project/a', 'Stage/test', 'Thing/x'],
    ['Project/b', 'ClusterPromotionTask/shared'],
  ])
})

test('nothing is left out, twice, or in a request that is too large unless it is so by itself', () => {
  const entry = fc
    .tuple(
      fc.constantFrom('Project', 'Namespace', 'ConfigMap', 'Stage', 'Warehouse', 'Thing'),
      fc.constantFrom('a', 'b', 'c'),
      fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      fc.integer({ min: 0, max: 300 }),
    )
    .map((parts) => manifest(...parts))
  const limits: fc.Arbitrary<BatchLimits> = fc.record({
    maxBytes: fc.integer({ min: 1, max: 2000 }),
    maxManifests: fc.integer({ min: 1, max: 10 }),
  })
  const order = fc.constantFrom('create' as const, 'delete' as const)
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), order, limits, (all, way, bounds) => {
      const batches = batchesOf(all, way, bounds)
      const sent = batches.flat().map((one) => one.manifest)
      assert.equal(sent.length, all.length)
      assert.deepEqual(new Set(sent), new Set(all))
      for (const batch of batches) {
        const bytes = batch.reduce((sum, one) => sum + one.bytes, 0)
        assert.ok(batch.length <= bounds.maxManifests && batch.length > 0)
        assert.ok(bytes <= bounds.maxBytes || batch.length === 1)
      }
      if (batches.length < 2) return
      // A Project is made before, and deleted after, all that is in it.
      const places = batches.flat()
      for (const [at, one] of places.entries()) {
        const inside = ({ project, isProject }: typeof one): boolean =>
          project === one.project && !isProject
        if (!one.isProject || one.project === '') continue
        const wrong = way === 'create' ? places.slice(0, at) : places.slice(at)
        assert.ok(!wrong.some(inside))
      }
    }),
  )
})
