import assert from 'node:assert/strict'
import { test } from 'node:test'
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
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { getCondition } from '../../runtime/conditions.ts'

function wishing(maxStaleness: string) {
  const object = warehouse([a, b])
  object.metadata.annotations = { 'gantry/max-staleness': maxStaleness }
  return object
}

test('a Warehouse that wishes it makes Freight with the last result of a subscription that cannot be read, and says so', async (t) => {
  const { clock, get, freight, reason, until, discovery, offer, fail } = await startNumbers(
    t,
    { 'example.com/a': [1], 'example.com/b': [1] },
    wishing('1h'),
  )
  offer('example.com/a', 2)
  fail('example.com/b', 'Unreachable')
  await clock.advance(5 * minute)
  await until(async () => (await freight()).length === 2)
  const made = (await freight()).find((each) => tagsOf(each).join() === '2,1')
  assert.match(made?.metadata.annotations?.['gantry/stale-artifacts'] ?? '', /second/)
  await reason('Ready', 'StaleArtifacts')
  const { status } = await get()
  assert.equal(getCondition(status, 'Ready')?.status, 'True')
  assert.equal(getCondition(status, 'Healthy')?.reason, 'DiscoveryFailed')
  assert.equal(status?.gantry?.subscriptionErrors?.[0]?.code, 'Unreachable')
  const [first, second] = (await discovery()).subscriptions
  assert.equal(first?.staleUntil, undefined)
  assert.ok(second?.staleUntil)
  assert.equal(second.isFresh, false)
})

test('a result that has become too old is used no more, at that moment', async (t) => {
  const { clock, freight, reason, offer, fail } = await startNumbers(
    t,
    { 'example.com/a': [1], 'example.com/b': [1] },
    wishing('20m'),
  )
  fail('example.com/b', 'Unreachable')
  await clock.advance(6 * minute)
  await reason('Ready', 'StaleArtifacts')
  await clock.advance(15 * minute)
  await reason('Ready', 'DiscoveryFailure')
  offer('example.com/a', 2)
  await clock.advance(10 * minute)
  assert.equal((await freight()).length, 1)
})

test('what an earlier process found counts as not seen until this one has looked', async (t) => {
  const { clock, freight, get, reason, restart, discovery, offer, fail } = await startNumbers(
    t,
    { 'example.com/a': [1], 'example.com/b': [1] },
    wishing('1h'),
  )
  offer('example.com/a', 2)
  fail('example.com/b', 'Unreachable')
  await restart()
  await clock.advance(minute)
  await reason('Ready', 'DiscoveryFailure')
  assert.equal((await freight()).length, 1)
  // What was found before is kept, and shown as what it is.
  assert.equal((await get()).status?.discoveredArtifacts?.images?.length, 2)
  const [, second] = (await discovery()).subscriptions
  assert.equal(second?.state, 'Failing')
  assert.equal(second.seenAt, undefined)
  assert.equal(second.best, '1')
})

test('a subscription that is tried again for long does not keep the others from being taken over', async (t) => {
  const { source, offer, fail, holdUntil } = numbers()
  const { store, clock, get, reason, until } = await startWarehouses(t, [source])
  offer('example.com/a', 1)
  fail('example.com/b', 'Unreachable')
  await store.create(WarehouseKind, warehouse([a, b]), as)
  await reason('Healthy', 'DiscoveryFailed')
  const held = Promise.withResolvers<void>()
  holdUntil(held.promise)
  t.after(() => held.resolve())
  await clock.advance(10_000)
  holdUntil(undefined)
  offer('example.com/a', 2)
  await clock.advance(6 * minute)
  const best = async () =>
    (await get()).status?.discoveredArtifacts?.images?.[0]?.references?.[0]?.tag
  await until(async () => (await best()) === '2')
  held.resolve()
})

test('a failure whose sentence differs only in numbers writes nothing', async (t) => {
  const { source, fail } = numbers()
  const { store, clock, writes, reason } = await startWarehouses(t, [source])
  fail('example.com/a', 'Unavailable')
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Healthy', 'DiscoveryFailed')
  const before = writes()
  for (let hour = 0; hour < 6; hour += 1) {
    fail('example.com/a', 'Unavailable', 1000 * (hour + 1))
    await clock.advance(60 * minute)
  }
  assert.equal(writes(), before)
})

test('a refresh looks at once at what is in backoff', async (t) => {
  const { source, fail, offer, asked } = numbers()
  const { store, reason, until, get } = await startWarehouses(t, [source])
  fail('example.com/a', 'Unavailable', 60 * minute)
  await store.create(WarehouseKind, warehouse([a]), as)
  await reason('Healthy', 'DiscoveryFailed')
  const before = asked('example.com/a')
  offer('example.com/a', 1)
  const patch = { metadata: { annotations: { 'kargo.akuity.io/refresh': 'now' } } }
  await store.patch(WarehouseKind, { namespace: 'demo', name: 'web' }, patch, as)
  await until(async () => (await get()).status?.lastHandledRefresh === 'now')
  assert.equal(asked('example.com/a'), before + 1)
})

test('what looks cost and found is told without a write', async (t) => {
  const { clock, writes, discovery } = await startNumbers(
    t,
    { 'example.com/a': [3, 2] },
    warehouse([a]),
  )
  await clock.advance(minute)
  const before = writes()
  const [first] = (await discovery()).subscriptions
  assert.equal(first?.state, 'Current')
  assert.equal(first.best, '3')
  assert.equal(first.artifacts, 2)
  assert.deepEqual(first.requests, { lastLook: 1, total: 1 })
  assert.deepEqual(first.budgets, [{ host: 'example.com', remaining: 99, limit: 100 }])
  assert.ok(first.lastLookAt !== undefined && first.nextLookAt !== undefined)
  await clock.advance(5 * minute)
  const [later] = (await discovery()).subscriptions
  assert.equal(later?.requests.total, 2)
  assert.equal(later.requests.lastLook, 1)
  assert.equal(later.changedAt, first.changedAt)
  assert.notEqual(later.lastLookAt, first.lastLookAt)
  assert.equal(writes(), before)
})
