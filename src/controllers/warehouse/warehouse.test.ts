import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { pushSampleImage, startRegistry } from '../../../test/servers/registry.ts'
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
import { SecretKind } from '../../core/kinds/secret.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { getCondition } from '../../runtime/conditions.ts'
import gitSource from '../../sources/git.ts'
import imageSource from '../../sources/image.ts'

test('new artifacts become Freight, and the Warehouse says so', async (t) => {
  const { freight, get, until, events } = await startNumbers(
    t,
    { 'example.com/a': [2, 1], 'example.com/b': [9] },
    warehouse([a, b]),
  )
  const [made, ...others] = await freight()
  assert.deepEqual(others, [])
  assert.ok(made)
  assert.deepEqual(made.origin, { kind: 'Warehouse', name: 'web' })
  assert.deepEqual(made.images, [
    { repoURL: 'example.com/a', tag: '2', digest: 'sha256:2' },
    { repoURL: 'example.com/b', tag: '9', digest: 'sha256:9', subscriptionName: 'second' },
  ])
  const { status, metadata } = await get()
  assert.equal(status?.observedGeneration, metadata.generation)
  assert.equal(status?.lastFreightID, made.metadata.name)
  assert.equal(status.discoveredArtifacts?.images?.length, 2)
  const said = Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: value, reason: why }) => [
      type,
      `${value} ${why}`,
    ]),
  )
  assert.deepEqual(said, {
    Ready: 'True ArtifactsDiscovered',
    Healthy: 'True ReconciliationSucceeded',
    FreightCreationCriteriaSatisfied: 'True CriteriaSatisfied',
    FreightCreated: 'True NewFreight',
  })
  await until(async () => (await events()).length > 0)
  assert.deepEqual(await events(), ['"FreightCreated"'])
})

test('while nothing changes nothing is written, however often it looks', async (t) => {
  const { clock, writes, until, asked } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  await clock.advance(minute)
  const before = writes()
  for (let look = 0; look < 12; look += 1) {
    await clock.advance(5 * minute)
    await until(() => asked('example.com/a') >= look + 2)
  }
  assert.equal(writes(), before)
  assert.ok(asked('example.com/a') >= 13)
})

test('a newer artifact is found at the interval, not sooner', async (t) => {
  const { clock, freight, until, offer, asked } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  offer('example.com/a', 2, 1)
  await clock.advance(4 * minute)
  assert.equal(asked('example.com/a'), 1)
  await clock.advance(minute)
  await until(async () => (await freight()).length === 2)
})

test('S40: a wall clock that jumps by a day brings no look closer, and puts none off', async (t) => {
  const day = 24 * 60 * minute
  const { clock, freight, until, offer, asked } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  for (const [at, jump] of [-day, day, day, -day].entries()) {
    clock.jump(jump)
    offer('example.com/a', ...Array.from({ length: at + 2 }, (_, index) => at + 2 - index))
    await clock.advance(4 * minute)
    assert.equal(asked('example.com/a'), at + 1)
    await clock.advance(minute)
    await until(async () => (await freight()).length === at + 2)
  }
})

test('the installation can set a floor to the interval', async (t) => {
  const { source, offer, asked } = numbers()
  const { store, clock, reason, until } = await startWarehouses(t, [source], {
    minIntervalMs: 10 * minute,
  })
  offer('example.com/a', 1)
  await store.create(WarehouseKind, warehouse([a], { interval: '1s' }), as)
  await reason('Ready', 'ArtifactsDiscovered')
  await clock.advance(9 * minute)
  assert.equal(asked('example.com/a'), 1)
  await clock.advance(minute)
  await until(() => asked('example.com/a') === 2)
})

test('a refresh looks at once, and is acknowledged afterwards', async (t) => {
  const { store, get, freight, until, offer, asked } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  offer('example.com/a', 2)
  const annotations = { 'kargo.akuity.io/refresh': 'now' }
  await store.patch(
    WarehouseKind,
    { namespace: 'demo', name: 'web' },
    { metadata: { annotations } },
    as,
  )
  await until(async () => (await get()).status?.lastHandledRefresh === 'now')
  assert.equal((await freight()).length, 2)
  assert.equal(asked('example.com/a'), 2)
})

