import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  a,
  as,
  b,
  minute,
  numbers,
  startNumbers,
  startWarehouses,
  tagsOf,
  warehouse,
} from '../../../test/warehouse-world.ts'
import { pushSampleImage, startRegistry } from '../../../test/servers/registry.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { freightName } from '../../core/names.ts'
import { getCondition } from '../../runtime/conditions.ts'
import imageSource from '../../sources/image.ts'

const at = { namespace: 'demo', name: 'web' }

test('whoever makes the refused Freight by hand goes on from there', async (t) => {
  const { store, clock, get, freight, reason, until, restart, offer } = await startNumbers(
    t,
    { 'example.com/a': [5] },
    warehouse([a]),
  )
  offer('example.com/a', 3)
  await clock.advance(5 * minute)
  await reason('Ready', 'Regressed')
  await restart()
  await clock.advance(minute)
  await reason('Ready', 'Regressed')

  const content = {
    origin: { kind: 'Warehouse', name: 'web' },
    images: [{ repoURL: 'example.com/a', tag: '3', digest: 'sha256:3' }],
  } as const
  const name = freightName(content)
  assert.equal((await get()).status?.gantry?.refusedFreight, name)
  await store.create(
    FreightKind,
    {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { name, namespace: 'demo' },
      origin: { ...content.origin },
      images: content.images.map((image) => ({ ...image })),
    },
    as,
  )
  // Not at the next look: at once.
  await reason('Ready', 'ArtifactsDiscovered')
  assert.equal((await get()).status?.gantry?.refusedFreight, undefined)
  offer('example.com/a', 4)
  await clock.advance(5 * minute)
  await until(async () => (await freight()).some((each) => tagsOf(each).join() === '4'))
})

test('a tag that vanishes from a registry makes no Freight, and all is well when it is back', async (t) => {
  const registry = await startRegistry()
  t.after(() => registry.close())
  const { store, clock, freight, reason, get, restart } = await startWarehouses(t, [imageSource])
  const repoURL = `${registry.host}/team/app`
  await pushSampleImage(registry, 'team/app', '1.0.0')
  const digest = await pushSampleImage(registry, 'team/app', '1.1.0')
  await store.create(WarehouseKind, warehouse([{ image: { repoURL } }]), as)
  await reason('Ready', 'ArtifactsDiscovered')
  const before = (await freight()).length
  const { tags } = registry.repo('team/app')
  tags.delete('1.1.0')
  await restart()
  await clock.advance(6 * minute)
  await reason('Ready', 'Regressed')
  assert.equal((await freight()).length, before)
  assert.deepEqual((await get()).status?.gantry?.regressions, [
    { index: 0, last: '1.1.0', found: '1.0.0' },
  ])
  tags.set('1.1.0', digest)
  await clock.advance(6 * minute)
  await reason('Ready', 'ArtifactsDiscovered')
  assert.equal(getCondition((await get()).status, 'Healthy')?.status, 'True')
  assert.equal((await freight()).length, before)
})

/** What can happen to a Warehouse: lists that lose entries, remotes that fail, restarts, refreshes. */
const happening = fc.oneof(
  fc.record({ a: fc.integer({ min: 1, max: 9 }), b: fc.integer({ min: 1, max: 9 }) }),
  fc.constantFrom('restart' as const, 'a fails' as const, 'b fails' as const, 'refresh' as const),
)

const runs = process.env['GANTRY_LONG'] === '1' ? 200 : 12

for (const [policy, what] of [
  [
    {},
    'whatever happens, no subscription ever goes back in Freight that a Warehouse makes by itself',
  ],
  [{ freightCreationPolicy: 'Manual' }, 'with the Manual policy nothing ever makes Freight'],
  [
    { freightCreationCriteria: { expression: 'false' } },
    'with criteria that do not hold nothing ever makes Freight',
  ],
] as const)
  test(what, async (t) => {
    const isAutomatic = Object.keys(policy).length === 0
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 8 }), async (story) => {
        const { source, offer, fail } = numbers()
        const world = await startWarehouses(t, [source])
        const { store, clock, freight, restart, breathe } = world
        const made: number[][] = []
        const seen = new Set<string>()
        offer('example.com/a', 5)
        offer('example.com/b', 5)
        await store.create(WarehouseKind, warehouse([a, b], { ...policy }), as)
        for (const event of [undefined, ...story]) {
          if (event === 'restart') await restart()
          else if (event === 'a fails') fail('example.com/a', 'Unreachable')
          else if (event === 'b fails') fail('example.com/b', 'Unavailable')
          else if (event === 'refresh') {
            const annotations = { 'kargo.akuity.io/refresh': String((round += 1)) }
            await store.patch(WarehouseKind, at, { metadata: { annotations } }, as)
          } else if (event !== undefined) {
            offer('example.com/a', event.a)
            offer('example.com/b', event.b)
          }
          for (let breath = 0; breath < 4; breath += 1) await breathe()
          await clock.advance(6 * minute)
          for (let breath = 0; breath < 4; breath += 1) await breathe()
          // In the order in which they were made: two may be new since the last look.
          const version = ({ metadata }: Freight) => Number(metadata.resourceVersion)
          for (const each of (await freight()).toSorted((x, y) => version(x) - version(y))) {
            if (seen.has(each.metadata.name)) continue
            seen.add(each.metadata.name)
            made.push(tagsOf(each).map(Number))
          }
        }
        if (!isAutomatic) assert.deepEqual(made, [])
        for (const [index, tags] of made.entries())
          for (const earlier of made.slice(0, index))
            assert.ok(
              tags.every((tag, which) => tag >= (earlier[which] ?? 0)),
              JSON.stringify(made),
            )
      }),
      {
        numRuns: isAutomatic ? runs : Math.ceil(runs / 4),
        examples: [[['b fails', { a: 6, b: 6 }]]],
      },
    )
  })
