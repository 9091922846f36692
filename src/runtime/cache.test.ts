import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { createFakeClock } from '../../test/fake-clock.ts'
import { adminActor } from '../core/actor.ts'
import { GantryError } from '../core/errors.ts'
import { type ConfigMap, ConfigMapKind } from '../core/kinds/config-map.ts'
import { defineKind, refKey } from '../core/kinds/kind.ts'
import { silentLogger } from '../core/log.ts'
import type { Store } from '../store.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { createCache } from './cache.ts'
import { slim } from './controller.ts'

/** ConfigMaps that are found by each of their data's keys. */
const IndexedKind = defineKind<ConfigMap>({
  ...ConfigMapKind,
  shortNames: [],
  columns: [],
  indexKeys: ({ data }) => ({ key: Object.keys(data ?? {}) }),
})

const as = { actor: adminActor }
const map = (namespace: string, name: string, ...keys: readonly string[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { app: name } },
  data: Object.fromEntries(keys.map((key) => [key, 'x'])),
})

async function open(t: TestContext, wrap: (store: Store) => Store = (store) => store) {
  const clock = createFakeClock()
  const store = createMemoryStore({ kinds: [IndexedKind], clock })
  const cache = createCache({
    store: wrap(store),
    kinds: [IndexedKind],
    clock,
    log: silentLogger,
  })
  t.after(async () => {
    await cache.stop()
    await store.close()
  })
  return { clock, store, cache }
}

const names = (objects: readonly ConfigMap[]): string[] =>
  objects.map(({ metadata }) => refKey(metadata))

test('a synced cache answers by name, namespace, index and label, in order', async (t) => {
  const { clock, store, cache } = await open(t)
  for (const object of [map('b', 'z', 'k'), map('a', 'y', 'k', 'l'), map('a', 'x', 'l')])
    await store.create(IndexedKind, object, as)
  cache.start()
  await cache.synced()
  assert.deepEqual(names(cache.list(IndexedKind)), ['a/x', 'a/y', 'b/z'])
  assert.deepEqual(names(cache.list(IndexedKind, { namespace: 'a' })), ['a/x', 'a/y'])
  const index = { name: 'key', key: 'k' }
  assert.deepEqual(names(cache.list(IndexedKind, { index })), ['a/y', 'b/z'])
  assert.deepEqual(names(cache.list(IndexedKind, { namespace: 'b', index })), ['b/z'])
  const labels = { matchLabels: { app: 'y' } }
  assert.deepEqual(names(cache.list(IndexedKind, { labels })), ['a/y'])
  assert.equal(cache.get(IndexedKind, { namespace: 'a', name: 'z' }), undefined)

  await store.patch(IndexedKind, { namespace: 'a', name: 'y' }, { data: { k: null, m: 'x' } }, as)
  await store.delete(IndexedKind, { namespace: 'b', name: 'z' }, as)
  await clock.settle()
  assert.deepEqual(names(cache.list(IndexedKind, { index })), [])
  assert.deepEqual(names(cache.list(IndexedKind, { index: { name: 'key', key: 'm' } })), ['a/y'])
})

test('a list that was handed out does not change, and what is in it is frozen', async (t) => {
  const { clock, store, cache } = await open(t)
  await store.create(IndexedKind, map('a', 'x'), as)
  cache.start()
  await cache.synced()
  const before = cache.list(IndexedKind)
  await store.create(IndexedKind, map('a', 'a'), as)
  await store.patch(IndexedKind, { namespace: 'a', name: 'x' }, { data: { k: 'x' } }, as)
  await clock.settle()
  assert.deepEqual(names(before), ['a/x'])
  assert.deepEqual(before[0]?.data, {})
  assert.equal(cache.list(IndexedKind).length, 2)
  assert.throws(() => Object.assign(before[0]?.metadata ?? {}, { name: 'y' }), TypeError)
})

test('listeners hear of each change once, in order, with what it was before', async (t) => {
  const { clock, store, cache } = await open(t)
  cache.start()
  await cache.synced()
  const heard: string[] = []
  cache.onChange(IndexedKind, ({ type, object, old }) => {
    heard.push(
      `${type} ${Object.keys(object.data ?? {}).join()} ${Object.keys(old?.data ?? {}).join()}`,
    )
  })
  await store.create(IndexedKind, map('a', 'x', 'k'), as)
  await store.patch(IndexedKind, { namespace: 'a', name: 'x' }, { data: { l: 'x' } }, as)
  await store.delete(IndexedKind, { namespace: 'a', name: 'x' }, as)
  await clock.settle()
  assert.deepEqual(heard, ['added k ', 'updated k,l k', 'deleted k,l '])
})

