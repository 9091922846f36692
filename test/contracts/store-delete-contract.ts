import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../fake-clock.ts'
import { asAdmin, type OpenStore, rejectsWith, watchByHand } from './store-under-test.ts'
import { namespace, NamespaceKind, testKinds, widget, WidgetKind } from './test-kinds.ts'

/** Deleting, and what holds it up. */
export function deleteContract(open: OpenStore): void {
  const ref = { namespace: 'demo', name: 'a' }
  const held = widget('a', { metadata: { name: 'a', finalizers: ['x/one', 'x/two'] } })

  test('a deleted object is gone, and its name is free again', async () => {
    const { store, close } = await open({ kinds: testKinds, clock: createFakeClock() })
    const first = await store.create(WidgetKind, widget('a'), asAdmin)
    assert.equal(await store.delete(WidgetKind, ref, asAdmin), 'deleted')
    assert.equal(await store.get(WidgetKind, ref), undefined)
    const second = await store.create(WidgetKind, widget('a'), asAdmin)
    assert.notEqual(second.metadata.uid, first.metadata.uid)
    await close()
  })

  test('a deletion meant for another version or another object is a Conflict', async () => {
    const { store, close } = await open({ kinds: testKinds, clock: createFakeClock() })
    const { metadata } = await store.create(WidgetKind, widget('a'), asAdmin)
    await store.patch(WidgetKind, ref, { spec: { x: 1 } }, asAdmin)
    const { resourceVersion, uid } = metadata
    await rejectsWith('Conflict', store.delete(WidgetKind, ref, { ...asAdmin, resourceVersion }))
    await rejectsWith('Conflict', store.delete(WidgetKind, ref, { ...asAdmin, uid: 'other' }))
    assert.equal(await store.delete(WidgetKind, ref, { ...asAdmin, uid }), 'deleted')
    await close()
  })

  test('finalizers hold a deleted object until the last one is removed', async () => {
    const clock = createFakeClock()
    const { store, close } = await open({ kinds: testKinds, clock })
    const first = await store.create(WidgetKind, held, asAdmin)
    const watch = watchByHand(store, WidgetKind, {
      resourceVersion: first.metadata.resourceVersion,
    })
    assert.equal(await store.delete(WidgetKind, ref, asAdmin), 'deleting')
    const marked = await store.get(WidgetKind, ref)
    assert.equal(marked?.metadata.deletionTimestamp, '2026-01-01T12:00:00Z')
    assert.equal(marked?.metadata.generation, 2)

    await clock.advance(5000)
    assert.equal(await store.delete(WidgetKind, ref, asAdmin), 'deleting')
    assert.deepEqual(await store.get(WidgetKind, ref), marked)

    const one = { metadata: { finalizers: ['x/two'] } }
    await store.patch(WidgetKind, ref, one, asAdmin)
    assert.notEqual(await store.get(WidgetKind, ref), undefined)
    const last = await store.patch(WidgetKind, ref, { metadata: { finalizers: null } }, asAdmin)
    assert.equal(last.metadata.finalizers, undefined)
    assert.equal(await store.get(WidgetKind, ref), undefined)
    const events = await watch.take(3)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['MODIFIED', 'MODIFIED', 'DELETED'],
    )
    await watch.stop()
    await close()
  })

  test('an object that is being deleted takes no new finalizer and cannot be revived', async () => {
    const { store, close } = await open({ kinds: testKinds, clock: createFakeClock() })
    await store.create(WidgetKind, held, asAdmin)
    await store.delete(WidgetKind, ref, asAdmin)
    const more = { metadata: { finalizers: ['x/one', 'x/two', 'x/three'] } }
    await rejectsWith('Invalid', store.patch(WidgetKind, ref, more, asAdmin))
    await store.patch(WidgetKind, ref, { metadata: { deletionTimestamp: null } }, asAdmin)
    const read = await store.get(WidgetKind, ref)
    assert.notEqual(read?.metadata.deletionTimestamp, undefined)
    await close()
  })

  test('a namespace stays, being deleted, while there is anything in it', async () => {
    const { store, close } = await open({ kinds: testKinds, clock: createFakeClock() })
    await store.create(NamespaceKind, namespace('demo'), asAdmin)
    await store.create(WidgetKind, widget('a'), asAdmin)
    const name = { name: 'demo' }
    assert.equal(await store.delete(NamespaceKind, name, asAdmin), 'deleting')
    assert.equal(await store.delete(NamespaceKind, name, asAdmin), 'deleting')
    await store.delete(WidgetKind, ref, asAdmin)
    assert.equal(await store.delete(NamespaceKind, name, asAdmin), 'deleted')
    await close()
  })
}
