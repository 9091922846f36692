import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../fake-clock.ts'
import { asAdmin, type OpenStore, rejectsWith, watchByHand } from './store-under-test.ts'
import { parcel, ParcelKind, testKinds, widget, WidgetKind } from './test-kinds.ts'

/** Watching. */
export function watchContract(open: OpenStore): void {
  const start = (changeLogCapacity?: number) =>
    open({ kinds: testKinds, clock: createFakeClock(), changeLogCapacity })

  test('a watch first tells what there is, then a bookmark, then each change in order', async () => {
    const { store, close } = await start()
    await store.create(WidgetKind, widget('b'), asAdmin)
    const first = await store.create(WidgetKind, widget('a'), asAdmin)
    const watch = watchByHand(store, WidgetKind)
    assert.deepEqual(await watch.brief(3), ['ADDED demo/a', 'ADDED demo/b', 'BOOKMARK'])
    const changed = await store.patch(WidgetKind, first.metadata, { spec: { x: 1 } }, asAdmin)
    await store.create(ParcelKind, parcel('other-kind'), asAdmin)
    await store.delete(WidgetKind, first.metadata, asAdmin)
    const created = await store.create(WidgetKind, widget('c'), asAdmin)
    const [modified, deleted, added] = await watch.take(3)
    assert.deepEqual(modified, {
      type: 'MODIFIED',
      object: changed,
      resourceVersion: changed.metadata.resourceVersion,
    })
    assert.ok(deleted?.type === 'DELETED')
    assert.deepEqual(deleted.object.spec, { x: 1 })
    assert.ok(Number(deleted.resourceVersion) > Number(modified?.resourceVersion))
    assert.equal(deleted.object.metadata.resourceVersion, deleted.resourceVersion)
    assert.deepEqual(added, {
      type: 'ADDED',
      object: created,
      resourceVersion: created.metadata.resourceVersion,
    })
    await watch.stop()
    await close()
  })

  test('a watch resumes just after any version it has seen', async () => {
    const { store, close } = await start()
    const versions: string[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      const { metadata } = await store.create(WidgetKind, widget(name), asAdmin)
      versions.push(metadata.resourceVersion ?? '')
      await store.create(ParcelKind, parcel(name), asAdmin)
    }
    const all = ['ADDED demo/a', 'ADDED demo/b', 'ADDED demo/c', 'ADDED demo/d']
    for (const [at, resourceVersion] of versions.entries()) {
      const watch = watchByHand(store, WidgetKind, { resourceVersion })
      const rest = all.slice(at + 1)
      assert.deepEqual(await watch.brief(rest.length), rest)
      await watch.stop()
    }
    await close()
  })

  test('the version of a list is where a watch goes on without a gap', async () => {
    const { store, close } = await start()
    await store.create(WidgetKind, widget('a'), asAdmin)
    const { resourceVersion } = await store.list(WidgetKind)
    await store.create(WidgetKind, widget('b'), asAdmin)
    const watch = watchByHand(store, WidgetKind, { resourceVersion })
    assert.deepEqual(await watch.brief(1), ['ADDED demo/b'])
    await watch.stop()
    await close()
  })

  test('a watch of one namespace hears of nothing else', async () => {
    const { store, close } = await start()
    const watch = watchByHand(store, WidgetKind, { namespace: 'one' })
    assert.deepEqual(await watch.brief(1), ['BOOKMARK'])
    await store.create(WidgetKind, widget('a', { namespace: 'two' }), asAdmin)
    await store.create(WidgetKind, widget('b', { namespace: 'one' }), asAdmin)
    assert.deepEqual(await watch.brief(1), ['ADDED one/b'])
    await watch.stop()
    await close()
  })

  test('a version that is too old, or was never given, is Expired', async () => {
    const { store, close } = await start(4)
    const { metadata } = await store.create(WidgetKind, widget('a'), asAdmin)
    for (let x = 0; x < 20; x++) await store.patch(WidgetKind, metadata, { spec: { x } }, asAdmin)
    const { resourceVersion } = metadata
    await rejectsWith('Expired', watchByHand(store, WidgetKind, { resourceVersion }).take(1))
    await rejectsWith(
      'Expired',
      watchByHand(store, WidgetKind, { resourceVersion: '9999' }).take(1),
    )
    await rejectsWith(
      'BadRequest',
      watchByHand(store, WidgetKind, { resourceVersion: 'x' }).take(1),
    )
    await close()
  })

  test('a watcher that stops reading is Expired instead of remembered for', async () => {
    const { store, close } = await start(4)
    const watch = watchByHand(store, WidgetKind)
    assert.deepEqual(await watch.brief(1), ['BOOKMARK'])
    for (let x = 0; x < 20; x++) await store.create(WidgetKind, widget(`a${x}`), asAdmin)
    await rejectsWith('Expired', watch.take(20))
    await close()
  })

  test('a watcher that keeps up hears of every change, however many there are', async () => {
    const { store, close } = await start(4)
    const { metadata } = await store.create(WidgetKind, widget('a'), asAdmin)
    const watch = watchByHand(store, WidgetKind, { resourceVersion: metadata.resourceVersion })
    for (let x = 0; x < 50; x++) {
      const changed = await store.patch(WidgetKind, metadata, { spec: { x } }, asAdmin)
      const [event] = await watch.take(1)
      assert.equal(event?.resourceVersion, changed.metadata.resourceVersion)
    }
    await watch.stop()
    await close()
  })

  test('the log of one kind is not used up by another', async () => {
    const { store, close } = await start(4)
    const { metadata } = await store.create(WidgetKind, widget('a'), asAdmin)
    for (let x = 0; x < 20; x++) await store.create(ParcelKind, parcel(`p${x}`), asAdmin)
    const watch = watchByHand(store, WidgetKind, { resourceVersion: metadata.resourceVersion })
    await store.create(WidgetKind, widget('b'), asAdmin)
    assert.deepEqual(await watch.brief(1), ['ADDED demo/b'])
    await watch.stop()
    await close()
  })

  test('a quiet watcher gets a bookmark when the rest of the store has moved on far', async () => {
    const { store, close } = await start()
    const watch = watchByHand(store, WidgetKind)
    const [before] = await watch.take(1)
    const waiting = watch.take(1)
    await Promise.all(
      Array.from({ length: 1200 }, (_, x) => store.create(ParcelKind, parcel(`p${x}`), asAdmin)),
    )
    const [after] = await waiting
    assert.equal(after?.type, 'BOOKMARK')
    assert.ok(Number(after?.resourceVersion) >= Number(before?.resourceVersion) + 1000)
    await watch.stop()
    await close()
  })

  test('a watch ends when its signal aborts, and when the store is closed', async () => {
    const { store, close } = await start()
    const aborter = new AbortController()
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of store.watch(WidgetKind, {}, aborter.signal)) seen.push(event.type)
    })()
    const other = watchByHand(store, WidgetKind)
    assert.deepEqual(await other.brief(1), ['BOOKMARK'])
    aborter.abort()
    await reading
    assert.deepEqual(seen, ['BOOKMARK'])
    const ended = assert.rejects(other.take(1), /ended/)
    await close()
    await ended
  })

  test('nobody hears of a write before it is acknowledged to be there', async () => {
    const { store, close } = await start()
    const watch = watchByHand(store, WidgetKind)
    await watch.take(1)
    const writing = store.create(WidgetKind, widget('a'), asAdmin)
    await watch.take(1)
    assert.notEqual(await store.get(WidgetKind, { namespace: 'demo', name: 'a' }), undefined)
    await writing
    await watch.stop()
    await close()
  })
}
