import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
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
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { pushSampleImage, startRegistry } from '../../../test/servers/registry.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { freightName } from '../../core/names.ts'
import { getCondition } from '../../runtime/conditions.ts'
import gitSource from '../../sources/git.ts'
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

test('subscriptions that stand in another order make no second Freight of the same artifacts', async (t) => {
  const { store, freight, reason, until, get } = await startNumbers(
    t,
    { 'example.com/a': [1], 'example.com/b': [2] },
    warehouse([a, b]),
  )
  const [first] = await freight()
  const { generation } = (await get()).metadata
  await store.patch(WarehouseKind, at, { spec: { subscriptions: [b, a] } }, as)
  await until(async () => (await get()).status?.observedGeneration === (generation ?? 0) + 1)
  await reason('FreightCreated', 'AlreadyExists')
  const { status } = await get()
  assert.deepEqual(
    status?.discoveredArtifacts?.images?.map(({ repoURL }) => repoURL),
    ['example.com/b', 'example.com/a'],
  )
  assert.deepEqual(await freight(), [first])
})

/** What others do to the tags of a repository. */
const tagEvent = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 1, arbitrary: fc.constantFrom('empty', 'rewrite', 'restart', 'lose mirrors') },
)

test('tags of a real repository that come, go and are rewritten never lead backwards', async (t) => {
  const server = await startGitServer()
  t.after(server.close)
  let round = 0
  let regressed = 0
  await fc.assert(
    fc.asyncProperty(fc.array(tagEvent, { minLength: 3, maxLength: 6 }), async (story) => {
      round += 1
      const repo = `r${round}`
      const { mirrors, folder } = await makeGitParts(t)
      const world = await startWarehouses(t, [gitSource], { mirrors })
      const { store, clock, freight, restart, until, get } = world
      const git = {
        repoURL: await server.createRepo(repo, { f: '1' }),
        commitSelectionStrategy: 'SemVer',
      }
      await server.git(repo, 'tag', 'v1.5.0', 'main')
      await store.create(WarehouseKind, warehouse([{ git }]), as)
      await world.reason('Ready', 'ArtifactsDiscovered')
      for (const [step, event] of story.entries()) {
        const tags = (await server.git(repo, 'tag')).split('\n').filter(Boolean)
        if (event === 'restart') await restart()
        else if (event === 'lose mirrors')
          await rm(join(folder, 'mirrors'), { recursive: true, force: true })
        else if (event === 'empty') {
          for (const tag of tags) await server.git(repo, 'tag', '-d', tag)
        } else if (event === 'rewrite') {
          await server.commit(repo, 'main', { f: `rewritten ${step}` })
          for (const tag of tags) await server.git(repo, 'tag', '-f', tag, 'main')
        } else if (typeof event === 'object' && 'add' in event)
          await server.git(repo, 'tag', '-f', `v1.${event.add}.0`, 'main')
        else if (typeof event === 'object' && tags.includes(`v1.${event.remove}.0`))
          await server.git(repo, 'tag', '-d', `v1.${event.remove}.0`)
        const token = String(step)
        const annotations = { 'kargo.akuity.io/refresh': token }
        await store.patch(WarehouseKind, at, { metadata: { annotations } }, as)
        await until(async () => (await get()).status?.lastHandledRefresh === token)
        await clock.advance(1000)
        const made = (await freight()).toSorted(
          (x, y) => Number(x.metadata.resourceVersion) - Number(y.metadata.resourceVersion),
        )
        const minors = made.map(({ commits }) => Number(commits?.[0]?.tag?.split('.')[1]))
        // The newest Freight is never below one that was made before it.
        assert.deepEqual(
          minors,
          minors.toSorted((x, y) => x - y),
          JSON.stringify(story),
        )
        const { status } = await get()
        if (getCondition(status, 'Ready')?.reason === 'Regressed') regressed += 1
      }
    }),
    {
      numRuns: process.env['GANTRY_LONG'] === '1' ? 60 : 4,
      endOnFailure: true,
      examples: [[['rewrite', { add: 3 }, { remove: 5 }, 'restart', 'lose mirrors', { add: 6 }]]],
    },
  )
  assert.ok(regressed > 0)
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