test('a refresh during a look makes it look again', async (t) => {
  const { source, offer, asked, holdUntil } = numbers()
  const { store, get, freight, reason, until } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  const held = Promise.withResolvers<void>()
  holdUntil(held.promise)
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Ready', 'DiscoveryInProgress')
  await until(() => asked('example.com/a') === 1)
  const annotations = { 'kargo.akuity.io/refresh': 'now' }
  await store.patch(
    WarehouseKind,
    { namespace: 'demo', name: 'web' },
    { metadata: { annotations } },
    as,
  )
  offer('example.com/a', 2)
  holdUntil(undefined)
  held.resolve()
  await until(async () => (await get()).status?.lastHandledRefresh === 'now')
  assert.equal(asked('example.com/a'), 2)
  assert.deepEqual((await freight()).flatMap(tagsOf), ['2'])
})

test('a failing subscription is named, the others are kept, and no Freight is made of stale parts', async (t) => {
  const { clock, get, freight, reason, until, offer, fail } = await startNumbers(
    t,
    { 'example.com/a': [1], 'example.com/b': [1] },
    warehouse([a, b]),
  )
  offer('example.com/a', 2)
  fail('example.com/b', 'Unreachable')
  await clock.advance(5 * minute)
  await reason('Healthy', 'DiscoveryFailed')
  const { status } = await get()
  assert.equal(getCondition(status, 'Ready')?.reason, 'DiscoveryFailure')
  const tags = status?.discoveredArtifacts?.images?.map(({ references }) => references?.[0]?.tag)
  assert.deepEqual(tags, ['2', '1'])
  const [error, ...others] = status?.gantry?.subscriptionErrors ?? []
  assert.deepEqual(others, [])
  assert.equal(error?.index, 1)
  assert.equal(error.name, 'second')
  assert.equal(error.code, 'Unreachable')
  assert.match(error.message, /second/)
  assert.equal((await freight()).length, 1)

  offer('example.com/b', 1)
  await clock.advance(minute)
  await reason('Ready', 'ArtifactsDiscovered')
  await until(async () => (await freight()).length === 2)
  assert.equal((await get()).status?.gantry?.subscriptionErrors, undefined)
})

test('a failure that lasts is retried with patience and written once', async (t) => {
  const { source, fail, asked } = numbers()
  const { store, clock, writes, reason, until } = await startWarehouses(t, [source])
  fail('example.com/a', 'Unreachable')
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Healthy', 'DiscoveryFailed')
  const before = writes()
  for (let round = 0; round < 20; round += 1)
    await until(async () => (await clock.advance(minute), true))
  assert.equal(writes(), before)
  assert.ok(asked('example.com/a') >= 5, `${asked('example.com/a')} looks`)
  assert.ok(asked('example.com/a') <= 15, `${asked('example.com/a')} looks`)
})

test('a remote that asks to be left alone is left alone', async (t) => {
  const { source, fail, asked } = numbers()
  const { store, clock, reason, until } = await startWarehouses(t, [source])
  fail('example.com/a', 'RateLimited', 60 * minute)
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Healthy', 'DiscoveryFailed')
  await clock.advance(59 * minute)
  assert.equal(asked('example.com/a'), 1)
  await clock.advance(2 * minute)
  await until(() => asked('example.com/a') === 2)
})

test('a slow subscription keeps no other Warehouse waiting', async (t) => {
  const { source, offer, holdUntil } = numbers()
  const { store, get, reason, until } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  offer('example.com/b', 1)
  const held = Promise.withResolvers<void>()
  holdUntil(held.promise)
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Ready', 'DiscoveryInProgress')
  holdUntil(undefined)
  await store.create(WarehouseKind, warehouse([b], {}, 'other'), as)
  await until(async () => getCondition((await get('other')).status, 'Ready')?.status === 'True')
  assert.equal(getCondition((await get()).status, 'Ready')?.reason, 'DiscoveryInProgress')
  held.resolve()
  await reason('Ready', 'ArtifactsDiscovered')
})

