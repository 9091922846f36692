import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { createFakeClock } from '../fake-clock.ts'
import { asAdmin, type OpenStore, rejectsWith, type StoreUnderTest } from './store-under-test.ts'
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
} from './test-kinds.ts'

/** Creating and changing. */
export function writeContract(open: OpenStore): void {
  const withStore = async (
    work: (under: StoreUnderTest & { clock: ReturnType<typeof createFakeClock> }) => Promise<void>,
    options: { requireNamespaces?: boolean } = {},
  ): Promise<void> => {
    const clock = createFakeClock()
    const under = await open({ kinds: testKinds, clock, ...options })
    try {
      await work({ ...under, clock })
    } finally {
      await under.close()
    }
  }

  test('a created object gets what only the server decides, and loses what was sent of it', () =>
    withStore(async ({ store }) => {
      const sent = widget('a', {
        metadata: {
          name: 'a',
          uid: 'mine',
          resourceVersion: '99',
          generation: 7,
          creationTimestamp: '2000-01-01T00:00:00Z',
          deletionTimestamp: '2000-01-01T00:00:00Z',
          managedFields: [{}],
          labels: { app: 'x' },
        },
        spec: { colour: 'red' },
        status: { phase: 'Done' },
      })
      const created = await store.create(WidgetKind, sent, asAdmin)
      const { uid, resourceVersion, ...metadata } = created.metadata
      assert.match(uid ?? '', /^[0-9a-f-]{36}$/)
      assert.match(resourceVersion ?? '', /^\d+$/)
      assert.deepEqual(metadata, {
        name: 'a',
        namespace: 'demo',
        generation: 1,
        creationTimestamp: '2026-01-01T12:00:00Z',
        labels: { app: 'x' },
      })
      assert.deepEqual(created.spec, { colour: 'red' })
      assert.equal(created.status, undefined)
      assert.deepEqual(await store.get(WidgetKind, { namespace: 'demo', name: 'a' }), created)
    }))

  test('a name is taken once in each namespace', () =>
    withStore(async ({ store }) => {
      await store.create(WidgetKind, widget('a'), asAdmin)
      await store.create(WidgetKind, widget('a', { namespace: 'other' }), asAdmin)
      await rejectsWith('AlreadyExists', store.create(WidgetKind, widget('a'), asAdmin))
    }))

  test('of many creates of one name at once exactly one succeeds', () =>
    withStore(async ({ store }) => {
      const attempts = Array.from({ length: 20 }, () =>
        store.create(WidgetKind, widget('a'), asAdmin),
      )
      const results = await Promise.allSettled(attempts)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }))

  test('generateName gives each object a name of its own', () =>
    withStore(async ({ store }) => {
      const names = new Set<string>()
      for (let turn = 0; turn < 20; turn++) {
        const sent = widget('', { metadata: { name: '', generateName: 'run-' } })
        const created = await store.create(WidgetKind, sent, asAdmin)
        assert.match(created.metadata.name, /^run-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
        names.add(created.metadata.name)
      }
      assert.equal(names.size, 20)
      const long = widget('', { metadata: { name: '', generateName: 'x'.repeat(80) } })
      assert.equal((await store.create(WidgetKind, long, asAdmin)).metadata.name.length, 63)
    }))

  test('an object without a usable name, namespace or type is refused', () =>
    withStore(async ({ store }) => {
      await rejectsWith('Invalid', store.create(WidgetKind, widget(''), asAdmin))
      await rejectsWith('Invalid', store.create(WidgetKind, widget('a/b'), asAdmin))
      await rejectsWith('Invalid', store.create(WidgetKind, widget('..'), asAdmin))
      await rejectsWith('Invalid', store.create(WidgetKind, widget('x'.repeat(254)), asAdmin))
      await rejectsWith(
        'Invalid',
        store.create(WidgetKind, widget('a', { namespace: '' }), asAdmin),
      )
      const other = { ...widget('a'), kind: 'Parcel' }
      await rejectsWith('BadRequest', store.create(WidgetKind, other, asAdmin))
      const foreign = { ...widget('a'), apiVersion: 'other.example/v1' }
      await rejectsWith('BadRequest', store.create(WidgetKind, foreign, asAdmin))
    }))

  test('what goes in is copied and what comes out is frozen', () =>
    withStore(async ({ store }) => {
      const spec: JsonObject = { colour: 'red', deep: { list: [1] } }
      const created = await store.create(WidgetKind, widget('a', { spec }), asAdmin)
      spec['colour'] = 'blue'
      assert.equal(created.spec?.['colour'], 'red')
      assert.ok(Object.isFrozen(created) && Object.isFrozen(created.spec?.['deep']))
      const read = await store.get(WidgetKind, created.metadata)
      assert.equal(read?.spec?.['colour'], 'red')
      assert.ok(Object.isFrozen(read) && Object.isFrozen(read.metadata))
    }))

  test('a stale write is a Conflict', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const second = await store.update(WidgetKind, { ...first, spec: { x: 1 } }, asAdmin)
      const stale = { ...first, spec: { x: 2 }, status: { x: 2 } }
      await rejectsWith('Conflict', store.update(WidgetKind, stale, asAdmin))
      await rejectsWith('Conflict', store.updateStatus(WidgetKind, stale, asAdmin))
      const { resourceVersion } = first.metadata
      const patch = { metadata: { resourceVersion }, spec: { x: 2 }, status: { x: 2 } }
      await rejectsWith('Conflict', store.patch(WidgetKind, first.metadata, patch, asAdmin))
      await rejectsWith('Conflict', store.patchStatus(WidgetKind, first.metadata, patch, asAdmin))
      assert.deepEqual(await store.get(WidgetKind, first.metadata), second)
    }))

  test('of many writers of one version exactly one wins', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, x) =>
          store.update(WidgetKind, { ...first, spec: { x } }, asAdmin),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }))

  test('a write without a version goes through, and one meant for another uid does not', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const updated = await store.update(WidgetKind, widget('a', { spec: { x: 1 } }), asAdmin)
      assert.deepEqual(updated.spec, { x: 1 })
      assert.equal(updated.metadata.uid, first.metadata.uid)
      const other = widget('a', { metadata: { name: 'a', uid: 'another' }, spec: { x: 2 } })
      await rejectsWith('Conflict', store.update(WidgetKind, other, asAdmin))
    }))

  test('changing what is not there is NotFound', () =>
    withStore(async ({ store }) => {
      const ref = { namespace: 'demo', name: 'none' }
      assert.equal(await store.get(WidgetKind, ref), undefined)
      await rejectsWith('NotFound', store.update(WidgetKind, widget('none'), asAdmin))
      await rejectsWith('NotFound', store.updateStatus(WidgetKind, widget('none'), asAdmin))
      await rejectsWith('NotFound', store.patch(WidgetKind, ref, {}, asAdmin))
      await rejectsWith('NotFound', store.patchStatus(WidgetKind, ref, {}, asAdmin))
      await rejectsWith('NotFound', store.delete(WidgetKind, ref, asAdmin))
    }))

  test('a write that changes nothing writes nothing', () =>
    withStore(async ({ store }) => {
      const sent = widget('a', { spec: { x: 1 }, metadata: { name: 'a', labels: { a: 'b' } } })
      const first = await store.create(WidgetKind, sent, asAdmin)
      const before = (await store.list(WidgetKind)).resourceVersion
      assert.deepEqual(await store.update(WidgetKind, sent, asAdmin), first)
      assert.deepEqual(
        await store.patch(WidgetKind, first.metadata, { spec: { x: 1 } }, asAdmin),
        first,
      )
      const emptied = { metadata: { annotations: {}, finalizers: [] } }
      assert.deepEqual(await store.patch(WidgetKind, first.metadata, emptied, asAdmin), first)
      await store.updateStatus(WidgetKind, first, asAdmin)
      assert.equal((await store.list(WidgetKind)).resourceVersion, before)
    }))

  test('generation moves with the spec, and neither with metadata nor with status', () =>
    withStore(async ({ store }) => {
      const { metadata } = await store.create(WidgetKind, widget('a'), asAdmin)
      const labelled = await store.patch(
        WidgetKind,
        metadata,
        { metadata: { labels: { a: 'b' } } },
        asAdmin,
      )
      assert.equal(labelled.metadata.generation, 1)
      const judged = await store.patchStatus(WidgetKind, metadata, { status: { x: 1 } }, asAdmin)
      assert.equal(judged.metadata.generation, 1)
      const changed = await store.patch(WidgetKind, metadata, { spec: { x: 1 } }, asAdmin)
      assert.equal(changed.metadata.generation, 2)
      const again = await store.patch(WidgetKind, metadata, { spec: { x: 2 } }, asAdmin)
      assert.equal(again.metadata.generation, 3)
    }))

  test('generation of a kind without a spec moves with whatever else it has', () =>
    withStore(async ({ store }) => {
      const { metadata } = await store.create(ParcelKind, parcel('a', { contents: {} }), asAdmin)
      const aliased = await store.patch(ParcelKind, metadata, { alias: 'x' }, asAdmin)
      assert.equal(aliased.metadata.generation, 2)
      const judged = await store.patchStatus(ParcelKind, metadata, { status: { x: 1 } }, asAdmin)
      assert.equal(judged.metadata.generation, 2)
    }))

  test('every write gives a version that was never given before, and later ones are larger', () =>
    withStore(async ({ store }) => {
      const versions: number[] = []
      for (let turn = 0; turn < 5; turn++) {
        const created = await store.create(WidgetKind, widget(`a${turn}`), asAdmin)
        const changed = await store.patch(WidgetKind, created.metadata, { spec: { turn } }, asAdmin)
        versions.push(
          Number(created.metadata.resourceVersion),
          Number(changed.metadata.resourceVersion),
        )
        await store.delete(WidgetKind, created.metadata, asAdmin)
      }
      assert.deepEqual(
        versions,
        [...new Set(versions)].sort((a, b) => a - b),
      )
    }))

  test('a write to the object leaves its status alone, and one to the status the object', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a', { spec: { x: 1 } }), asAdmin)
      const both = { ...first, spec: { x: 2 }, status: { y: 2 } }
      const judged = await store.updateStatus(
        WidgetKind,
        { ...both, metadata: { ...both.metadata, labels: { sneaked: 'in' } } },
        asAdmin,
      )
      assert.deepEqual(
        [judged.spec, judged.status, judged.metadata.labels],
        [{ x: 1 }, { y: 2 }, undefined],
      )
      const { resourceVersion: _resourceVersion, ...unversioned } = both.metadata
      const next = { ...both, metadata: unversioned, status: { y: 3 } }
      const updated = await store.update(WidgetKind, next, asAdmin)
      assert.deepEqual([updated.spec, updated.status], [{ x: 2 }, { y: 2 }])
      const patched = await store.patch(
        WidgetKind,
        first.metadata,
        { spec: { x: 3 }, status: { y: 3 } },
        asAdmin,
      )
      assert.deepEqual([patched.spec, patched.status], [{ x: 3 }, { y: 2 }])
      const patch = { spec: { x: 4 }, metadata: { labels: { a: 'b' } }, status: { z: 1 } }
      const merged = await store.patchStatus(WidgetKind, first.metadata, patch, asAdmin)
      assert.deepEqual(
        [merged.spec, merged.status, merged.metadata.labels],
        [{ x: 3 }, { y: 2, z: 1 }, undefined],
      )
      const gone = await store.patchStatus(WidgetKind, first.metadata, { status: null }, asAdmin)
      assert.equal(gone.status, undefined)
    }))

  test('a kind without a status subresource takes no status writes', () =>
    withStore(async ({ store }) => {
      const { metadata } = await store.create(SettingKind, setting('a', '1'), asAdmin)
      await rejectsWith('NotSupported', store.updateStatus(SettingKind, setting('a'), asAdmin))
      await rejectsWith(
        'NotSupported',
        store.patchStatus(SettingKind, metadata, { status: {} }, asAdmin),
      )
    }))

  test('a merge patch merges objects, replaces the rest and removes what is null', () =>
    withStore(async ({ store }) => {
      const spec = { keep: 1, drop: 2, deep: { keep: 1, drop: 2 }, list: [1, 2], scalar: 1 }
      const { metadata } = await store.create(WidgetKind, widget('a', { spec }), asAdmin)
      const patch = {
        spec: {
          drop: null,
          deep: { drop: null, add: { x: null, y: 1 } },
          list: [3],
          scalar: { a: 1 },
        },
      }
      const patched = await store.patch(WidgetKind, metadata, patch, asAdmin)
      assert.deepEqual(patched.spec, {
        keep: 1,
        deep: { keep: 1, add: { y: 1 } },
        list: [3],
        scalar: { a: 1 },
      })
    }))

  test('what only the server decides cannot be changed', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const forged = {
        generation: 40,
        creationTimestamp: '2000-01-01T00:00:00Z',
        deletionTimestamp: '2000-01-01T00:00:00Z',
        labels: { a: 'b' },
      }
      const patched = await store.patch(WidgetKind, first.metadata, { metadata: forged }, asAdmin)
      const { resourceVersion: _old, ...before } = first.metadata
      const { resourceVersion: _new, ...after } = patched.metadata
      assert.deepEqual(after, { ...before, labels: { a: 'b' } })
      await rejectsWith(
        'Invalid',
        store.patch(WidgetKind, first.metadata, { metadata: { name: 'b' } }, asAdmin),
      )
      await rejectsWith(
        'Conflict',
        store.patch(WidgetKind, first.metadata, { metadata: { uid: 'other' } }, asAdmin),
      )
      await rejectsWith(
        'BadRequest',
        store.patch(WidgetKind, first.metadata, { kind: 'X' }, asAdmin),
      )
      await rejectsWith(
        'BadRequest',
        store.patch(WidgetKind, first.metadata, { metadata: null }, asAdmin),
      )
    }))

  test('a member called __proto__ is data like any other', () =>
    withStore(async ({ store }) => {
      // As JSON brings it: an own member, not a prototype.
      const spec = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as JsonObject
      const { metadata } = await store.create(WidgetKind, widget('a', { spec }), asAdmin)
      await store.patch(
        WidgetKind,
        metadata,
        { spec: JSON.parse('{"__proto__": {"x": 1}}') },
        asAdmin,
      )
      const read = await store.get(WidgetKind, metadata)
      assert.equal(
        JSON.stringify(read?.spec),
        '{"__proto__":{"polluted":true,"x":1},"constructor":1}',
      )
      assert.equal(Reflect.get({}, 'polluted'), undefined)
    }))

  test('an object that is too large is refused and nothing else suffers', () =>
    withStore(async ({ store }) => {
      const large = widget('a', { spec: { text: 'x'.repeat(1_600_000) } })
      await rejectsWith('TooLarge', store.create(WidgetKind, large, asAdmin))
      await store.create(WidgetKind, widget('a'), asAdmin)
    }))

  test('a dry run answers as the write would and writes nothing', () =>
    withStore(async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const before = (await store.list(WidgetKind)).resourceVersion
      const dry = { ...asAdmin, dryRun: true }
      const created = await store.create(WidgetKind, widget('b', { spec: { x: 1 } }), dry)
      assert.deepEqual(created.spec, { x: 1 })
      const patched = await store.patch(WidgetKind, first.metadata, { spec: { x: 1 } }, dry)
      assert.deepEqual([patched.spec, patched.metadata.generation], [{ x: 1 }, 2])
      assert.equal(await store.delete(WidgetKind, first.metadata, dry), 'deleted')
      await rejectsWith('AlreadyExists', store.create(WidgetKind, widget('a'), dry))
      const { items, resourceVersion } = await store.list(WidgetKind)
      assert.deepEqual([items, resourceVersion], [[first], before])
    }))

  test('nothing enters a namespace that is being deleted', () =>
    withStore(async ({ store }) => {
      await store.create(NamespaceKind, namespace('demo'), asAdmin)
      await store.create(WidgetKind, widget('a'), asAdmin)
      await store.delete(NamespaceKind, { name: 'demo' }, asAdmin)
      await rejectsWith('Forbidden', store.create(WidgetKind, widget('b'), asAdmin))
    }))

  test('where namespaces are required, nothing enters one that is not there', () =>
    withStore(
      async ({ store }) => {
        await rejectsWith('NotFound', store.create(WidgetKind, widget('a'), asAdmin))
        await store.create(NamespaceKind, namespace('demo'), asAdmin)
        await store.create(WidgetKind, widget('a'), asAdmin)
      },
      { requireNamespaces: true },
    ))

  test('after close every call is Unavailable', () =>
    withStore(async ({ store, close }) => {
      await close()
      await rejectsWith('Unavailable', store.create(WidgetKind, widget('a'), asAdmin))
      await rejectsWith('Unavailable', store.get(WidgetKind, { namespace: 'demo', name: 'a' }))
      await rejectsWith('Unavailable', store.list(WidgetKind))
    }))
}
