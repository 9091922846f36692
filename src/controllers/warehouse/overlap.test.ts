import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startDocumentServer } from '../../../test/servers/document-server.ts'
import { pushSampleImage, startRegistry } from '../../../test/servers/registry.ts'
import { as, startWarehouses, warehouse } from '../../../test/warehouse-world.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { sources } from '../../plugins.gen.ts'

const count = 12

/** A registry that takes its time for each list of tags, and how many lists it was asked for at a time. */
async function setUp(t: TestContext) {
  const registry = await startRegistry()
  t.after(() => registry.close())
  const repos = Array.from({ length: count }, (_, n) => `team/app${n}`)
  for (const repo of repos) await pushSampleImage(registry, repo, '1.0.0')
  registry.log.length = 0
  registry.inject({ path: /tags\/list/, delayMs: 800, times: 1000 })
  const lists = () => registry.log.filter(({ path }) => path.includes('/tags/list'))
  const world = await startWarehouses(t, sources)
  let most = 0
  /** Until every repository was asked. */
  const untilAsked = (times: number): Promise<void> =>
    world.until(() => {
      most = Math.max(most, lists().filter(({ status }) => status === 0).length)
      return lists().filter(({ status }) => status === 200).length === times
    })
  const image = (repo: string) => ({ image: { repoURL: `${registry.host}/${repo}` } })
  return { ...world, registry, repos, image, untilAsked, most: () => most }
}

test('repositories of one registry do not wait for each other: half of its slots are for one Project', async (t) => {
  const { store, repos, image, untilAsked, most } = await setUp(t)
  await store.create(WarehouseKind, warehouse(repos.map(image)), as)
  await untilAsked(count)
  assert.ok(most() > 1 && most() <= 4, `${most()} at a time`)
})

test('two Projects have more of its slots than one, and no more than there are', async (t) => {
  const { store, repos, image, untilAsked, most } = await setUp(t)
  const half = count / 2
  for (const [namespace, own] of [
    ['demo', repos.slice(0, half)],
    ['other', repos.slice(half)],
  ] as const) {
    const object = warehouse(own.map(image))
    object.metadata.namespace = namespace
    await store.create(WarehouseKind, object, as)
  }
  await untilAsked(count)
  assert.ok(most() > 4 && most() <= 8, `${most()} at a time`)
})

test('a repository whose registry never answers for it keeps no other repository waiting', async (t) => {
  const { store, clock, registry, repos, image, until, breathe } = await setUp(t)
  registry.heal()
  registry.inject({ path: /app0\//, delayMs: 60_000, times: 1000 })
  await store.create(WarehouseKind, warehouse(repos.map(image)), as)
  const answered = (): Set<string> =>
    new Set(
      registry.log
        .filter(({ method, status }) => method === 'HEAD' && status === 200)
        .map(({ path }) => path),
    )
  await until(() => answered().size === count - 1)
  // While it is waited for, the others are not asked again and again.
  for (let second = 0; second < 20; second += 1) await clock.advance(1000)
  for (let breath = 0; breath < 20; breath += 1) await breathe()
  const lists = registry.log.filter(
    ({ path }) => path.includes('/tags/list') && !path.includes('app0/'),
  )
  assert.equal(lists.length, count - 1)
})

test('many subscriptions to one repository, and many charts of one index, are one request', async (t) => {
  const { store, registry, image, until } = await setUp(t)
  const charts = await startDocumentServer()
  t.after(() => charts.close())
  const names = Array.from({ length: count }, (_, n) => `chart${n}`)
  const entries = names.map((name) => `  ${name}:\n  - version: 1.0.0\n`).join('')
  charts.documents.set('/index.yaml', `entries:\n${entries}`)
  const subscriptions = names.flatMap((name, n) => [
    { ...image('team/app0'), name: `image${n}` },
    { chart: { repoURL: charts.url, name }, name },
  ])
  await store.create(WarehouseKind, warehouse(subscriptions), as)
  await until(async () => {
    const found = await store.get(WarehouseKind, { namespace: 'demo', name: 'web' })
    const { charts: seen = [], images = [] } = found?.status?.discoveredArtifacts ?? {}
    return seen.length === count && images.length === count
  })
  assert.equal(charts.log.length, 1)
  assert.equal(registry.log.filter(({ path }) => path.includes('/tags/list')).length, 1)
})