test('after an Expired watch the cache lists anew, and forgets what was deleted meanwhile', async (t) => {
  let cut: (() => void) | undefined
  const { clock, store, cache } = await open(t, (inner) => ({
    ...inner,
    watch: (kind, query, signal) => {
      if (query.resourceVersion !== undefined) throw new GantryError('Expired', 'too old')
      const own = new AbortController()
      cut = () => own.abort()
      return inner.watch(kind, query, AbortSignal.any([signal, own.signal]))
    },
  }))
  await store.create(IndexedKind, map('a', 'gone'), as)
  await store.create(IndexedKind, map('a', 'stays'), as)
  cache.start()
  await cache.synced()
  const heard: string[] = []
  cache.onChange(IndexedKind, ({ type, object }) => heard.push(`${type} ${object.metadata.name}`))
  cut?.()
  await store.delete(IndexedKind, { namespace: 'a', name: 'gone' }, as)
  await store.create(IndexedKind, map('a', 'new'), as)
  await clock.advance(10_000)
  assert.deepEqual(names(cache.list(IndexedKind)), ['a/new', 'a/stays'])
  assert.deepEqual(heard.sort(), ['added new', 'deleted gone'])
})

test('an interrupted watch resumes where it was', async (t) => {
  let cut: (() => void) | undefined
  const resumed: (string | undefined)[] = []
  const { clock, store, cache } = await open(t, (inner) => ({
    ...inner,
    watch: (kind, query, signal) => {
      resumed.push(query.resourceVersion)
      const own = new AbortController()
      cut = () => own.abort()
      return inner.watch(kind, query, AbortSignal.any([signal, own.signal]))
    },
  }))
  cache.start()
  await cache.synced()
  const created = await store.create(IndexedKind, map('a', 'x'), as)
  await clock.settle()
  cut?.()
  await store.create(IndexedKind, map('a', 'y'), as)
  await clock.advance(10_000)
  assert.deepEqual(names(cache.list(IndexedKind)), ['a/x', 'a/y'])
  assert.deepEqual(resumed, [undefined, created.metadata.resourceVersion])
})

test('the cache holds no more of an object than it is told to', async (t) => {
  const clock = createFakeClock()
  const store = createMemoryStore({ kinds: [IndexedKind], clock })
  const cache = createCache({
    store,
    kinds: [IndexedKind],
    clock,
    log: silentLogger,
    slims: [slim(IndexedKind, ({ data: _data, ...rest }) => rest)],
  })
  t.after(async () => {
    await cache.stop()
    await store.close()
  })
  await store.create(IndexedKind, map('a', 'x', 'k'), as)
  cache.start()
  await cache.synced()
  const ref = { namespace: 'a', name: 'x' }
  const written = await store.patch(IndexedKind, ref, { data: { l: 'x' } }, as)
  cache.observe(IndexedKind, cache.get(IndexedKind, ref)?.metadata.resourceVersion, written)
  await clock.settle()
  const held = cache.get(IndexedKind, ref)
  assert.equal(held?.metadata.resourceVersion, written.metadata.resourceVersion)
  assert.equal(held?.data, undefined)
  assert.ok(Object.isFrozen(held))
  assert.deepEqual((await cache.getLive(IndexedKind, ref))?.data, { k: 'x', l: 'x' })
})

test('stopping before the first list ends rejects who waits for it', async (t) => {
  const { cache } = await open(t)
  const waiting = cache.synced()
  await cache.stop()
  await assert.rejects(waiting, { code: 'Canceled' })
})

/** A store whose watch delivers only when told to. */
const held = (inner: Store) => {
  let open = true
  let release: (() => void) | undefined
  const gate = async (): Promise<void> => {
    if (!open) await new Promise<void>((resolve) => (release = resolve))
  }
  const store: Store = {
    ...inner,
    watch: async function* (kind, query, signal) {
      for await (const event of inner.watch(kind, query, signal)) {
        await gate()
        yield event
      }
    },
  }
  return {
    store,
    close: () => (open = false),
    release: () => {
      open = true
      release?.()
    },
  }
}

test('however writes and their watch interleave, the cache never goes backwards and ends at the truth', async () => {
  const action = fc.constantFrom('write', 'write and observe', 'foreign write', 'deliver', 'hold')
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const clock = createFakeClock()
      const inner = createMemoryStore({ kinds: [IndexedKind], clock })
      const { store, close, release } = held(inner)
      const cache = createCache({ store, kinds: [IndexedKind], clock, log: silentLogger })
      const ref = { namespace: 'a', name: 'x' }
      await inner.create(IndexedKind, map('a', 'x', 'n0'), as)
      cache.start()
      await cache.synced()
      let newest = 0
      cache.onChange(IndexedKind, ({ object }) => {
        const count = Object.keys(object.data ?? {}).length
        assert.ok(count > newest, `${count} after ${newest}`)
        newest = count
      })
      let count = 1
      const write = (resourceVersion?: string) =>
        inner
          .patch(
            IndexedKind,
            ref,
            { metadata: { resourceVersion }, data: { [`n${count++}`]: '' } },
            as,
          )
          .catch(() => undefined)
      for (const each of actions) {
        const replaced = cache.get(IndexedKind, ref)?.metadata.resourceVersion
        if (each === 'hold') close()
        else if (each === 'deliver') release()
        else if (each === 'foreign write') await write()
        else {
          const written = await write(replaced)
          if (written !== undefined && each === 'write and observe')
            cache.observe(IndexedKind, replaced, written)
        }
        await clock.settle()
      }
      release()
      await clock.settle()
      assert.deepEqual(cache.get(IndexedKind, ref), await inner.get(IndexedKind, ref))
      await cache.stop()
      await inner.close()
    }),
    { numRuns: 40 },
  )
})
