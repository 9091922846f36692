import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { asAdmin, type OpenStore, rejectsWith, withStore } from './store-under-test.ts'
import { namespace, NamespaceKind, widget, WidgetKind } from './test-kinds.ts'

/** Creating. */
export function createContract(open: OpenStore): void {
  test('a created object gets what only the server decides, and loses what was sent of it', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      await store.create(WidgetKind, widget('a'), asAdmin)
      await store.create(WidgetKind, widget('a', { namespace: 'other' }), asAdmin)
      await rejectsWith('AlreadyExists', store.create(WidgetKind, widget('a'), asAdmin))
    }))

  test('of many creates of one name at once exactly one succeeds', () =>
    withStore(open, async ({ store }) => {
      const attempts = Array.from({ length: 20 }, () =>
        store.create(WidgetKind, widget('a'), asAdmin),
      )
      const results = await Promise.allSettled(attempts)
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    }))

  test('generateName gives each object a name of its own', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      const spec: JsonObject = { colour: 'red', deep: { list: [1] } }
      const created = await store.create(WidgetKind, widget('a', { spec }), asAdmin)
      spec['colour'] = 'blue'
      assert.equal(created.spec?.['colour'], 'red')
      assert.ok(Object.isFrozen(created) && Object.isFrozen(created.spec?.['deep']))
      const read = await store.get(WidgetKind, created.metadata)
      assert.equal(read?.spec?.['colour'], 'red')
      assert.ok(Object.isFrozen(read) && Object.isFrozen(read.metadata))
    }))

  test('a member called __proto__ is data like any other', () =>
    withStore(open, async ({ store }) => {
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
    withStore(open, async ({ store }) => {
      const large = widget('a', { spec: { text: 'x'.repeat(1_600_000) } })
      await rejectsWith('TooLarge', store.create(WidgetKind, large, asAdmin))
      await store.create(WidgetKind, widget('a'), asAdmin)
    }))

  test('nothing enters a namespace that is being deleted', () =>
    withStore(open, async ({ store }) => {
      await store.create(NamespaceKind, namespace('demo'), asAdmin)
      await store.create(WidgetKind, widget('a'), asAdmin)
      await store.delete(NamespaceKind, { name: 'demo' }, asAdmin)
      await rejectsWith('Forbidden', store.create(WidgetKind, widget('b'), asAdmin))
    }))

  test('where namespaces are required, nothing enters one that is not there', () =>
    withStore(
      open,
      async ({ store }) => {
        await rejectsWith('NotFound', store.create(WidgetKind, widget('a'), asAdmin))
        await store.create(NamespaceKind, namespace('demo'), asAdmin)
        await store.create(WidgetKind, widget('a'), asAdmin)
      },
      { requireNamespaces: true },
    ))

  test('after close every call is Unavailable', () =>
    withStore(open, async ({ store, close }) => {
      await close()
      await rejectsWith('Unavailable', store.create(WidgetKind, widget('a'), asAdmin))
      await rejectsWith('Unavailable', store.get(WidgetKind, { namespace: 'demo', name: 'a' }))
      await rejectsWith('Unavailable', store.list(WidgetKind))
    }))
}
