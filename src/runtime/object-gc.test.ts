import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  namespace,
  NamespaceKind,
  parcel,
  ParcelKind,
  setting,
  SettingKind,
  testKinds,
  widget,
  WidgetKind,
} from '../../test/contracts/test-kinds.ts'
import { asAdmin } from '../../test/contracts/store-under-test.ts'
import { createFakeClock } from '../../test/fake-clock.ts'
import { GantryError } from '../core/errors.ts'
import type { KubeObject, OwnerReference } from '../core/kinds/kind.ts'
import { silentLogger } from '../core/log.ts'
import { createMemoryStore } from '../stores/memory.ts'
import type { Admission, Store } from '../store.ts'
import { createCache } from './cache.ts'
import { slim } from './controller.ts'
import { createObjectGc, type ObjectGc } from './object-gc.ts'

interface Scene {
  readonly store: Store
  readonly gc: ObjectGc
  readonly clock: ReturnType<typeof createFakeClock>
  /** Lets watches bring what was written and the collector do what follows from it. */
  readonly settle: () => Promise<void>
}

async function withGc(
  work: (scene: Scene) => Promise<void>,
  options: {
    prepare?: (store: Store) => Promise<void>
    admission?: Admission
  } = {},
): Promise<void> {
  const clock = createFakeClock()
  const { prepare, ...rest } = options
  const store = createMemoryStore({ kinds: testKinds, clock, ...rest })
  await prepare?.(store)
  const parts = { store, kinds: testKinds, clock, log: silentLogger }
  const gc = createObjectGc(parts)
  const cache = createCache({ ...parts, observer: gc.observer })
  cache.start()
  gc.start()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await clock.settle()
      await gc.idle()
    }
  }
  await settle()
  await work({ store, gc, clock, settle })
  gc.stop()
  await cache.stop()
  await store.close()
}

const ownedBy = (...owners: readonly KubeObject[]): { ownerReferences: OwnerReference[] } => ({
  ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
  })),
})

/** The store, but that its watches lose what they would have told and cannot go on from before `cut.version`. */
function cutOff(store: Store, cut: { isNow: boolean; version: number }): Store {
  const expired = (): GantryError => new GantryError('Expired', 'cut off')
  return {
    ...store,
    async *watch(kind, query, signal) {
      if (Number(query.resourceVersion ?? cut.version) < cut.version) throw expired()
      for await (const event of store.watch(kind, query, signal)) {
        if (cut.isNow) throw expired()
        yield event
      }
    },
  }
}

const names = async (store: Store): Promise<string> => {
  const lists = await Promise.all([store.list(WidgetKind), store.list(ParcelKind)])
  return lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name)).join(' ')
}

const owned = (name: string, ...owners: readonly KubeObject[]) =>
  parcel(name, { metadata: { name, namespace: 'demo', ...ownedBy(...owners) } })

test('what an object owns goes with it, and what that owns, too', () =>
  withGc(async ({ store, settle }) => {
    const root = await store.create(WidgetKind, widget('root'), asAdmin)
    const child = await store.create(ParcelKind, owned('child', root), asAdmin)
    await store.create(ParcelKind, owned('grandchild', child), asAdmin)
    await store.create(ParcelKind, parcel('stranger'), asAdmin)
    await settle()
    assert.equal(await names(store), 'root child grandchild stranger')
    await store.delete(WidgetKind, root.metadata, asAdmin)
    await settle()
    assert.equal(await names(store), 'stranger')
  }))

test('an object with several owners goes only when all of them are gone', () =>
  withGc(async ({ store, settle }) => {
    const one = await store.create(WidgetKind, widget('one'), asAdmin)
    const two = await store.create(SettingKind, setting('two'), asAdmin)
    await store.create(ParcelKind, owned('shared', one, two), asAdmin)
    await store.delete(WidgetKind, one.metadata, asAdmin)
    await settle()
    assert.equal(await names(store), 'shared')
    await store.delete(SettingKind, two.metadata, asAdmin)
    await settle()
    assert.equal(await names(store), '')
  }))

