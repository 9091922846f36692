import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin, type OpenStore, rejectsWith, withStore } from './store-under-test.ts'
import { parcel, ParcelKind, setting, SettingKind, widget, WidgetKind } from './test-kinds.ts'

/** Changing. */
export function changeContract(open: OpenStore): void {
  test('a stale write is a Conflict', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, x) =>
          store.update(WidgetKind, { ...first, spec: { x } }, asAdmin),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }))

  test('a write without a version goes through, and one meant for another uid does not', () =>
    withStore(open, async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const updated = await store.update(WidgetKind, widget('a', { spec: { x: 1 } }), asAdmin)
      assert.deepEqual(updated.spec, { x: 1 })
      assert.equal(updated.metadata.uid, first.metadata.uid)
      const other = widget('a', { metadata: { name: 'a', uid: 'another' }, spec: { x: 2 } })
      await rejectsWith('Conflict', store.update(WidgetKind, other, asAdmin))
    }))

  test('changing what is not there is NotFound', () =>
    withStore(open, async ({ store }) => {
      const ref = { namespace: 'demo', name: 'none' }
      assert.equal(await store.get(WidgetKind, ref), undefined)
      await rejectsWith('NotFound', store.update(WidgetKind, widget('none'), asAdmin))
      await rejectsWith('NotFound', store.updateStatus(WidgetKind, widget('none'), asAdmin))
      await rejectsWith('NotFound', store.patch(WidgetKind, ref, {}, asAdmin))
      await rejectsWith('NotFound', store.patchStatus(WidgetKind, ref, {}, asAdmin))
      await rejectsWith('NotFound', store.delete(WidgetKind, ref, asAdmin))
    }))

  test('a write that changes nothing writes nothing', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      const { metadata } = await store.create(ParcelKind, parcel('a', { contents: {} }), asAdmin)
      const aliased = await store.patch(ParcelKind, metadata, { alias: 'x' }, asAdmin)
      assert.equal(aliased.metadata.generation, 2)
      const judged = await store.patchStatus(ParcelKind, metadata, { status: { x: 1 } }, asAdmin)
      assert.equal(judged.metadata.generation, 2)
    }))

  test('generation does not move with a status that is no subresource either', () =>
    withStore(open, async ({ store }) => {
      const { metadata } = await store.create(SettingKind, setting('a', '1'), asAdmin)
      const judged = await store.patch(SettingKind, metadata, { status: { x: 1 } }, asAdmin)
      assert.equal(judged.metadata.generation, 1)
      assert.deepEqual(Reflect.get(judged, 'status'), { x: 1 })
    }))

  test('every write gives a version that was never given before, and later ones are larger', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      const { metadata } = await store.create(SettingKind, setting('a', '1'), asAdmin)
      await rejectsWith('NotSupported', store.updateStatus(SettingKind, setting('a'), asAdmin))
      await rejectsWith(
        'NotSupported',
        store.patchStatus(SettingKind, metadata, { status: {} }, asAdmin),
      )
    }))

  test('a merge patch merges objects, replaces the rest and removes what is null', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
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

  test('a dry run answers as the write would and writes nothing', () =>
    withStore(open, async ({ store }) => {
      const first = await store.create(WidgetKind, widget('a'), asAdmin)
      const before = (await store.list(WidgetKind)).resourceVersion
      const dry = { ...asAdmin, dryRun: true }
      const created = await store.create(WidgetKind, widget('b', { spec: { x: 1 } }), dry)
      assert.deepEqual(created.spec, { x: 1 })
      const patched = await store.patch(WidgetKind, first.metadata, { spec: { x: 1 } }, dry)
      assert.deepEqual([patched.spec, patched.metadata.generation], [{ x: 1 }, 2])
      assert.ok(Object.isFrozen(created.spec) && Object.isFrozen(patched.metadata))
      assert.equal(await store.delete(WidgetKind, first.metadata, dry), 'deleted')
      await rejectsWith('AlreadyExists', store.create(WidgetKind, widget('a'), dry))
      const { items, resourceVersion } = await store.list(WidgetKind)
      assert.deepEqual([items, resourceVersion], [[first], before])
    }))
}
