import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListQuery, Store } from '../../src/store.ts'
import { createFakeClock } from '../fake-clock.ts'
import { asAdmin, brief, type OpenStore, rejectsWith, watchByHand } from './store-under-test.ts'
import { setting, SettingKind, testKinds, widget, WidgetKind } from './test-kinds.ts'

/** Getting and listing. */
export function readContract(open: OpenStore): void {
  const filled = async () => {
    const under = await open({ kinds: testKinds, clock: createFakeClock() })
    const add = (namespace: string, name: string, colour: string, labels = {}, parts = ['all']) =>
      under.store.create(
        WidgetKind,
        widget(name, { namespace, metadata: { name, labels }, spec: { colour, parts } }),
        asAdmin,
      )
    await add('two', 'b', 'red', { tier: 'web' })
    await add('one', 'c', 'blue', { tier: 'db' }, ['wheel', 'all'])
    await add('one', 'a', 'red', {}, ['wheel'])
    await add('one', 'b', 'red', { tier: 'web', extra: 'yes' })
    await add('one-more', 'a', 'green', { tier: '' })
    return under
  }
  const names = async (store: Store, query?: ListQuery): Promise<string> => {
    const { items } = await store.list(WidgetKind, query)
    return items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(' ')
  }

  test('a list is sorted by namespace, then name', async () => {
    const { store, close } = await filled()
    assert.equal(await names(store), 'one/a one/b one/c one-more/a two/b')
    assert.equal(await names(store, { namespace: 'one' }), 'one/a one/b one/c')
    assert.equal(await names(store, { namespace: 'on' }), '')
    await store.create(SettingKind, setting('x'), asAdmin)
    assert.equal((await store.list(SettingKind, { namespace: 'ignored' })).items.length, 1)
    await close()
  })

  test('a list can be narrowed by labels', async () => {
    const { store, close } = await filled()
    const select = (labels: ListQuery['labels']) => names(store, { labels })
    assert.equal(await select({}), 'one/a one/b one/c one-more/a two/b')
    assert.equal(await select({ matchLabels: { tier: 'web' } }), 'one/b two/b')
    assert.equal(await select({ matchLabels: { tier: 'web', extra: 'yes' } }), 'one/b')
    const by = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]) =>
      select({ matchExpressions: [{ key: 'tier', operator, values }] })
    assert.equal(await by('In', ['web', '']), 'one/b one-more/a two/b')
    assert.equal(await by('NotIn', ['web', '']), 'one/a one/c')
    assert.equal(await by('Exists'), 'one/b one/c one-more/a two/b')
    assert.equal(await by('DoesNotExist'), 'one/a')
    await close()
  })

  test('a list can be narrowed by an index, which follows every change', async () => {
    const { store, close } = await filled()
    const red = { index: { name: 'colour', key: 'red' } }
    const wheel = { index: { name: 'part', key: 'wheel' } }
    assert.equal(await names(store, red), 'one/a one/b two/b')
    assert.equal(await names(store, wheel), 'one/a one/c')
    assert.equal(await names(store, { ...red, namespace: 'two' }), 'two/b')
    assert.equal(await names(store, { ...red, namespace: 'one', limit: 1 }), 'one/a')
    const ref = { namespace: 'one', name: 'a' }
    await store.patch(WidgetKind, ref, { spec: { colour: 'blue', parts: [] } }, asAdmin)
    await store.delete(WidgetKind, { namespace: 'two', name: 'b' }, asAdmin)
    assert.equal(await names(store, red), 'one/b')
    assert.equal(await names(store, wheel), 'one/c')
    assert.equal(await names(store, { index: { name: 'none', key: 'x' } }), '')
    await close()
  })

  test('pages give each object once, also when the list changes meanwhile', async () => {
    const { store, close } = await filled()
    const first = await store.list(WidgetKind, { limit: 2 })
    await store.create(WidgetKind, widget('0', { namespace: 'a' }), asAdmin)
    await store.delete(WidgetKind, { namespace: 'one', name: 'b' }, asAdmin)
    const second = await store.list(WidgetKind, { limit: 2, continue: first.continue })
    const third = await store.list(WidgetKind, { limit: 2, continue: second.continue })
    const seen = [first, second, third].flatMap(({ items }) => items)
    assert.deepEqual(
      seen.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      ['one/a', 'one/b', 'one/c', 'one-more/a', 'two/b'],
    )
    assert.equal(third.continue, undefined)
    // All pages speak of the first one's moment: a watch from there brings what they missed.
    assert.equal(third.resourceVersion, first.resourceVersion)
    const watch = watchByHand(store, WidgetKind, { resourceVersion: third.resourceVersion })
    assert.deepEqual((await watch.take(2)).map(brief), ['ADDED a/0', 'DELETED one/b'])
    await watch.stop()
    await close()
  })

  test('a page that is exactly full is the last one', async () => {
    const { store, close } = await filled()
    assert.equal((await store.list(WidgetKind, { limit: 5 })).continue, undefined)
    assert.notEqual((await store.list(WidgetKind, { limit: 4 })).continue, undefined)
    await close()
  })

  test('nonsense for a limit or a continue token is a BadRequest', async () => {
    const { store, close } = await filled()
    for (const limit of [0, -1, 1.5, Number.NaN])
      await rejectsWith('BadRequest', store.list(WidgetKind, { limit }))
    for (const token of ['', 'x', 'bnVsbA', 'WzEsMl0'])
      await rejectsWith('BadRequest', store.list(WidgetKind, { continue: token }))
    await close()
  })

  test('a kind that the store does not keep is an error, not an empty list', async () => {
    const { store, close } = await open({ kinds: [SettingKind], clock: createFakeClock() })
    await rejectsWith('Internal', store.list(WidgetKind))
    await close()
  })
}