test('an owner of the same name but another uid is no owner', () =>
  withGc(async ({ store, settle }) => {
    const one = await store.create(WidgetKind, widget('one'), asAdmin)
    await store.delete(WidgetKind, one.metadata, asAdmin)
    await store.create(WidgetKind, widget('one'), asAdmin)
    await store.create(ParcelKind, owned('late', one), asAdmin)
    await settle()
    assert.equal(await names(store), 'one')
  }))

test('an owner that is only being deleted still holds what it owns', () =>
  withGc(async ({ store, settle }) => {
    const held = widget('held', { metadata: { name: 'held', finalizers: ['x/y'] } })
    const owner = await store.create(WidgetKind, held, asAdmin)
    await store.create(ParcelKind, owned('child', owner), asAdmin)
    await store.delete(WidgetKind, owner.metadata, asAdmin)
    await settle()
    assert.equal(await names(store), 'held child')
    await store.patch(WidgetKind, owner.metadata, { metadata: { finalizers: null } }, asAdmin)
    await settle()
    assert.equal(await names(store), '')
  }))

test('an owner of an unknown kind counts as alive', () =>
  withGc(async ({ store, settle }) => {
    const foreign = { apiVersion: 'other.example/v1', kind: 'Thing', name: 'x', uid: 'u' }
    const metadata = { name: 'child', namespace: 'demo', ownerReferences: [foreign] }
    await store.create(ParcelKind, parcel('child', { metadata }), asAdmin)
    await settle()
    assert.equal(await names(store), 'child')
  }))

test('what lost its owner while nobody looked goes at the start', async () => {
  const prepare = async (store: Store): Promise<void> => {
    const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
    await store.create(ParcelKind, owned('orphan', owner), asAdmin)
    await store.delete(WidgetKind, owner.metadata, asAdmin)
  }
  await withGc(async ({ store }) => assert.equal(await names(store), ''), { prepare })
})

test('nothing is deleted before the collector is started, and all that was due then', async () => {
  const clock = createFakeClock()
  const store = createMemoryStore({ kinds: testKinds, clock })
  const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
  await store.create(ParcelKind, owned('orphan', owner), asAdmin)
  // What the cache keeps of an object is not what decides.
  const slims = [
    slim(ParcelKind, ({ metadata: { ownerReferences: _owners, ...kept }, ...rest }) => ({
      ...rest,
      metadata: kept,
    })),
  ]
  const parts = { store, kinds: testKinds, clock, log: silentLogger }
  const gc = createObjectGc(parts)
  const cache = createCache({ ...parts, slims, observer: gc.observer })
  cache.start()
  await cache.synced()
  await store.delete(WidgetKind, owner.metadata, asAdmin)
  await clock.settle()
  assert.equal(await names(store), 'orphan')
  gc.start()
  await gc.idle()
  assert.equal(await names(store), '')
  gc.stop()
  await cache.stop()
  await store.close()
})

test('an owner reference that is taken off in time saves the object', () =>
  withGc(async ({ store, settle }) => {
    const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
    const child = await store.create(ParcelKind, owned('child', owner), asAdmin)
    await store.patch(ParcelKind, child.metadata, { metadata: { ownerReferences: null } }, asAdmin)
    await store.delete(WidgetKind, owner.metadata, asAdmin)
    await settle()
    assert.equal(await names(store), 'child')
  }))

test('a namespace takes its contents along and goes last, finalizers honoured', () =>
  withGc(async ({ store, settle }) => {
    await store.create(NamespaceKind, namespace('demo'), asAdmin)
    for (let at = 0; at < 450; at++) await store.create(WidgetKind, widget(`w${at}`), asAdmin)
    const held = parcel('held', {
      metadata: { name: 'held', namespace: 'demo', finalizers: ['x/y'] },
    })
    await store.create(ParcelKind, held, asAdmin)
    await store.create(WidgetKind, widget('safe', { namespace: 'other' }), asAdmin)
    await store.delete(NamespaceKind, { name: 'demo' }, asAdmin)
    await settle()
    assert.equal(await names(store), 'safe held')
    const waiting = await store.get(NamespaceKind, { name: 'demo' })
    assert.notEqual(waiting?.metadata.deletionTimestamp, undefined)
    await store.patch(ParcelKind, held.metadata, { metadata: { finalizers: null } }, asAdmin)
    await settle()
    assert.equal(await names(store), 'safe')
    assert.equal(await store.get(NamespaceKind, { name: 'demo' }), undefined)
  }))