test('a subscription without artifacts is reported, without an error', async (t) => {
  const { source, offer } = numbers()
  const { store, get, freight, reason } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  await store.create(WarehouseKind, warehouse([a, b]), as)
  await reason('Ready', 'MissingImageReferences')
  const { status } = await get()
  assert.equal(getCondition(status, 'Healthy')?.reason, 'NoImageReferencesDiscovered')
  assert.equal(getCondition(status, 'Reconciling'), undefined)
  assert.deepEqual(await freight(), [])
})

test('with the Manual policy artifacts are listed and no Freight is made', async (t) => {
  const { get, freight } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a], { freightCreationPolicy: 'Manual' }),
  )
  const { status } = await get()
  assert.equal(status?.discoveredArtifacts?.images?.length, 1)
  assert.equal(getCondition(status, 'FreightCreated'), undefined)
  assert.deepEqual(await freight(), [])
})

test('what ranks below the last Freight is not turned into Freight by itself', async (t) => {
  const { clock, get, freight, reason, restart, offer } = await startNumbers(
    t,
    { 'example.com/a': [5, 4], 'example.com/b': [1] },
    warehouse([a, b]),
  )
  offer('example.com/a', 4)
  await restart()
  await clock.advance(6 * minute)
  await reason('Ready', 'Regressed')
  const { status } = await get()
  assert.equal(getCondition(status, 'FreightCreated')?.reason, 'Regressed')
  assert.deepEqual(status?.gantry?.regressions, [{ index: 0, last: '5', found: '4' }])
  assert.equal((await freight()).length, 1)

  offer('example.com/a', 6)
  await clock.advance(6 * minute)
  await reason('Ready', 'ArtifactsDiscovered')
  assert.equal((await freight()).length, 2)
  assert.equal((await get()).status?.gantry?.regressions, undefined)
})

test('an edited Warehouse may go backwards', async (t) => {
  const { store, get, freight, until, offer } = await startNumbers(
    t,
    { 'example.com/a': [5] },
    warehouse([a]),
  )
  offer('example.com/a', 4)
  const { spec } = warehouse([a], { interval: '6m' })
  await store.patch(WarehouseKind, { namespace: 'demo', name: 'web' }, { spec }, as)
  await until(async () => (await freight()).length === 2)
  assert.equal((await get()).status?.gantry?.lastFreight?.generation, 2)
})

test('an artifact whose Freight is there already makes none, and is no regression', async (t) => {
  const { clock, get, freight, reason, until, offer } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  offer('example.com/a', 2)
  await clock.advance(5 * minute)
  await until(async () => (await freight()).length === 2)
  offer('example.com/a', 1)
  await clock.advance(5 * minute)
  await reason('FreightCreated', 'AlreadyExists')
  assert.equal(getCondition((await get()).status, 'Ready')?.status, 'True')
  assert.equal((await freight()).length, 2)
})

test('criteria decide whether Freight is made', async (t) => {
  const { source, offer, asked } = numbers()
  const { store, clock, get, freight, reason, until } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  const freightCreationCriteria = { expression: "imageFrom('example.com/a').Tag == '2'" }
  await store.create(WarehouseKind, warehouse([a], { freightCreationCriteria }), as)
  await reason('FreightCreationCriteriaSatisfied', 'CriteriaNotSatisfied')
  assert.equal(getCondition((await get()).status, 'Ready')?.status, 'True')
  assert.deepEqual(await freight(), [])
  offer('example.com/a', 2)
  await clock.advance(5 * minute)
  await until(async () => (await freight()).length === 1)

  const broken = { freightCreationCriteria: { expression: 'imageFrom(' } }
  await store.patch(WarehouseKind, { namespace: 'demo', name: 'web' }, { spec: broken }, as)
  await reason('Ready', 'CriteriaEvaluationFailed')
  const { status } = await get()
  assert.equal(getCondition(status, 'Healthy')?.reason, 'CriteriaEvaluationFailed')
  assert.equal(getCondition(status, 'FreightCreationCriteriaSatisfied'), undefined)
  // Trying again cannot help: the next look comes at the interval.
  const looks = asked('example.com/a')
  await clock.advance(4 * minute)
  assert.equal(asked('example.com/a'), looks)
  await clock.advance(minute)
  await until(() => asked('example.com/a') === looks + 1)
})

test('a Secret that arrives makes refused looks try again at once', async (t) => {
  const { source, offer, fail, asked } = numbers()
  const { store, reason, until } = await startWarehouses(t, [source])
  fail('example.com/a', 'Unauthorized')
  await store.create(WarehouseKind, warehouse([a], { interval: '24h' }), as)
  await reason('Healthy', 'DiscoveryFailed')
  const before = asked('example.com/a')
  offer('example.com/a', 1)
  const labels = { 'kargo.akuity.io/cred-type': 'image' }
  await store.create(
    SecretKind,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'demo', labels } },
    as,
  )
  await until(() => asked('example.com/a') > before)
  await reason('Ready', 'ArtifactsDiscovered')
})

test('a subscription that nothing understands is named, and the others are looked at', async (t) => {
  const { source, offer } = numbers()
  const { store, get, reason } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  const unknown = { model: { config: {} }, name: 'm' }
  await store.create(WarehouseKind, warehouse([a, unknown, { number: {} }]), as)
  await reason('Healthy', 'DiscoveryFailed')
  const { status } = await get()
  const errors = status?.gantry?.subscriptionErrors ?? []
  assert.deepEqual(
    errors.map(({ index, code }) => [index, code]),
    [
      [1, 'NotSupported'],
      [2, 'Invalid'],
    ],
  )
  assert.equal(status?.discoveredArtifacts?.images?.length, 1)
})

test('a deleted Warehouse is looked at no more, and one of the same name begins anew', async (t) => {
  const { store, clock, until, asked } = await startNumbers(
    t,
    { 'example.com/a': [1] },
    warehouse([a]),
  )
  await store.delete(WarehouseKind, { namespace: 'demo', name: 'web' }, as)
  await clock.advance(30 * minute)
  assert.equal(asked('example.com/a'), 1)
  await store.create(WarehouseKind, warehouse([a]), as)
  await until(() => asked('example.com/a') === 2)
})

test('a real registry and a real git server: a new tag and a new commit become Freight', async (t) => {
  const registry = await startRegistry()
  const server = await startGitServer()
  t.after(async () => {
    await registry.close()
    await server.close()
  })
  const { mirrors } = await makeGitParts(t)
  const { store, clock, freight, reason, until, get } = await startWarehouses(
    t,
    [gitSource, imageSource],
    {
      mirrors,
    },
  )
  const gitUrl = await server.createRepo('app', { 'app.yaml': 'one' })
  const digest = await pushSampleImage(registry, 'team/app', '1.0.0')
  const repoURL = `${registry.host}/team/app`
  const subscriptions = [{ image: { repoURL, constraint: '^1.0.0' } }, { git: { repoURL: gitUrl } }]
  await store.create(WarehouseKind, warehouse(subscriptions), as)
  await reason('Ready', 'ArtifactsDiscovered')
  const [first] = await freight()
  assert.deepEqual(first?.images, [{ repoURL, tag: '1.0.0', digest }])
  const [head] = await server.commits('app', 'main')
  assert.equal(first.commits?.[0]?.id, head?.id)
  assert.equal(first.commits?.[0]?.message, head?.subject)

  await pushSampleImage(registry, 'team/app', '1.1.0')
  const id = await server.commit('app', 'main', { 'app.yaml': 'two' })
  await clock.advance(5 * minute)
  await until(async () => (await freight()).length === 2)
  const newest = (await freight()).find(({ metadata }) => metadata.name !== first.metadata.name)
  assert.ok(newest)
  assert.deepEqual(tagsOf(newest), ['1.1.0'])
  assert.equal(newest.commits?.[0]?.id, id)

  const made = newest.metadata.name
  await until(async () => (await get()).status?.lastFreightID === made)
  const before = server.requests.length
  registry.log.length = 0
  const version = (await get()).metadata.resourceVersion
  await clock.advance(5 * minute)
  await until(() => registry.log.length >= 3 && server.requests.length > before)
  await until(async () => (await clock.advance(minute), true))
  assert.ok(server.requests.slice(before).every(({ phase }) => phase === 'refs'))
  assert.ok(registry.log.every(({ method, path }) => method === 'HEAD' || path.includes('/tags/')))
  assert.equal((await get()).metadata.resourceVersion, version)
})