test('a namespace whose own finalizer is removed last goes then', () =>
  withGc(async ({ store, settle }) => {
    const metadata = { name: 'demo', finalizers: ['x/y'] }
    await store.create(NamespaceKind, { ...namespace('demo'), metadata }, asAdmin)
    await store.create(WidgetKind, widget('a'), asAdmin)
    await store.delete(NamespaceKind, metadata, asAdmin)
    await settle()
    assert.equal(await names(store), '')
    await store.patch(NamespaceKind, metadata, { metadata: { finalizers: null } }, asAdmin)
    assert.equal(await store.get(NamespaceKind, metadata), undefined)
  }))

test('a deletion that is refused is tried again, later and later', async () => {
  const attempts: number[] = []
  let isRefusing = true
  const clock = { now: (): number => 0 }
  const admission: Admission = {
    async admit({ operation, kind, object }) {
      if (operation === 'DELETE' && kind.kind === 'Parcel') {
        attempts.push(clock.now())
        if (isRefusing) throw new GantryError('Forbidden', 'not now')
      }
      return { object }
    },
  }
  await withGc(
    async ({ store, settle, clock: fake }) => {
      clock.now = () => fake.monotonic()
      const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
      await store.create(ParcelKind, owned('child', owner), asAdmin)
      await store.delete(WidgetKind, owner.metadata, asAdmin)
      await settle()
      await fake.advance(10_000)
      assert.deepEqual(attempts, [0, 500, 1500, 3500, 7500])
      isRefusing = false
      await fake.advance(10_000)
      assert.equal(await names(store), '')
    },
    { admission },
  )
})

test('what cannot go yet keeps nothing else of its namespace', async () => {
  let isRefusing = true
  const admission: Admission = {
    async admit({ operation, kind, object }) {
      if (operation === 'DELETE' && kind.kind === 'Widget' && isRefusing)
        throw new GantryError('Forbidden', 'in use')
      return { object }
    },
  }
  await withGc(
    async ({ store, settle, clock }) => {
      await store.create(NamespaceKind, namespace('demo'), asAdmin)
      await store.create(WidgetKind, widget('w'), asAdmin)
      await store.create(ParcelKind, parcel('p'), asAdmin)
      await store.delete(NamespaceKind, { name: 'demo' }, asAdmin)
      await settle()
      assert.equal(await names(store), 'w')
      isRefusing = false
      await clock.advance(10_000)
      assert.equal(await names(store), '')
      assert.equal(await store.get(NamespaceKind, { name: 'demo' }), undefined)
    },
    { admission },
  )
})

test('a collector whose watch is too old lists anew and misses nothing', async () => {
  const clock = createFakeClock()
  const store = createMemoryStore({ kinds: testKinds, clock })
  const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
  await store.create(ParcelKind, owned('child', owner), asAdmin)
  const cut = { isNow: false, version: 0 }
  const parts = { store: cutOff(store, cut), kinds: testKinds, clock, log: silentLogger }
  const gc = createObjectGc(parts)
  const cache = createCache({ ...parts, observer: gc.observer })
  cache.start()
  gc.start()
  await gc.idle()
  await clock.settle()

  cut.isNow = true
  await store.delete(WidgetKind, owner.metadata, asAdmin)
  await clock.settle()
  cut.version = Number((await store.list(WidgetKind)).resourceVersion)
  cut.isNow = false
  await clock.advance(5000)
  await gc.idle()
  assert.equal(await names(store), '')
  gc.stop()
  await cache.stop()
  await store.close()
})

test('a collector with nothing to do writes nothing and looks at nothing', () =>
  withGc(async ({ store, clock, settle }) => {
    const owner = await store.create(WidgetKind, widget('owner'), asAdmin)
    await store.create(ParcelKind, owned('child', owner), asAdmin)
    await settle()
    const { resourceVersion } = await store.list(WidgetKind)
    await clock.advance(24 * 3_600_000)
    assert.equal(clock.pending, 0)
    assert.equal((await store.list(WidgetKind)).resourceVersion, resourceVersion)
  }))
